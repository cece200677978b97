"""Collections: compared with a dictionary after random writes, at every time, and at their limits."""

from __future__ import annotations

from itertools import combinations

import pytest
from helpers.notes import WORDS, Note, collect, term
from hypothesis import given, settings
from hypothesis import strategies as st

from notify_mock.store.collections import Collection, Key, Store, no_terms

SIDS = ("A", "B", "C", "D")
Records = dict[str, Note]
"""The model: notes by SID in the order of creation. A dictionary keeps the place of a value that is replaced."""

ACTS = st.lists(
    st.tuples(
        st.sampled_from(["write", "write", "remove"]),
        st.sampled_from(SIDS),
        st.lists(st.sampled_from(WORDS), max_size=3),
        st.sampled_from([0, 1]),
    ),
    max_size=16,
)
"""What to do, with which SID and words, and how many seconds after the act before."""


def write(collection: Collection[Note], model: Records, note: Note, at: float) -> None:
    (collection.replace if note.sid in model else collection.add)(note, at)
    model[note.sid] = note


def carry_out(collection: Collection[Note], model: Records, acts: list[tuple[str, str, list[str], int]]) -> list:
    """Return a copy of the model for every second, the last one included."""
    now, history = 0, [{}]
    for act, sid, words, later in acts:
        now += later
        if act == "write":
            write(collection, model, Note(sid, tuple(words)), at=float(now))
        elif sid in model:
            collection.remove(sid, at=float(now))
            del model[sid]
        history[now:] = [dict(model)]
    return history


def check(collection: Collection[Note], model: Records) -> None:
    """Compare everything that a collection tells with the model."""
    notes = list(model.values())
    assert list(collection) == notes
    assert len(collection) == len(notes)
    assert [collection.get(sid) for sid in SIDS] == [model.get(sid) for sid in SIDS]
    positions = list(collection.positions())
    assert positions == sorted(set(positions))
    assert [collection.at(position) for position in positions] == notes
    assert [collection.position(note.sid) for note in notes] == positions
    for word in WORDS:
        assert collection.find(term(word)) == [note for note in notes if note.has(word)]
    for number in range(len(WORDS) + 1):
        for words in combinations(WORDS, number):
            found = collection.positions_of([term(word) for word in words])
            assert [collection.at(position) for position in found] == [note for note in notes if note.has(*words)]
    for position in range(max(positions, default=0) + 2):
        for limit in range(4):
            below = [note for at, note in zip(positions, notes, strict=True) if at < position]
            above = [note for at, note in zip(positions, notes, strict=True) if at >= position]
            assert collection.before(position, limit) == below[len(below) - min(limit, len(below)) :]
            assert collection.starting_at(position, limit) == above[:limit]


@settings(max_examples=100, deadline=None)
@given(acts=ACTS)
def test_a_collection_is_a_dictionary_that_remembers_every_second(acts: list[tuple[str, str, list[str], int]]) -> None:
    collection, model = collect(), Records()
    history = carry_out(collection, model, acts)
    check(collection, model)
    for second, then in enumerate(history):
        check(collection.as_of(second), then)
        check(collection.as_of(second + 0.5), then)
    check(collection, model)


@settings(max_examples=50, deadline=None)
@given(acts=ACTS, later=ACTS)
def test_a_copy_stays_as_it_is(
    acts: list[tuple[str, str, list[str], int]], later: list[tuple[str, str, list[str], int]]
) -> None:
    collection, model = collect(), Records()
    history = carry_out(collection, model, acts)
    copy, copied = collection.copy(), dict(model)
    carry_out(collection, model, later)
    check(copy, copied)
    for second, then in enumerate(history):
        check(copy.as_of(second), then)
    carry_out(copy, copied, later)
    check(copy, copied)
    check(collection, model)


def test_positions_count_the_records_that_were_created() -> None:
    collection = collect(Note("A"), Note("B"))
    collection.remove("B", at=1)
    collection.add(Note("C"))
    assert list(collection.positions()) == [0, 2]
    assert collection.position("B") == 1
    assert collection.position("D") is None


def test_a_renamed_record_is_not_found_under_its_old_name() -> None:
    collection = collect(Note("A", ("red",)), Note("B", ("red",)))
    collection.replace(Note("A", ("blue",)), at=1)
    assert collection.find(term("red")) == [Note("B", ("red",))]
    assert collection.find(term("blue")) == [Note("A", ("blue",))]


def test_a_term_that_is_given_twice_counts_once() -> None:
    collection = collect(Note("A", ("red",)), Note("B", ("red", "red")), Note("C", ("red",)))
    assert [note.sid for note in collection.find(term("red"))] == ["A", "B", "C"]
    collection.remove("B", at=1)
    assert [note.sid for note in collection.find(term("red"))] == ["A", "C"]
    collection.replace(Note("A", ("red", "red")), at=1)
    assert [note.sid for note in collection.find(term("red"))] == ["A", "C"]


def test_a_collection_without_terms_finds_nothing_by_term() -> None:
    collection: Collection[Note] = Collection()
    collection.add(Note("A", ("red",)))
    assert collection.find(term("red")) == []
    assert list(no_terms(Note("A"))) == []


def test_a_record_that_is_added_without_a_time_has_been_there_since_1970() -> None:
    assert list(collect(Note("A")).as_of(0)) == [Note("A")]
    store, key = Store(), Key("note", "AC1", "us1")
    store.make(key, no_terms).add(Note("A"))
    store.remove(key, "A")
    assert list(store.collection(key).as_of(0)) == []


# --- limits ----------------------------------------------------------------------------------------------------------


