"""Requests for each second to running servers: with asyncio's loop, with uvloop, the former one, and WireMock."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from pathlib import Path

from benchmarks.load import CONNECTIONS, Load, find_wrk, middle, put_load
from benchmarks.measure import Pair, all_in_turns
from benchmarks.servers import Server, Target, ask, former, notify_mock, wiremock
from benchmarks.table import Missing, Row, at_least, at_most, skipped

_ROUNDS = 8
_SECONDS = 2
_MANY = 64
_WARM_UP_SECONDS = 6  # Java compiles what runs often

Servers = Mapping[str, Callable[[], AbstractContextManager[Server]]]
_SERVERS: Servers = {"asyncio": notify_mock, "uvloop": partial(notify_mock, uvloop=True), "WireMock": wiremock}


class Loads:
    """What was measured of each server."""

    def __init__(self, measured: Mapping[str, list[Load]], missing: Mapping[str, Missing]) -> None:
        self._measured, self._missing = measured, missing

    def __getitem__(self, name: str) -> list[Load]:
        """Raises ``Missing`` if the server could not be started."""
        if name in self._missing:
            raise self._missing[name]
        return self._measured[name]


def fetches() -> list[Row]:
    """Compare a GET of one credential with a static stub of WireMock, and with the former server."""
    loads = _measure({**_SERVERS, "former": former}, Server.fetch)
    return [
        _throughput("served fetch / WireMock's static stub", loads, "asyncio", "WireMock", 1.2),
        _throughput("served fetch with uvloop / WireMock's static stub", loads, "uvloop", "WireMock", 1.6),
        _throughput("served fetch / by the former server, with threads", loads, "asyncio", "former", 8),
        _latency("99th percentile of the served fetch / of WireMock's stub", loads, "asyncio", "WireMock", 1),
    ]


def creates() -> list[Row]:
    """Compare a POST that creates a credential with a static stub of WireMock."""
    loads = _measure(_SERVERS, Server.create, before=_empty)
    return [
        _throughput("served create / WireMock's static stub", loads, "asyncio", "WireMock", 0.6),
        _throughput("served create with uvloop / WireMock's static stub", loads, "uvloop", "WireMock", 0.6),
    ]


def access_log() -> list[Row]:
    """Compare fetches with the access log in a file with fetches without it."""
    with tempfile.TemporaryDirectory() as folder:
        logging = partial(notify_mock, log=Path(folder, "access.log"))
        loads = _measure({"logged": logging, "asyncio": notify_mock}, Server.fetch)
    return [_throughput("served fetch with an access log / without it", loads, "logged", "asyncio", 0.85)]


def lasting() -> list[Row]:
    """Compare a server that keeps its state in an SQLite file with one in memory, on 64 connections."""
    with tempfile.TemporaryDirectory() as folder:
        servers = {"SQLite": partial(notify_mock, "--state", str(Path(folder, "state.db"))), "memory": notify_mock}
        creating = _measure(servers, Server.create, before=_empty, connections=_MANY)
    with tempfile.TemporaryDirectory() as folder:
        servers = {"SQLite": partial(notify_mock, "--state", str(Path(folder, "state.db"))), "memory": notify_mock}
        fetching = _measure(servers, Server.fetch, connections=_MANY)
    return [
        _throughput("served create, kept in SQLite / in memory, 64 connections", creating, "SQLite", "memory", 0.35),
        _throughput("served fetch, state kept in SQLite / in memory", fetching, "SQLite", "memory", 0.95),
    ]


def _measure(
    servers: Servers,
    target: Callable[[Server], Target],
    before: Callable[[Server], object] = lambda _: None,
    connections: int = CONNECTIONS,
) -> Loads:
    """Put load on all servers in turns. ``before`` runs before each turn."""

    def load(server: Server, seconds: float) -> Load:
        before(server)
        return put_load(target(server), seconds, connections)

    with ExitStack() as stack:
        started, missing = _start(stack, servers)
        for server in started.values():
            load(server, _WARM_UP_SECONDS)
        taken = all_in_turns([partial(load, server, _SECONDS) for server in started.values()], _ROUNDS)
    return Loads(dict(zip(started, taken, strict=True)), missing)


def _start(stack: ExitStack, servers: Servers) -> tuple[dict[str, Server], dict[str, Missing]]:
    """Return the servers that run until the stack is closed, and why others can't be measured."""
    started, missing = {}, {}
    for name, server in servers.items():
        try:
            find_wrk()
            started[name] = stack.enter_context(server())
        except Missing as reason:
            missing[name] = reason
    return started, missing


def _empty(server: Server) -> None:
    """Remove what was created, so that each turn starts with as little. A stub keeps nothing."""
    if not server.is_stub:
        ask(f"{server.url}/_mock/reset", body="")


def _throughput(what: str, loads: Loads, ours: str, theirs: str, limit: float) -> Row:
    try:
        found, other = loads[ours], loads[theirs]
    except Missing as missing:
        return skipped(what, f"at least {limit:g}", missing)
    pair = Pair([load.each for load in found], [load.each for load in other])
    return at_least(what, pair, limit, f"{middle(found)} / {middle(other)}")


def _latency(what: str, loads: Loads, ours: str, theirs: str, limit: float) -> Row:
    try:
        found, other = loads[ours], loads[theirs]
    except Missing as missing:
        return skipped(what, f"at most {limit:g}", missing)
    return at_most(what, Pair([load.p99 for load in found], [load.p99 for load in other]), limit)
