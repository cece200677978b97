"""An index over a shelf: at which places the records stand that have a term."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

Term = tuple[str, str]
"""A field and a value of it: ``("identity", "alice")``."""


class Index:
    """Places by term, in order. Places are added in growing order, so adding one is an append."""

    def __init__(self) -> None:
        self._places: dict[Term, list[int]] = {}

    def add(self, place: int, terms: Iterable[Term]) -> None:
        for term in terms:
            places = self._places.setdefault(term, [])
            if not places or places[-1] < place:
                places.append(place)
            else:
                at = bisect_left(places, place)
                if places[at] != place:
                    places.insert(at, place)

    def remove(self, place: int, terms: Iterable[Term]) -> None:
        for term in terms:
            places = self._places.get(term, [])
            at = bisect_left(places, place)
            if at < len(places) and places[at] == place:
                del places[at]
                if not places:
                    del self._places[term]

    def places(self, term: Term) -> Sequence[int]:
        """The places of a term, in order; none for an unknown one."""
        return self._places.get(term, ())

    def copy(self) -> Index:
        twin = Index()
        twin._places = {term: list(places) for term, places in self._places.items()}
        return twin
