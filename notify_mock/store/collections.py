"""The stored records: one collection per resource, account, region and parent, in the order of creation."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from operator import itemgetter
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from notify_mock.store.index import Index, Term


class Record(Protocol):
    """What the store requires of a record. The resources' classes are frozen dataclasses."""

    @property
    def sid(self) -> str: ...


R = TypeVar("R", bound=Record)

Terms = Callable[[Any], Iterable[Term]]
"""Returns the terms by which a record is found, apart from its SID."""

_MAX_TOMBSTONES = 10_000
_MAX_CHANGES = 1_000
_MAX_TEXTS = 2_000
_MAX_EMPTIED = 10_000
_MAX_SEARCHED = 1_000


class Change(NamedTuple):
    """One write. ``old`` is the previous record at ``position``, or None."""

    at: float
    position: int
    sid: str
    old: Any


def no_terms(_record: Any) -> Iterable[Term]:
    """Return no terms: the records are found by SID only."""
    return ()


class Collection(Generic[R]):
    """Records by SID, by position and by term. Positions only grow, so that a page can begin after any SID.

    The last 10,000 removed SIDs keep their positions as tombstones, so that a page token outlives its record. The last
    1,000 writes are kept for stale reads; ``at`` is the time of a write, in seconds since 1970.
    """

    def __init__(self, terms: Terms = no_terms) -> None:
        self._terms = terms
        self._index = Index()
        self._records: dict[int, R] = {}
        self._positions: dict[str, int] = {}
        self._order: list[int] = []
        self._tombstones: deque[str] = deque()
        self._changes: deque[Change] = deque(maxlen=_MAX_CHANGES)
        self._next = 0

    def __len__(self) -> int:
        return len(self._order)

    def __iter__(self) -> Iterator[R]:
        return iter([self._records[position] for position in self._order])

    def get(self, sid: str) -> R | None:
        return self._records.get(self._positions.get(sid, -1))

    def add(self, record: R, at: float = 0.0) -> None:
        self._changes.append(Change(at, self._next, record.sid, None))
        self._records[self._next] = record
        self._positions[record.sid] = self._next
        self._order.append(self._next)
        self._index.add(self._next, self._terms(record))
        self._next += 1

    def replace(self, record: R, at: float) -> None:
        position = self._positions[record.sid]
        old = self._records[position]
        self._changes.append(Change(at, position, record.sid, old))
        self._records[position] = record
        self._index.remove(position, self._terms(old))
        self._index.add(position, self._terms(record))

    def remove(self, sid: str, at: float) -> None:
        position = self._positions[sid]
        old = self._records.pop(position)
        self._changes.append(Change(at, position, sid, old))
        del self._order[bisect_left(self._order, position)]
        self._index.remove(position, self._terms(old))
        self._tombstones.append(sid)
        if len(self._tombstones) > _MAX_TOMBSTONES:
            oldest = self._tombstones.popleft()
            if self.get(oldest) is None:
                self._positions.pop(oldest, None)

    def last_known(self, sid: str) -> R | None:
        """Return the record, or what it was when it was removed, as far as the kept writes reach back."""
        removed = (change.old for change in reversed(self._changes) if change.sid == sid and change.old is not None)
        return self.get(sid) or next(removed, None)

    def position(self, sid: str) -> int | None:
        """Return the position of ``sid``, which may have been removed, or None."""
        return self._positions.get(sid)

    def at(self, position: int) -> R:
        """Return the record at ``position``."""
        return self._records[position]

    def positions(self) -> Sequence[int]:
        """Return the positions of all records, oldest first."""
        return self._order

    def positions_of(self, terms: Iterable[Term]) -> Sequence[int]:
        """Return the positions of the records with at least one of ``terms``, oldest first."""
        found = [positions for positions in map(self._index.positions, dict.fromkeys(terms)) if positions]
        return found[0] if len(found) == 1 else sorted(set().union(*found))

    def find(self, term: Term) -> list[R]:
        """Return the records with ``term``, oldest first."""
        return [self._records[position] for position in self._index.positions(term)]

    def starting_at(self, position: int, limit: int) -> list[R]:
        """Return up to ``limit`` records from ``position`` on, oldest first."""
        start = bisect_left(self._order, position)
        return [self._records[at] for at in self._order[start : start + limit]]

    def before(self, position: int, limit: int) -> list[R]:
        """Return the last ``limit`` records before ``position``, oldest first."""
        end = bisect_left(self._order, position)
        return [self._records[at] for at in self._order[max(0, end - limit) : end]]

    def as_of(self, then: float) -> Collection[R]:
        """Return the collection as it was at the time ``then``, as far as the kept writes reach back."""
        past = self.copy()
        for _, position, sid, old in (change for change in reversed(self._changes) if change.at > then):
            newer = past._records.pop(position, None)
            if newer is not None:
                past._index.remove(position, self._terms(newer))
                del past._order[bisect_left(past._order, position)]
            if old is not None:
                insort(past._order, position)
                past._records[position] = old
                past._positions[sid] = position
                past._index.add(position, self._terms(old))
        return past

    def dump(self) -> tuple[Any, ...]:
        """Return its content, for ``load``: positions, records, positions by SID, tombstones, writes, next position."""
        removed = [(sid, at) for sid, at in self._positions.items() if at not in self._records]
        by_position = dict(sorted(removed, key=itemgetter(1)))  # the same, however often it has been loaded
        return self._order, list(self), by_position, list(self._tombstones), list(self._changes), self._next

    @classmethod
    def load(cls, terms: Terms, content: tuple[Any, ...]) -> Collection[R]:
        """Return a collection with the content that ``dump`` returned, indexed by ``terms``."""
        loaded: Collection[R] = cls(terms)
        order, records, removed, tombstones, changes, loaded._next = content
        loaded._order = list(order)
        loaded._records = dict(zip(order, records, strict=True))
        loaded._positions = {record.sid: at for at, record in loaded._records.items()} | removed
        loaded._tombstones.extend(tombstones)
        loaded._changes.extend(changes)
        if terms is not no_terms:
            for at, record in loaded._records.items():
                loaded._index.add(at, terms(record))
        return loaded

    def copy(self) -> Collection[R]:
        twin: Collection[R] = Collection(self._terms)
        twin._index = self._index.copy()
        twin._records = dict(self._records)
        twin._positions = dict(self._positions)
        twin._order = list(self._order)
        twin._tombstones = deque(self._tombstones)
        twin._changes = self._changes.copy()
        twin._next = self._next
        return twin


