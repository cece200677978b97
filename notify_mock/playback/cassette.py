"""A cassette: recorded exchanges, filed by what a call is compared by, and how they are to be played."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, NamedTuple, get_args

from notify_mock.cassettes.files import find_files, read_interactions
from notify_mock.cassettes.interaction import Interaction
from notify_mock.playback.matching import DEFAULT, Difference, Key, Matcher
from notify_mock.redaction.keys import find_key
from notify_mock.redaction.pseudonyms import Pseudonyms
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.messages import Call

OnMiss = Literal["error", "emulate", "forward"]
"""What answers a call that isn't recorded: an error, the live emulator, or the upstream."""

Unused = Literal["ignore", "warn", "error"]


class Nearest(NamedTuple):
    """The recorded request that comes nearest to a call, and all that differs; nothing differs when it was played."""

    interaction: Interaction
    differences: tuple[Difference, ...]


class Cassette:
    """Recorded exchanges from files and folders (VCR's YAML and JSON, HAR, WireMock's mappings).

    A call gets the answer of the first entry that agrees with it in ``match_on`` and wasn't played yet; parameters
    named in ``ignore`` don't count. With ``repeat`` the last of them goes on answering. ``on_miss`` says what answers
    where there is none, and ``unused`` what a test makes of entries that were never played. ``key`` is that of the
    pseudonyms, 32 to 128 hex digits; without it, it is looked for in the environment and beside the cassette.
    It doesn't change, so it may serve several emulators. Raises ``UsageError`` for a bad option or file.
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
    ) -> None:
        __tracebackhide__ = True
        if not paths or not all(isinstance(path, (str, Path)) for path in paths):
            raise UsageError("cassette", "names no file", "give the path of a cassette or of a folder of them")
        files = find_files(paths)
        interactions = [one for file in files for one in read_interactions(file)]
        self._fill(interactions, Pseudonyms(find_key(files[0], key)), on_miss, repeat, match_on, ignore, unused)
        self.source = ", ".join(str(path) for path in paths)

    @classmethod
    def of(
        cls,
        interactions: Sequence[Interaction],
        pseudonyms: Pseudonyms,
        *,
        on_miss: OnMiss = "error",
        match_on: Sequence[str] = DEFAULT,
    ) -> Cassette:
        """One that isn't from a file."""
        made = cls.__new__(cls)
        made._fill(interactions, pseudonyms, on_miss, False, match_on, (), "ignore")
        made.source = "memory"
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
            raise UsageError("on_miss", f"{shown(on_miss)}", f"it is one of {', '.join(get_args(OnMiss))}")
        if not isinstance(repeat, bool):
            raise UsageError("repeat", f"{shown(repeat)} is neither true nor false")
        if unused not in get_args(Unused):
            raise UsageError("unused", f"{shown(unused)}", f"it is one of {', '.join(get_args(Unused))}")
        self.interactions, self.pseudonyms = tuple(interactions), pseudonyms
        self.on_miss, self.repeat, self.unused = on_miss, repeat, unused
        self._matcher = Matcher(pseudonyms, match_on, ignore)
        self._filed: dict[Key, list[int]] = {}
        for number, interaction in enumerate(self.interactions):
            self._filed.setdefault(self.key(interaction.call()), []).append(number)

    def __len__(self) -> int:
        return len(self.interactions)

    def __repr__(self) -> str:
        return f"<Cassette {self.source}: {len(self)} entries>"

    def key(self, call: Call) -> Key:
        """What two calls have in common when one is the other."""
        return self._matcher.key(call)

    def entries(self, key: Key) -> Sequence[int]:
        """The numbers of the entries under ``key``, in order."""
        return self._filed.get(key, ())

    def by_key(self) -> dict[Key, list[int]]:
        """All of them."""
        return self._filed

    def nearest(self, call: Call) -> Nearest | None:
        """The entry whose request comes nearest to ``call``."""
        found: Nearest | None = None
        for numbers in self._filed.values():
            interaction = self.interactions[numbers[-1]]
            differences = tuple(self._matcher.differences(call, interaction.call()))
            if found is None or _rank(differences) < _rank(found.differences):
                found = Nearest(interaction, differences)
        return found


def _rank(differences: tuple[Difference, ...]) -> tuple[int, int]:
    """Fewest differences first; another path, method or door weighs more than a parameter."""
    return sum(3 if one.field in ("path", "method", "api") else 1 for one in differences), len(differences)


CassetteOption = Cassette | str | Path | Sequence["str | Path"]


def read_cassette(given: CassetteOption) -> Cassette:
    """The cassette that an option names. Raises ``UsageError``."""
    __tracebackhide__ = True
    if isinstance(given, Cassette):
        return given
    if isinstance(given, (str, Path)):
        return Cassette(given)
    if isinstance(given, Sequence):
        return Cassette(*given)
    raise UsageError("cassette", f"a {type(given).__name__} is none", "give the path of a cassette or a Cassette(...)")
