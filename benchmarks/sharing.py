"""A state that servers share through Valkey, compared with one in memory, and two workers compared with one."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.load import Load, find_wrk, middle, put_load
from benchmarks.measure import Pair, all_in_turns
from benchmarks.processes import cpu_seconds
from benchmarks.servers import Server, ask, notify_mock
from benchmarks.table import Missing, Row, at_least, at_most, skipped
from harden.valkey import Valkey, find_valkey

_ROUNDS = 8
_SECONDS = 2
_CONNECTIONS = 64
_WHAT = {
    "create": ("served create through Valkey / in memory, 64 connections", 0.5),
    "fetch": ("served fetch, state shared through Valkey / in memory", 0.9),
    "workers": ("CPU time of a served fetch, two workers / one", 1.1),
}


class _Servers(NamedTuple):
    memory: Server
    shared: Server
    one: Server
    two: Server


def sharing() -> list[Row]:
    """Measure one server with a shared state, and two workers."""
    try:
        find_wrk()
        if find_valkey() is None:
            raise Missing("Valkey is not installed; on Debian: apt-get install redis-server")
    except Missing as missing:
        return [skipped(what, f"{limit:g}", missing) for what, limit in _WHAT.values()]
    with _started() as servers:
        return [*_one_process(servers), _workers(servers)]


@contextmanager
def _started() -> Iterator[_Servers]:
    with ExitStack() as stack:
        valkey = stack.enter_context(Valkey("--appendonly", "yes"))
        memory = stack.enter_context(notify_mock())
        shared = stack.enter_context(notify_mock("--state", valkey.url("shared")))
        with _one_core():
            one, two = (
                stack.enter_context(notify_mock("--state", valkey.url(count), "--workers", count)) for count in "12"
            )
        yield _Servers(memory, shared, one, two)


@contextmanager
def _one_core() -> Iterator[None]:
    """Start processes that stay on one core: on two, processes slow each other down, whatever they do."""
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _one_process(servers: _Servers) -> list[Row]:
    rows = []
    for act in ("create", "fetch"):
        sides = [partial(_load, server, act) for server in (servers.shared, servers.memory)]
        shared, memory = all_in_turns(sides, _ROUNDS)
        pair = Pair([one.each for one in shared], [one.each for one in memory])
        what, limit = _WHAT[act]
        rows.append(at_least(what, pair, limit, f"{middle(shared)} / {middle(memory)}"))
    return rows


def _load(server: Server, act: str) -> Load:
    if act == "create":
        ask(f"{server.url}/_mock/reset", body="")
        return put_load(server.create(), _SECONDS, _CONNECTIONS)
    return put_load(server.fetch(), _SECONDS, _CONNECTIONS)


def _workers(servers: _Servers) -> Row:
    two, one = all_in_turns([partial(_cpu, server) for server in (servers.two, servers.one)], _ROUNDS)
    what, limit = _WHAT["workers"]
    sides = f"{median(two) * 1e6:.1f} us / {median(one) * 1e6:.1f} us"
    return at_most(what, Pair(two, one), limit, sides)


def _cpu(server: Server) -> float:
    """Return the CPU seconds of all processes of a server for each fetch."""
    before = sum(map(cpu_seconds, _processes(server.pid)))
    load = put_load(server.fetch(), _SECONDS, _CONNECTIONS)
    return (sum(map(cpu_seconds, _processes(server.pid))) - before) * load.each / _SECONDS


def _processes(pid: int) -> list[int]:
    """Return a process and its children."""
    threads = Path(f"/proc/{pid}/task").iterdir()
    return [pid, *(int(child) for thread in threads for child in (thread / "children").read_text().split())]
