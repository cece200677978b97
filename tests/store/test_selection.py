"""Selections: the same as a full scan, and as cheap as their rarest group of terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import pytest
from helpers.notes import Note, collect, term
from hypothesis import given, settings
from hypothesis import strategies as st

from notify_mock.store.collections import Collection
from notify_mock.store.index import Term
from notify_mock.store.selection import Conditions, Selection, Test

Groups = list[tuple[str, ...]]


def selection(collection: Collection[Note], groups: Groups, *tests: Test) -> Selection[Note]:
    return Selection(collection, Conditions(tuple(tuple(term(word) for word in group) for group in groups), tests))


def is_even(note: Note) -> bool:
    return int(note.sid) % 2 == 0


WORDS = st.lists(st.sampled_from(["red", "green", "blue"]), max_size=3)


@pytest.mark.parametrize("tests", [(), (is_even,)], ids=["no test", "even ones"])
@settings(max_examples=60, deadline=None)
@given(
    several=st.lists(WORDS, max_size=9),
    gone=st.sets(st.integers(0, 8), max_size=3),
    groups=st.lists(WORDS.map(tuple), max_size=3),
)
def test_a_selection_equals_a_full_scan(
    tests: tuple[Test, ...], several: list[list[str]], gone: set[int], groups: Groups
) -> None:
    collection = collect(*[Note(str(number), tuple(words)) for number, words in enumerate(several)])
    for number in gone & set(range(len(several))):
        collection.remove(str(number), at=1)
    notes = [note for note in collection if all(note.has(*group) for group in groups) and all(t(note) for t in tests)]
    selected = selection(collection, groups, *tests)
    assert list(selected) == notes
    assert [selected.position(note.sid) for note in notes] == [int(note.sid) for note in notes]
    for position in range(len(several) + 1):
        below = [note for note in notes if int(note.sid) < position]
        above = [note for note in notes if int(note.sid) >= position]
        for limit in range(5):
            assert selected.before(position, limit) == below[len(below) - min(limit, len(below)) :]
            assert selected.starting_at(position, limit) == above[:limit]


def test_a_selection_walks_through_the_rarest_group_only() -> None:
    class Unwalkable(list[int]):
        def __iter__(self) -> Iterator[int]:
            raise AssertionError("every record of the larger group was visited")

    class Watched(Collection[Note]):
        def positions_of(self, terms: Iterable[Term]) -> Sequence[int]:
            return Unwalkable(range(9)) if term("common") in terms else [7, 8]

    for groups in ([("common",), ("rare",)], [("rare",), ("common",)]):
        watched = Watched()
        for number in range(9):
            watched.add(Note(str(number)))
        assert [note.sid for note in selection(watched, groups)] == ["7", "8"]