def removed(count: int) -> Collection[Note]:
    """Return a collection from which the notes 0, 1, 2 and so on were removed."""
    collection = collect(*[Note(str(number)) for number in range(count)])
    for number in range(count):
        collection.remove(str(number), at=1)
    return collection


def test_the_positions_of_the_last_ten_thousand_removed_records_are_kept() -> None:
    collection = removed(10_000)
    assert (collection.position("0"), collection.position("9999")) == (0, 9999)
    collection.add(Note("last"))
    collection.remove("last", at=1)
    assert (collection.position("0"), collection.position("1")) == (None, 1)


def test_a_record_that_is_created_again_outlives_its_tombstone() -> None:
    collection = removed(10_000)
    collection.add(Note("0", ("red",)))
    collection.add(Note("last"))
    collection.remove("last", at=1)
    assert collection.get("0") == Note("0", ("red",))
    assert collection.position("1") == 1


def test_a_record_that_is_removed_twice_has_two_tombstones() -> None:
    collection = removed(1)
    collection.add(Note("0"))
    collection.remove("0", at=1)
    for number in range(1, 10_001):
        collection.add(Note(str(number)))
        collection.remove(str(number), at=1)
    assert collection.position("0") is None
    assert collection.position("1") is not None


def test_the_past_reaches_back_a_thousand_writes() -> None:
    collection = collect()
    for number in range(1_001):
        collection.add(Note(str(number)), at=10)
    assert list(collection.as_of(5)) == [Note("0")]


# --- the store -------------------------------------------------------------------------------------------------------

SERVICES = Key("service", "AC1", "us1")


def with_service() -> Store:
    """Return a store with two services; each has a binding."""
    store = Store()
    for sid in ("IS1", "IS2"):
        store.make(SERVICES, no_terms).add(Note(sid))
        store.make(Key("binding", "AC1", "us1", sid), no_terms).add(Note(f"BS of {sid}"))
    return store


def test_what_belongs_to_a_removed_record_is_removed_with_it() -> None:
    store = with_service()
    store.remove(SERVICES, "IS1", at=1)
    assert list(store.collection(SERVICES)) == [Note("IS2")]
    assert [list(one) for one in store.collections("binding")] == [[Note("BS of IS2")]]
    assert list(store.collection(SERVICES).as_of(0.5)) == [Note("IS1"), Note("IS2")]


@pytest.mark.parametrize(("account_sid", "number"), [(None, 2), ("AC1", 1), ("AC2", 1), ("AC3", 0)])
def test_collections_are_those_of_one_account_or_of_all(account_sid: str | None, number: int) -> None:
    store = Store()
    store.make(SERVICES, no_terms)
    store.make(SERVICES._replace(account_sid="AC2", region="ie1"), no_terms)
    store.make(SERVICES._replace(resource="credential"), no_terms)
    assert len(store.collections("service", account_sid)) == number


def test_a_collection_is_made_once_and_keeps_its_records() -> None:
    store = with_service()
    assert store.make(SERVICES, no_terms) is store.make(SERVICES, no_terms) is store.collection(SERVICES)
    assert store.collection(SERVICES._replace(region="ie1")) is not store.collection(SERVICES)
    assert len(store.collection(SERVICES)) == 2


def test_a_snapshot_can_be_restored_more_than_once() -> None:
    store = with_service()
    store.forget("CR1")
    kept = store.snapshot()
    for _ in range(2):
        store.remove(SERVICES, "IS1", at=1)
        assert store.forgets("CR1")
        store.forget("IS2")
        store.restore(kept)
        assert list(store.collection(SERVICES)) == [Note("IS1"), Note("IS2")]
        assert len(store.collections("binding")) == 2
        assert not store.forgets("IS2")
    assert [store.forgets("CR1"), store.forgets("CR1")] == [True, False]


def test_a_record_that_is_removed_is_not_to_be_forgotten_any_more() -> None:
    store = with_service()
    store.forget("IS1")
    store.forget("IS2")
    store.remove(SERVICES, "IS1", at=1)
    assert [store.forgets("IS1"), store.forgets("IS2")] == [False, True]


def test_a_text_is_made_once_for_a_record_and_a_url() -> None:
    store, made = Store(), []

    def text(note: Note, url: str) -> str:
        return store.text(note, url, lambda: made.append(url) or f"{note.sid} at {url}")  # type: ignore[func-returns-value]

    assert [text(Note("A"), "x"), text(Note("A"), "x")] == ["A at x", "A at x"]
    assert made == ["x"]
    assert text(Note("A"), "y") == "A at y"
    assert text(Note("B"), "y") == "B at y"
    store.reset()
    assert text(Note("B"), "y") == "B at y"
    assert made == ["x", "y", "y", "y"]


def test_at_most_two_thousand_texts_are_kept() -> None:
    store, made = Store(), []

    def read(number: int) -> None:
        store.text(Note(str(number)), "x", lambda: made.append(number) or "")  # type: ignore[func-returns-value]

    for number in range(2_000):
        read(number)
    read(0)
    assert made.count(0) == 1
    read(2_000)
    read(0)
    assert made.count(0) == 2


def test_a_removed_record_is_still_known_as_it_was_last() -> None:
    collection: Collection[Note] = Collection()
    old, new = Note("A", ("x",)), Note("A", ("y",))
    collection.add(old)
    collection.replace(new, 1)
    assert collection.last_known("A") is new
    collection.remove("A", 2)
    assert collection.last_known("A") is new
    assert collection.get("A") is None
    assert collection.last_known("B") is None
