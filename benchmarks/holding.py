"""The latency of a fetch while the server holds other calls."""

from __future__ import annotations

import json
from contextlib import ExitStack
from functools import partial
from statistics import median
from time import perf_counter

from benchmarks.calls import LIST
from benchmarks.measure import in_turns, once
from benchmarks.processes import allow_files
from benchmarks.servers import Server, Target, ask, notify_mock
from benchmarks.sockets import Connection
from benchmarks.table import Missing, Row, at_most, skipped

_HELD = 1_000
_FILES = 4 * _HELD
"""At most half of a server's files are connections."""

_ROUNDS = 30
_REQUESTS = 1_000
_WAIT_SECONDS = 30
_WHAT = f"median of a served fetch with {_HELD:,} held calls / without"
_LIMIT = 1.2


def holding() -> list[Row]:
    """Compare a server that holds 1,000 calls because of a fault rule with one that has the rule and holds none."""
    try:
        allow_files(_FILES)
    except Missing as missing:
        return [skipped(_WHAT, f"at most {_LIMIT:g}", missing)]
    with ExitStack() as stack:
        busy, idle = (stack.enter_context(notify_mock()) for _ in range(2))
        _add_rule(busy)
        _add_rule(idle)
        _hold(stack, busy)
        ours, theirs = (stack.enter_context(Connection(server.fetch())) for server in (busy, idle))
        ours.check()
        theirs.check()
        pair = in_turns(partial(_median, ours), partial(_median, theirs), _ROUNDS)
        if _held(busy) != _HELD:
            raise RuntimeError("the server has not held all calls until the end")
    return [at_most(_WHAT, pair, _LIMIT)]


def _add_rule(server: Server) -> None:
    ask(f"{server.url}/_mock/faults", body=json.dumps({"call": "credential.list", "effect": "hang", "seconds": 3600}))


def _hold(stack: ExitStack, server: Server) -> None:
    """Send calls that the server holds, and return when it holds them all."""
    for _ in range(_HELD):
        stack.enter_context(Connection(Target(server.pid, "GET", server.url + LIST))).send()
    deadline = perf_counter() + _WAIT_SECONDS
    while _held(server) < _HELD:
        if perf_counter() > deadline:
            raise RuntimeError(f"the server holds only {_held(server)} calls")


def _held(server: Server) -> int:
    """Return how many calls the fault rule has held."""
    (rule,) = json.loads(ask(f"{server.url}/_mock/faults"))["faults"]
    fired: int = rule["fired"]
    return fired


def _median(connection: Connection) -> float:
    return median(once(connection.ask) for _ in range(_REQUESTS))
