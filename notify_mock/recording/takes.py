"""Recorded exchanges that are ready to be written, and their order."""

from __future__ import annotations

import heapq
from typing import NamedTuple


class Take(NamedTuple):
    """A recorded exchange: its sort key, the ticks when it began and ended, and its text in the cassette."""

    order: str
    begun: int
    ended: int
    text: str


def in_order(takes: list[Take]) -> list[Take]:
    """Sort by time; exchanges that overlap are sorted by their requests. So the same parallel requests always give the
    same cassette."""
    waiting = sorted(takes, key=lambda take: take.begun)
    ends = sorted(waiting, key=lambda take: take.ended)
    ready: list[tuple[str, int, Take]] = []
    found: list[Take] = []
    written: set[int] = set()
    first, started = 0, 0
    while len(found) < len(takes):
        while first < len(ends) and ends[first].ended in written:
            first += 1
        while started < len(waiting) and waiting[started].begun < ends[first].ended:
            take = waiting[started]
            heapq.heappush(ready, (take.order, take.begun, take))
            started += 1
        _, _, take = heapq.heappop(ready)
        written.add(take.ended)
        found.append(take)
    return found