class Key(NamedTuple):
    """Identifies a collection. ``parent`` is the SID of the record that its records belong to, or ""."""

    resource: str
    account_sid: str
    region: str
    parent: str = ""


class Store:
    """All collections. Records are immutable: an update puts a new record at the position of the old one.

    Of the collections whose records were all removed, the last 10,000 are kept, with their tombstones.
    """

    def __init__(self) -> None:
        self.reset()

    def collection(self, key: Key) -> Collection[Any]:
        """Return the collection of ``key``, or a new empty one that is not stored."""
        found = self._collections.get(key)
        return Collection() if found is None else found

    def make(self, key: Key, terms: Terms) -> Collection[Any]:
        """Return the collection of ``key`` to add a record to, creating it if needed. ``terms`` returns the terms of
        its records."""
        self._emptied.pop(key, None)
        found = self._collections.get(key)
        if found is None:
            found = self._collections[key] = Collection(terms)
            self._owned[key.account_sid] += 1
        return found

    def remove(self, key: Key, sid: str, at: float = 0.0) -> None:
        """Remove a record and everything that belongs to it."""
        collection = self._collections[key]
        collection.remove(sid, at)
        self._forgotten.discard(sid)
        for child in [other for other in self._collections if other.parent == sid]:
            self._discard(child)
        if not len(collection):
            self._emptied[key] = None
            if len(self._emptied) > _MAX_EMPTIED:
                self._discard(next(iter(self._emptied)))

    def has_collections(self, account_sid: str) -> bool:
        """Return whether an account has records, or had some that may still matter to page tokens."""
        return account_sid in self._owned

    def collections(self, resource: str, account_sid: str | None = None) -> list[Collection[Any]]:
        """Return the collections of a resource in all regions, of one account or of all."""
        return [
            collection
            for key, collection in self._collections.items()
            if key.resource == resource and account_sid in (None, key.account_sid)
        ]

    def counts(self, resource: str) -> Counter[tuple[str, str]]:
        """Return the number of records of a resource by account and region."""
        found: Counter[tuple[str, str]] = Counter()
        for key, collection in self._collections.items():
            if key.resource == resource and len(collection):
                found[key.account_sid, key.region] += len(collection)
        return found

    def whereabouts(self, resource: str, sid: str | None = None) -> Key | None:
        """Return the key of a collection with the record ``sid``, or with any record if no SID is given.

        Looks at the first 1,000 collections, so that the search takes little time in a large store.
        """
        for key, collection in islice(self._collections.items(), _MAX_SEARCHED):
            if key.resource == resource and (len(collection) if sid is None else collection.get(sid) is not None):
                return key
        return None

    def remove_account(self, account_sid: str) -> None:
        """Forget the collections of an account, and their tombstones."""
        for key in [key for key in self._collections if key.account_sid == account_sid]:
            self._forgotten.difference_update(record.sid for record in self._collections[key])
            self._discard(key)

    def forget(self, sid: str) -> None:
        """Make the next fetch of ``sid`` find nothing."""
        self._forgotten.add(sid)

    @property
    def is_forgetful(self) -> bool:
        """Whether the next fetch of some record must find nothing."""
        return bool(self._forgotten)

    def forgets(self, sid: str) -> bool:
        """Return whether this fetch of ``sid`` must find nothing. Only the first call after ``forget`` returns True."""
        if sid not in self._forgotten:
            return False
        self._forgotten.remove(sid)
        return True

    def text(self, record: Any, url: str, render: Callable[[], str]) -> str:
        """Return the JSON of ``record`` for ``url``. It is cached, because records are immutable."""
        known = self._texts.get(record)
        if known is not None and known[0] == url:
            return known[1]
        if len(self._texts) >= _MAX_TEXTS:
            self._texts.clear()
        text = render()
        self._texts[record] = url, text
        return text

    def reset(self) -> None:
        self._texts: dict[Any, tuple[str, str]] = {}
        self._fill({}, ())
        self._forgotten: set[str] = set()

    def snapshot(self) -> tuple[dict[Key, Collection[Any]], tuple[Key, ...], set[str]]:
        collections = {key: collection.copy() for key, collection in self._collections.items()}
        return collections, tuple(self._emptied), set(self._forgotten)

    def restore(self, kept: tuple[dict[Key, Collection[Any]], tuple[Key, ...], set[str]]) -> None:
        collections, emptied, forgotten = kept
        self._fill({key: collection.copy() for key, collection in collections.items()}, emptied)
        self._forgotten = set(forgotten)

    def _fill(self, collections: dict[Key, Collection[Any]], emptied: Iterable[Key]) -> None:
        self._collections = collections
        self._emptied: OrderedDict[Key, None] = OrderedDict.fromkeys(emptied)
        self._owned = Counter(key.account_sid for key in collections)

    def _discard(self, key: Key) -> None:
        """Forget a collection and its tombstones."""
        del self._collections[key]
        self._emptied.pop(key, None)
        self._owned[key.account_sid] -= 1
        if not self._owned[key.account_sid]:
            del self._owned[key.account_sid]
