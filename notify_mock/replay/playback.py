"""The current cassette and how far it has been played: part of an emulator's state."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

from notify_mock.support.counted import counted

if TYPE_CHECKING:
    from notify_mock.cassettes.interaction import Interaction
    from notify_mock.replay.cassette import Cassette, Nearest
    from notify_mock.replay.matching import Key


_MAX_SHOWN = 10


class Miss(NamedTuple):
    """A call without an unplayed entry, and the most similar recorded request."""

    call: str
    source: str
    nearest: Nearest | None

    def __str__(self) -> str:
        head = f"{self.call} has no recorded response in {self.source}"
        if self.nearest is None:
            return f"{head}, which is empty"
        where = self.nearest.interaction.where or repr(self.nearest.interaction)
        if not self.nearest.differences:
            return f"{head}: {where} was already played (use repeat to play it again)"
        return f"{head}; nearest is {where}: {'; '.join(map(str, self.nearest.differences))}"


class Playback:
    """Plays each entry once and in order. A reset rewinds the cassette and keeps it."""

    def __init__(self, lock: AbstractContextManager[bool]) -> None:
        self._lock = lock
        self.cassette: Cassette | None = None
        self.reset()

    def __repr__(self) -> str:
        return f"<Playback of {self.cassette!r}: {self.played} played, {counted(len(self.misses), 'miss', 'misses')}>"

    def __len__(self) -> int:
        return len(self.cassette or ())

    def __str__(self) -> str:
        """Return one line: how much was replayed, the number of misses, and the unused entries."""
        source = self.cassette.source if self.cassette is not None else "no cassette"
        left = self.unused
        words = [f"{len(self) - len(left)} of {len(self)} entries replayed from {source}"]
        words += [f"requests without a recorded response: {len(self.misses)}"] if self.misses else []
        shown = ", ".join(entry.where.rpartition(", ")[2] or repr(entry) for entry in left[:_MAX_SHOWN])
        words += [f"unused: {shown}{', ...' if len(left) > _MAX_SHOWN else ''}"] if left else []
        return "; ".join(words)

    def show(self) -> str:
        """Return a summary, and a line for each miss."""
        return "\n".join([str(self), *map(str, self.misses)])

    @property
    def played(self) -> int:
        """The number of entries that have been played."""
        return len(self) - len(self.unused)

    @property
    def unused(self) -> list[Interaction]:
        """The entries that have not been played, in order."""
        if self.cassette is None:
            return []
        with self._lock:
            filed = self.cassette.by_key().items()
            left = [number for key, numbers in filed for number in numbers[self._next.get(key, 0) :]]
        return [self.cassette.interactions[number] for number in sorted(left)]

    def insert(self, cassette: Cassette | None) -> None:
        """Replace the cassette and rewind."""
        with self._lock:
            self.cassette = cassette
            self.reset()

    def find(self, key: Key) -> Interaction | None:
        """Return the next entry with this key, in constant time; None if there is none."""
        if self.cassette is None:
            return None
        numbers = self.cassette.entries(key)
        turn = self._next.get(key, 0)
        if turn < len(numbers):
            self._next[key] = turn + 1
            return self.cassette.interactions[numbers[turn]]
        return self.cassette.interactions[numbers[-1]] if numbers and self.cassette.repeat else None

    def rewind(self) -> None:
        """Start from the beginning, and forget the misses."""
        with self._lock:
            self.reset()

    def reset(self) -> None:
        self._next: dict[Key, int] = {}
        self.misses: list[Miss] = []

    def snapshot(self) -> tuple[Cassette | None, dict[Key, int], list[Miss]]:
        return self.cassette, dict(self._next), list(self.misses)

    def restore(self, kept: tuple[Cassette | None, dict[Key, int], list[Miss]]) -> None:
        self.cassette, self._next, self.misses = kept[0], dict(kept[1]), list(kept[2])
