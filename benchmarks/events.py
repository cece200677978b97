"""Requests for each second to a server whose events are read, compared with one whose events nobody reads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.client import HTTPConnection
from threading import Event, Thread
from time import perf_counter
from urllib.parse import urlsplit

from benchmarks.calls import LIST
from benchmarks.load import find_wrk, middle, put_load
from benchmarks.measure import Pair, all_in_turns
from benchmarks.servers import Server, Target, ask, notify_mock
from benchmarks.sockets import Connection
from benchmarks.table import Missing, Row, at_least, skipped

_PER_SECOND = 200
_ROUNDS = 8
_SECONDS = 2
_WHAT = f"served fetch while {_PER_SECOND} events a second are read / while nobody reads"
_LIMIT = 0.9

_RULE = {"call": "credential.list", "effect": "delay", "seconds": 0}
"""Makes an event of each list, and none of the fetches that are measured."""


def events() -> list[Row]:
    """Compare two servers with the same load: fetches by wrk, and 200 lists a second, each with an event."""
    try:
        find_wrk()
    except Missing as missing:
        return [skipped(_WHAT, f"at least {_LIMIT:g}", missing)]
    with ExitStack() as stack:
        read, unread = (stack.enter_context(notify_mock()) for _ in range(2))
        for server in (read, unread):
            ask(f"{server.url}/_mock/faults", body=json.dumps(_RULE))
            stack.enter_context(_listing(server))
        count = stack.enter_context(_reading(read))
        start = perf_counter()
        loads = all_in_turns([partial(put_load, server.fetch(), _SECONDS) for server in (read, unread)], _ROUNDS)
        rate = len(count) / (perf_counter() - start)
    if rate < 0.8 * _PER_SECOND:
        raise RuntimeError(f"only {rate:.0f} events a second were read")
    ours, theirs = loads
    pair = Pair([load.each for load in ours], [load.each for load in theirs])
    return [at_least(_WHAT, pair, _LIMIT, f"{middle(ours)} / {middle(theirs)}; {rate:.0f} events/s")]


@contextmanager
def _listing(server: Server) -> Iterator[None]:
    """List the credentials 200 times a second, until the end of the block."""
    ended = Event()

    def run() -> None:
        with Connection(Target(server.pid, "GET", server.url + LIST)) as connection:
            connection.check()
            due = perf_counter()
            while not ended.wait(max(0.0, due - perf_counter())):
                connection.ask()
                due += 1 / _PER_SECOND

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _reading(server: Server) -> Iterator[list[int]]:
    """Read the events of the rule, until the end of the block. The list gets an item for each."""
    url, count = urlsplit(server.url), list[int]()
    connection = HTTPConnection(url.hostname or "", url.port)
    connection.request("GET", "/_mock/events?types=fault")
    response = connection.getresponse()

    def run() -> None:
        for line in response:
            if line.startswith(b"data"):
                count.append(1)

    thread = Thread(target=run, daemon=True)
    thread.start()
    yield count
