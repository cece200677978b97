"""The store: which collections it keeps when their records are gone."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from notify_mock.store.collections import Key, Store, no_terms


@dataclass(frozen=True)
class Thing:
    sid: str


KEYS = [Key("thing", f"AC{number}", "us1") for number in range(5)]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store that keeps two empty collections."""
    monkeypatch.setattr("notify_mock.store.collections._MAX_EMPTIED", 2)
    return Store()


def empty(store: Store, key: Key) -> None:
    """Add a record and remove it again."""
    store.make(key, no_terms).add(Thing("T1"))
    store.remove(key, "T1")


def test_the_collections_emptied_last_are_kept_with_their_tombstones(store: Store) -> None:
    for key in KEYS[:3]:
        empty(store, key)
    assert [store.collection(key).position("T1") for key in KEYS[:3]] == [None, 0, 0]
    assert [store.has_collections(key.account_sid) for key in KEYS[:3]] == [False, True, True]


def test_a_collection_with_records_again_is_kept(store: Store) -> None:
    empty(store, KEYS[0])
    store.make(KEYS[0], no_terms).add(Thing("T2"))
    for key in KEYS[1:]:
        empty(store, key)
    assert [thing.sid for thing in store.collection(KEYS[0])] == ["T2"]
    assert len(store.collections("thing")) == 3


def test_a_snapshot_keeps_which_collections_are_empty(store: Store) -> None:
    for key in KEYS[:2]:
        empty(store, key)
    kept = store.snapshot()
    store.reset()
    assert not store.has_collections("AC0")
    store.restore(kept)
    empty(store, KEYS[2])
    assert [store.has_collections(key.account_sid) for key in KEYS[:3]] == [False, True, True]


def test_removing_a_parent_forgets_the_collections_below_it(store: Store) -> None:
    parent, child = KEYS[0], Key("part", "AC0", "us1", "T1")
    store.make(parent, no_terms).add(Thing("T1"))
    store.make(child, no_terms).add(Thing("P1"))
    store.remove(child, "P1")
    store.remove(parent, "T1")
    assert store.collections("part") == []
    for key in KEYS[1:3]:
        empty(store, key)
    assert not store.has_collections("AC0")
