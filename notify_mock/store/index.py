"""The index of a collection: the positions of the records with a term."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence

Term = tuple[str, str]
"""A field and its value: ``("identity", "alice")``."""


class Index:
    """Positions by term, in ascending order. New records have the highest position, so adding one is an append."""

    def __init__(self) -> None:
        self._positions: dict[Term, list[int]] = {}

    def add(self, position: int, terms: Iterable[Term]) -> None:
        for term in terms:
            positions = self._positions.setdefault(term, [])
            if not positions or positions[-1] < position:
                positions.append(position)
            else:
                at = bisect_left(positions, position)
                if positions[at] != position:
                    positions.insert(at, position)

    def remove(self, position: int, terms: Iterable[Term]) -> None:
        for term in terms:
            positions = self._positions.get(term, [])
            at = bisect_left(positions, position)
            if at < len(positions) and positions[at] == position:
                del positions[at]
                if not positions:
                    del self._positions[term]

    def positions(self, term: Term) -> Sequence[int]:
        """Return the positions of a term, in ascending order; none for an unknown term."""
        return self._positions.get(term, ())

    def copy(self) -> Index:
        twin = Index()
        twin._positions = {term: list(positions) for term, positions in self._positions.items()}
        return twin
