"""The records of a shelf that meet conditions, found by its index and not by looking at every record."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

from notify_mock.store.collections import Record, Shelf
from notify_mock.store.index import Term

R = TypeVar("R", bound=Record)

Test = Callable[[Any], bool]


class Conditions(NamedTuple):
    """A record has, from each group of ``terms``, at least one, and passes every test."""

    terms: tuple[tuple[Term, ...], ...] = ()
    tests: tuple[Test, ...] = ()


class Selection(Generic[R]):
    """What a page and a notification see of a shelf: the same places, fewer records.

    It walks the group of terms that fewest records have, so the cost is that of the rarest group, or of the page where
    there is but one.
    """

    def __init__(self, shelf: Shelf[R], conditions: Conditions) -> None:
        self._shelf = shelf
        groups = sorted((shelf.standing(group) for group in conditions.terms), key=len)
        self._candidates: Sequence[int] = groups[0] if groups else shelf.places()
        self._others = groups[1:]
        self._tests = conditions.tests

    def __iter__(self) -> Iterator[R]:
        return (self._shelf.at(place) for place in self._matching(self._candidates))

    def place(self, sid: str) -> int | None:
        return self._shelf.place(sid)

    def ahead(self, place: int, most: int) -> list[R]:
        """Up to ``most`` of them that stand at ``place`` or behind it, oldest first."""
        start = bisect_left(self._candidates, place)
        return self._take((self._candidates[at] for at in range(start, len(self._candidates))), most)

    def behind(self, place: int, most: int) -> list[R]:
        """Up to ``most`` of them that stand right before ``place``, oldest first."""
        end = bisect_left(self._candidates, place)
        return self._take((self._candidates[at] for at in range(end - 1, -1, -1)), most)[::-1]

    def _take(self, places: Iterator[int], most: int) -> list[R]:
        taken: list[R] = []
        for place in self._matching(places):
            if len(taken) == most:
                break
            taken.append(self._shelf.at(place))
        return taken

    def _matching(self, places: Sequence[int] | Iterator[int]) -> Iterator[int]:
        if not self._others and not self._tests:
            return iter(places)
        return (place for place in places if self._meets(place))

    def _meets(self, place: int) -> bool:
        return all(_has(group, place) for group in self._others) and all(
            test(self._shelf.at(place)) for test in self._tests
        )


def _has(places: Sequence[int], place: int) -> bool:
    at = bisect_left(places, place)
    return at < len(places) and places[at] == place
