"""Hostile clients on raw sockets: each gets an error or nothing, and changes nothing."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from time import monotonic
from typing import NamedTuple

from harden.hostile import Hostile, hostile
from harden.responses import created, is_answered, judge
from harden.smuggling import MARK
from harden.table import ENOUGH, Result
from harden.target import SECONDS, Target

REQUESTS = 20_000
_BATCH = 200

_THREADS = 8
_SLOW_CLIENTS = 24
_LISTS = ("faults", "credentials", "services")


class Outcome(NamedTuple):
    """What one connection came to: broken promises, and how many records it was told and may have created."""

    failures: list[str]
    created: int
    may_create: int


def run(seconds: float, seed: int) -> Result:
    """Send up to 20,000 hostile requests."""
    end = monotonic() + seconds
    failures: list[str] = []
    done = 0
    with Target() as target:
        descriptors = target.idle_descriptors()
        while done < REQUESTS and monotonic() < end and len(failures) < ENOUGH:
            failures += attack(target, seed, range(done, done + _BATCH), descriptors)
            done += _BATCH
        failures += [f"traceback: {last}" for last in target.tracebacks()]
    return Result("hostile clients", done, "requests", failures)


def attack(target: Target, seed: int, numbers: Iterable[int], descriptors: int) -> list[str]:
    """Send the hostile requests with these numbers, and return the broken promises. Resets the server's state."""
    outcomes = _send_all(target, seed, numbers)
    failures = [failure for outcome in outcomes for failure in outcome.failures]
    left = target.settled(descriptors)
    if left > descriptors:
        failures.append(f"{left - descriptors} descriptors are still open, seed {seed}, {numbers}")
    return failures + _changes(target, outcomes, f"seed {seed}, {numbers}")


def _changes(target: Target, outcomes: list[Outcome], where: str) -> list[str]:
    """Return the changes of state that no response admits, and reset the state."""
    state = target.control("GET", "state")
    names = [record.get("friendly_name") for key in _LISTS[1:] for record in state[key]]
    told = sum(outcome.created for outcome in outcomes)
    most = told + sum(outcome.may_create for outcome in outcomes)
    target.control("POST", "reset")
    found = []
    if not told <= len(names) <= most:
        found.append(f"{len(names)} records exist, expected {told} to {most}, {where}: {names}")
    if MARK in names or state["faults"]:
        found.append(f"a refused request was carried out, {where}: {names}, {state['faults']}")
    return found


def _send_all(target: Target, seed: int, numbers: Iterable[int]) -> list[Outcome]:
    with _Slow(target.address) as slow, ThreadPoolExecutor(_THREADS) as pool:

        def one(number: int) -> Outcome:
            slow.send()
            return send(target.address, hostile(seed, number))

        return list(pool.map(one, numbers))


def send(address: tuple[str, int], request: Hostile) -> Outcome:
    """Send one request on a connection of its own, and judge what comes back."""
    with socket.create_connection(address, timeout=SECONDS) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data, ended = _exchange(connection, request)
    return Outcome(judge(request, data, ended), created(data), int(request.manner == "leaves"))


def _exchange(connection: socket.socket, request: Hostile) -> tuple[bytes, str]:
    """Send the request, and return everything that comes back and how the connection ended."""
    try:
        for piece in request.pieces:
            connection.sendall(piece)
        if request.manner == "leaves":
            return b"", "closed"
        if request.manner == "closes half":
            connection.shutdown(socket.SHUT_WR)
    except TimeoutError:
        return b"", "hang"
    except OSError:
        pass  # the server may refuse a request before it has all of it
    return _read(connection, waits=request.manner == "waits")


def _read(connection: socket.socket, *, waits: bool) -> tuple[bytes, str]:
    received = bytearray()
    try:
        while data := connection.recv(65536):
            received += data
            if waits and is_answered(bytes(received)):
                break
    except TimeoutError:
        return bytes(received), "hang"
    except ConnectionError:
        return bytes(received), "reset"
    return bytes(received), "closed"


class _Slow:
    """Clients that send their requests one byte at a time while others are served."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address, self._lock, self._turn = address, Lock(), 0
        self._data = b"GET /v1/Credentials HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "

    def __enter__(self) -> _Slow:
        self._open = [socket.create_connection(self._address, timeout=SECONDS) for _ in range(_SLOW_CLIENTS)]
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._open:
            connection.close()

    def send(self) -> None:
        """Send the next byte of the next client."""
        with self._lock, suppress(ConnectionError):
            number, at = self._turn % _SLOW_CLIENTS, self._turn // _SLOW_CLIENTS
            self._turn += 1
            self._open[number].sendall(self._data[at : at + 1] or b"a")
