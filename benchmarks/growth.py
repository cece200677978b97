"""The memory of a server process after many creates."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

from benchmarks.load import find_wrk, put_requests
from benchmarks.measure import in_turns, spread
from benchmarks.processes import resident_bytes
from benchmarks.servers import Server, notify_mock, wiremock
from benchmarks.table import Missing, Row, at_most, skipped

_CREATES = 200_000
_ROUNDS = 2
_LIMIT = 0.5
_WHAT = f"memory of the server after {_CREATES:,} creates / of WireMock after as many"


def growth() -> list[Row]:
    """Compare the resident memory with WireMock's, which keeps nothing and has Java's default heap."""
    try:
        find_wrk()
        pair = in_turns(partial(_resident, notify_mock), partial(_resident, wiremock), _ROUNDS)
    except Missing as missing:
        return [skipped(_WHAT, f"at most {_LIMIT:g}", missing)]
    ours, theirs = (f"{spread(side).middle / 1e6:,.0f} MB" for side in pair)
    return [at_most(_WHAT, pair, _LIMIT, f"{ours} / {theirs}")]


def _resident(serve: Callable[[], AbstractContextManager[Server]]) -> float:
    """Return the bytes after creates whose names and secrets all differ."""
    with serve() as server:
        put_requests(server.create(), _CREATES)
        return resident_bytes(server.pid)
