"""The cassette that is in, and how far it has been played: a part of what an emulator remembers."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, NamedTuple

from notify_mock.twilio_api.messages import Call

if TYPE_CHECKING:
    from notify_mock.cassettes.interaction import Interaction
    from notify_mock.playback.cassette import Cassette, Nearest
    from notify_mock.playback.matching import Key


_MAX_SHOWN = 10


class Miss(NamedTuple):
    """A call that has no recorded answer (any more), and the recorded request that comes nearest."""

    call: str
    source: str
    nearest: Nearest | None

    def __str__(self) -> str:
        head = f"{self.call} has no recorded answer in {self.source}"
        if self.nearest is None:
            return f"{head}, which is empty"
        where = self.nearest.interaction.where or repr(self.nearest.interaction)
        if not self.nearest.differences:
            return f"{head}: {where} was played already (repeat allows it again)"
        return f"{head}; nearest is {where}: {'; '.join(map(str, self.nearest.differences))}"


class Playback:
    """Plays each entry once and in order. A reset rewinds it, and leaves in what is in."""

    def __init__(self, lock: AbstractContextManager[bool]) -> None:
        self._lock = lock
        self.cassette: Cassette | None = None
        self.reset()

    def __repr__(self) -> str:
        return f"<Playback of {self.cassette!r}: {self.played} played, {len(self.misses)} misses>"

    def __len__(self) -> int:
        return len(self.cassette or ())

    def __str__(self) -> str:
        """One line: how far, and what is left."""
        source = self.cassette.source if self.cassette is not None else "no cassette"
        left = self.unused
        words = [f"{len(self) - len(left)} of {len(self)} entries played from {source}"]
        words += [f"{len(self.misses)} requests had no recorded answer"] if self.misses else []
        shown = ", ".join(one.where.rpartition(", ")[2] or repr(one) for one in left[:_MAX_SHOWN])
        words += [f"unused: {shown}{', ...' if len(left) > _MAX_SHOWN else ''}"] if left else []
        return "; ".join(words)

    def show(self) -> str:
        """How far it was played, and each call that it had no answer to."""
        return "\n".join([str(self), *map(str, self.misses)])

    @property
    def played(self) -> int:
        """How many entries have been played."""
        return len(self) - len(self.unused)

    @property
    def unused(self) -> list[Interaction]:
        """The entries that haven't been played, in order."""
        if self.cassette is None:
            return []
        with self._lock:
            filed = self.cassette.by_key().items()
            left = [number for key, numbers in filed for number in numbers[self._next.get(key, 0) :]]
        return [self.cassette.interactions[number] for number in sorted(left)]

    def insert(self, cassette: Cassette | None) -> None:
        """Put ``cassette`` in, wound back, in place of the one before."""
        with self._lock:
            self.cassette = cassette
            self.reset()

    def find(self, call: Call) -> Interaction | None:
        """The answer whose turn it is. Its cost doesn't depend on the number of entries."""
        if self.cassette is None:
            return None
        key = self.cassette.key(call)
        numbers = self.cassette.entries(key)
        turn = self._next.get(key, 0)
        if turn < len(numbers):
            self._next[key] = turn + 1
            return self.cassette.interactions[numbers[turn]]
        return self.cassette.interactions[numbers[-1]] if numbers and self.cassette.repeat else None

    def missed(self, call: Call) -> Miss:
        """Note that ``call`` has no answer."""
        nearest = self.cassette.nearest(call) if self.cassette is not None else None
        miss = Miss(str(call), self.cassette.source if self.cassette is not None else "", nearest)
        self.misses.append(miss)
        return miss

    def rewind(self) -> None:
        """From the beginning again, without misses."""
        with self._lock:
            self.reset()

    def reset(self) -> None:
        self._next: dict[Key, int] = {}
        self.misses: list[Miss] = []

    def snapshot(self) -> tuple[Cassette | None, dict[Key, int], list[Miss]]:
        return self.cassette, dict(self._next), list(self.misses)

    def restore(self, kept: tuple[Cassette | None, dict[Key, int], list[Miss]]) -> None:
        self.cassette, self._next, self.misses = kept[0], dict(kept[1]), list(kept[2])
