"""The records: one shelf per account, region and resource, in the order of creation."""

from __future__ import annotations

from bisect import bisect_left
from collections import deque
from collections.abc import Iterator
from typing import Any, Generic, NamedTuple, Protocol, TypeVar


class Record(Protocol):
    """What the store needs to know of a record; the resources' own classes are frozen dataclasses."""

    @property
    def sid(self) -> str: ...


R = TypeVar("R", bound=Record)

_REMEMBERED_GRAVES = 10_000


class Shelf(Generic[R]):
    """Records by sid and by place. A place is a number that only grows, so a page can begin behind any sid.

    A removed sid keeps its place for a while (the last 10,000 of them), so that a page token outlives its record.
    """

    def __init__(self) -> None:
        self._records: dict[int, R] = {}
        self._places: dict[str, int] = {}
        self._order: list[int] = []
        self._graves: deque[str] = deque()
        self._next = 0

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[R]:
        return iter([self._records[place] for place in self._order])

    def get(self, sid: str) -> R | None:
        return self._records.get(self._places.get(sid, -1))

    def add(self, record: R) -> None:
        self._records[self._next] = record
        self._places[record.sid] = self._next
        self._order.append(self._next)
        self._next += 1

    def replace(self, record: R) -> None:
        self._records[self._places[record.sid]] = record

    def remove(self, sid: str) -> None:
        place = self._places[sid]
        del self._records[place]
        del self._order[bisect_left(self._order, place)]
        self._graves.append(sid)
        if len(self._graves) > _REMEMBERED_GRAVES:
            oldest = self._graves.popleft()
            if self.get(oldest) is None:
                self._places.pop(oldest, None)

    def place(self, sid: str) -> int | None:
        """Where ``sid`` stands, or stood before it was removed."""
        return self._places.get(sid)

    def ahead(self, place: int, most: int) -> list[R]:
        """Up to ``most`` records that stand at ``place`` or behind it, oldest first."""
        start = bisect_left(self._order, place)
        return [self._records[at] for at in self._order[start : start + most]]

    def behind(self, place: int, most: int) -> list[R]:
        """Up to ``most`` records that stand right before ``place``, oldest first."""
        end = bisect_left(self._order, place)
        return [self._records[at] for at in self._order[max(0, end - most) : end]]

    def copy(self) -> Shelf[R]:
        twin: Shelf[R] = Shelf()
        twin._records = dict(self._records)
        twin._places = dict(self._places)
        twin._order = list(self._order)
        twin._graves = deque(self._graves)
        twin._next = self._next
        return twin


class Key(NamedTuple):
    """Which shelf."""

    resource: str
    account_sid: str
    region: str


class Store:
    """All shelves. Records are immutable; a change puts a new record in the old one's place."""

    def __init__(self) -> None:
        self._shelves: dict[Key, Shelf[Any]] = {}

    def shelf(self, resource: str, account_sid: str, region: str) -> Shelf[Any]:
        """The shelf of that resource, made when first asked for."""
        key = Key(resource, account_sid, region)
        found = self._shelves.get(key)
        if found is None:
            found = self._shelves[key] = Shelf()
        return found

    def shelves(self, resource: str, account_sid: str | None = None) -> list[Shelf[Any]]:
        """The shelves of that resource in all regions, of one account or of all."""
        return [
            shelf
            for key, shelf in self._shelves.items()
            if key.resource == resource and account_sid in (None, key.account_sid)
        ]

    def reset(self) -> None:
        self._shelves = {}

    def snapshot(self) -> dict[Key, Shelf[Any]]:
        return {key: shelf.copy() for key, shelf in self._shelves.items()}

    def restore(self, shelves: dict[Key, Shelf[Any]]) -> None:
        self._shelves = {key: shelf.copy() for key, shelf in shelves.items()}
