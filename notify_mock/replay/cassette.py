"""A cassette: recorded exchanges, indexed by the fields that requests are matched on, and how to play them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from notify_mock.cassettes.age import warn_of_age
from notify_mock.cassettes.files import find_files, read_interactions
from notify_mock.cassettes.interaction import Interaction
from notify_mock.redaction.keys import find_key
from notify_mock.redaction.pseudonyms import Pseudonyms
from notify_mock.replay.matching import DEFAULT, Difference, Key, Matcher
from notify_mock.support.clock import Span
from notify_mock.support.counted import counted
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.messages import Call

OnMiss = Literal["error", "emulate", "forward"]
"""What happens to a call that is not recorded: an error response, the emulator carries it out, or it is forwarded."""

Unused = Literal["ignore", "warn", "error"]


class Nearest(NamedTuple):
    """The recorded request most similar to a call, and their differences (none if the entry was already played)."""

    interaction: Interaction
    differences: tuple[Difference, ...]


class Cassette:
    """Recorded exchanges from files and folders (VCR YAML and JSON, HAR, WireMock mappings).

    A call gets the response of the first entry that matches it in all fields of ``match_on`` and was not played yet.
    Parameters named in ``ignore`` are not compared. With ``repeat``, the last matching entry is played again and again.
    ``on_miss`` is what answers a call without an entry; ``unused`` is what a test does about entries that were never
    played. ``key`` is the key of the pseudonyms, 32 to 128 hex digits; by default it is read from the environment or
    a key file. A ``StaleCassetteWarning`` says if entries are older than ``max_age`` (such as ``"90d"``, or seconds).
    Immutable: several emulators can share a cassette. Raises ``UsageError`` for a bad option or file.
    """

    def __init__(
        self,
        *paths: str | Path,
        on_miss: OnMiss = "error",
        repeat: bool = False,
        match_on: Sequence[str] = DEFAULT,
        ignore: Sequence[str] = (),
        unused: Unused = "ignore",
        key: str | None = None,
        max_age: Span | None = None,
    ) -> None:
        __tracebackhide__ = True
        if not paths or not all(isinstance(path, (str, Path)) for path in paths):
            raise UsageError("cassette", "expected one or more paths of cassettes or folders")
        files = find_files(paths)
        interactions = [interaction for file in files for interaction in read_interactions(file)]
        self._fill(interactions, Pseudonyms(find_key(files[0], key)), on_miss, repeat, match_on, ignore, unused)
        self.source = ", ".join(str(path) for path in paths)
        self.max_age = max_age
        if max_age is not None:
            self.warn_of_age(max_age)

    @classmethod
    def of(
        cls,
        interactions: Sequence[Interaction],
        pseudonyms: Pseudonyms,
        *,
        on_miss: OnMiss = "error",
        match_on: Sequence[str] = DEFAULT,
    ) -> Cassette:
        """Return a cassette that holds ``interactions`` and has no file."""
        made = cls.__new__(cls)
        made._fill(interactions, pseudonyms, on_miss, False, match_on, (), "ignore")
        made.source, made.max_age = "memory", None
        return made

    def _fill(
        self,
        interactions: Sequence[Interaction],
        pseudonyms: Pseudonyms,
        on_miss: OnMiss,
        repeat: bool,
        match_on: Sequence[str],
        ignore: Sequence[str],
        unused: Unused,
    ) -> None:
        __tracebackhide__ = True
        if on_miss not in get_args(OnMiss):
            raise UsageError(
                "on_miss", f"unknown value {shown(on_miss)}", f"expected one of: {', '.join(get_args(OnMiss))}"
            )
        if not isinstance(repeat, bool):
            raise UsageError("repeat", f"expected true or false, got {shown(repeat)}")
        if unused not in get_args(Unused):
            raise UsageError(
                "unused", f"unknown value {shown(unused)}", f"expected one of: {', '.join(get_args(Unused))}"
            )
        self.interactions, self.pseudonyms = tuple(interactions), pseudonyms
        self.on_miss, self.repeat, self.unused = on_miss, repeat, unused
        self._matcher = Matcher(pseudonyms, match_on, ignore)
        self._filed: dict[Key, list[int]] = {}
        for number, interaction in enumerate(self.interactions):
            self._filed.setdefault(self.key(interaction.call()), []).append(number)

    def __len__(self) -> int:
        return len(self.interactions)

    def __repr__(self) -> str:
        return f"<Cassette {self.source}: {counted(len(self), 'entry', 'entries')}>"

    def warn_of_age(self, max_age: Span) -> None:
        """Warn if entries were recorded longer ago than ``max_age``. Raises ``UsageError`` if it is not a time span."""
        warn_of_age(self.source, self.interactions, max_age)

    def key(self, call: Call) -> Key:
        """Return the key of a call; calls with equal keys match."""
        return self._matcher.key(call)

    def entries(self, key: Key) -> Sequence[int]:
        """Return the numbers of the entries with this key, in order."""
        return self._filed.get(key, ())

    def by_key(self) -> dict[Key, list[int]]:
        """Return the numbers of all entries by their keys."""
        return self._filed

    def nearest(self, key: Key) -> Nearest | None:
        """Return the entry whose request is most similar to the call with this key; None if the cassette is empty."""
        found: Nearest | None = None
        for recorded, numbers in self._filed.items():
            differences = tuple(self._matcher.differences(key, recorded))
            if found is None or _rank(differences) < _rank(found.differences):
                found = Nearest(self.interactions[numbers[-1]], differences)
        return found


def _rank(differences: tuple[Difference, ...]) -> tuple[int, int]:
    """Sort key: fewest differences first; a different path, method or API weighs more than a parameter."""
    fields = [difference.field for difference in differences]
    return sum(3 if field in ("path", "method", "api") else 1 for field in fields), len(fields)


CassetteOption = Cassette | str | Path | Sequence["str | Path"]


def read_cassette(given: CassetteOption) -> Cassette:
    """Return the cassette that an option names. Raises ``UsageError``."""
    __tracebackhide__ = True
    if isinstance(given, Cassette):
        return given
    if isinstance(given, (str, Path)):
        return Cassette(given)
    if isinstance(given, Sequence):
        return Cassette(*given)
    raise UsageError("cassette", f"expected a path, a list of paths or a Cassette, got {shown(given)}")
