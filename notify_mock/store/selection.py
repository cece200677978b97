"""The records of a collection that meet conditions, found through its index instead of a full scan."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from notify_mock.store.collections import Collection, Record
from notify_mock.store.index import Term

R = TypeVar("R", bound=Record)

Test = Callable[[Any], bool]


class Conditions(NamedTuple):
    """A record must have at least one term of each group in ``terms``, and pass every test."""

    terms: tuple[tuple[Term, ...], ...] = ()
    tests: tuple[Test, ...] = ()


class Selection(Generic[R]):
    """A filtered view of a collection, for pages and notifications, with the same positions.

    It iterates over the rarest group of terms, so the cost is the size of that group, or of the page if there is only
    one group.
    """

    def __init__(self, collection: Collection[R], conditions: Conditions) -> None:
        self._collection = collection
        groups = sorted((collection.positions_of(group) for group in conditions.terms), key=len)
        self._candidates: Sequence[int] = groups[0] if groups else collection.positions()
        self._others = groups[1:]
        self._tests = conditions.tests

    def __iter__(self) -> Iterator[R]:
        return (self._collection.at(position) for position in self._matching(self._candidates))

    def position(self, sid: str) -> int | None:
        return self._collection.position(sid)

    def starting_at(self, position: int, limit: int) -> list[R]:
        """Return up to ``limit`` records from ``position`` on, oldest first."""
        start = bisect_left(self._candidates, position)
        return self._take((self._candidates[at] for at in range(start, len(self._candidates))), limit)

    def before(self, position: int, limit: int) -> list[R]:
        """Return the last ``limit`` records before ``position``, oldest first."""
        end = bisect_left(self._candidates, position)
        return self._take((self._candidates[at] for at in range(end - 1, -1, -1)), limit)[::-1]

    def _take(self, positions: Iterator[int], limit: int) -> list[R]:
        taken: list[R] = []
        for position in self._matching(positions):
            if len(taken) == limit:
                break
            taken.append(self._collection.at(position))
        return taken

    def _matching(self, positions: Sequence[int] | Iterator[int]) -> Iterator[int]:
        if not self._others and not self._tests:
            return iter(positions)
        return (position for position in positions if self._meets(position))

    def _meets(self, position: int) -> bool:
        return all(_has(group, position) for group in self._others) and all(
            test(self._collection.at(position)) for test in self._tests
        )


def _has(positions: Sequence[int], position: int) -> bool:
    at = bisect_left(positions, position)
    return at < len(positions) and positions[at] == position
