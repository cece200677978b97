"""Small records for tests of the store: a note is found by its words."""

from __future__ import annotations

from typing import NamedTuple

from notify_mock.store.collections import Collection
from notify_mock.store.index import Term

WORDS = ("red", "green", "blue")


class Note(NamedTuple):
    """A record. A word may be there twice."""

    sid: str
    words: tuple[str, ...] = ()

    def has(self, *words: str) -> bool:
        """Return whether the note has at least one of ``words``."""
        return any(word in self.words for word in words)


def term(word: str) -> Term:
    return ("word", word)


def terms(note: Note) -> list[Term]:
    return [term(word) for word in note.words]


def collect(*notes: Note) -> Collection[Note]:
    """Return a collection with these notes."""
    collection: Collection[Note] = Collection(terms)
    for note in notes:
        collection.add(note)
    return collection
