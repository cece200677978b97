"""Virtual time: what happens next, and when."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heappop, heappush
from random import Random


class Broken(AssertionError):
    """A promise was broken."""


class Scheduler:
    """Runs actions in the order of their times. ``random`` decides everything that is not certain."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.now = 1_900_000_000.0
        self.skew = 0.0
        """How far the clock of the server that acts is from the true time, in seconds."""
        self._actions: list[tuple[float, int, Callable[[], None]]] = []
        self._number = 0

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Act in so many seconds, after what is due at the same time already."""
        self._number += 1
        heappush(self._actions, (self.now + seconds, self._number, action))

    def next(self, until: float) -> bool:
        """Do what comes next, unless it comes after ``until``. Returns whether anything did."""
        if not self._actions or self._actions[0][0] > until:
            return False
        self.now, _, action = heappop(self._actions)
        action()
        return True

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def time(self) -> float:
        """Return the time that the server which acts sees on its clock."""
        return self.now + self.skew
