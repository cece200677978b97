"""Held calls on the server: they cost no thread, hold up nobody else, and end with a reset, a stop or their client."""

from __future__ import annotations

import resource
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, suppress

import pytest
from helpers.calls import basic
from helpers.held_calls import waits
from helpers.raw_http import dial, read_answers, send

from notify_mock import Delay, Dribble, Emulator, Hang

pytestmark = pytest.mark.usefixtures("each_loop")

SIGNED = f"Host: x\r\nAuthorization: {basic('ACx', 'y')}\r\n"
LIST = f"GET /v1/Credentials HTTP/1.1\r\n{SIGNED}\r\n".encode()
FETCH = LIST.replace(b"/v1/Credentials", b"/v1/Credentials/CR1")
LAST_FETCH = FETCH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")


@pytest.fixture
def many_files() -> Iterator[None]:
    """Let the process have as many descriptors as the system allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def hold(emulator: Emulator, begun: threading.Semaphore, count: int, stack: ExitStack) -> list[socket.socket]:
    """Return connections on which a call is held."""
    emulator.faults.add("credential.list", Hang(3600), unused="ignore")
    held = [stack.enter_context(dial(emulator.url)) for _ in range(count)]
    for connection in held:
        connection.sendall(LIST)
    for _ in held:
        assert begun.acquire(timeout=20)
    return held


@pytest.mark.usefixtures("many_files", "no_thread_left")
def test_thousands_of_held_calls_cost_no_thread_and_a_reset_ends_them_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count = 5000
    if resource.getrlimit(resource.RLIMIT_NOFILE)[0] < 3 * count:
        pytest.skip("this system does not allow so many open files")
    monkeypatch.setattr("notify_mock.server.connections.half_of_the_limit", lambda: 2 * count)
    begun = waits(monkeypatch)
    with Emulator() as emulator, ExitStack() as stack:
        threads = threading.active_count()
        held = hold(emulator, begun, count, stack)
        assert threading.active_count() == threads
        assert send(emulator.url, LAST_FETCH).status == "HTTP/1.1 404 NOT FOUND"
        emulator.reset()
        assert {connection.recv(1) for connection in held} == {b""}
        assert send(emulator.url, LAST_FETCH).status == "HTTP/1.1 404 NOT FOUND"


@pytest.mark.usefixtures("many_files", "no_thread_left")
@pytest.mark.parametrize("how", ["the emulator is closed", "the server is stopped"])
def test_a_server_with_held_calls_stops(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    begun = waits(monkeypatch)
    with ExitStack() as stack:
        emulator = Emulator()
        emulator.faults.add("credential.list", Delay(3600), phase="after", unused="ignore")
        held = hold(emulator, begun, 1000, stack)
        emulator.close() if how == "the emulator is closed" else emulator._server.stop()
        for connection in held:
            with suppress(ConnectionResetError):
                assert connection.recv(1) == b""
        emulator.close()


def test_a_listener_of_the_journal_may_use_the_url_while_the_server_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    begun = waits(monkeypatch)
    urls: list[str] = []
    emulator = Emulator()
    url = emulator.url
    emulator.journal.subscribe(lambda _: urls.append(emulator.url))
    emulator.faults.add("credential.list", Hang(3600))
    with dial(url) as connection:
        connection.sendall(LIST)
        assert begun.acquire(timeout=20)
        emulator._server.stop()
    assert urls == [url]


@pytest.mark.parametrize("leaves", ["closes", "resets", "closes its half"])
@pytest.mark.parametrize("phase", ["before", "after"])
def test_a_held_call_ends_when_its_client_leaves(
    served: Emulator, monkeypatch: pytest.MonkeyPatch, leaves: str, phase: str
) -> None:
    begun, ended = waits(monkeypatch), threading.Event()
    served.journal.subscribe(lambda _: ended.set())
    served.faults.add("credential.list", Hang() if phase == "before" else Delay(3600), phase=phase, unused="ignore")
    with dial(served.url) as connection:
        connection.sendall(LIST)
        assert begun.acquire(timeout=20)
        if leaves == "closes its half":
            connection.shutdown(socket.SHUT_WR)
        elif leaves == "resets":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        if leaves != "closes its half":
            connection.close()
        assert ended.wait(20)


def test_all_pauses_of_a_call_end_when_its_client_leaves(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    begun, ended = waits(monkeypatch), threading.Event()
    served.journal.subscribe(lambda _: ended.set())
    served.faults.add("credential.list", Delay(3600))
    served.faults.add("credential.list", Delay(3600), phase="after")
    with dial(served.url) as connection:
        connection.sendall(LIST)
        assert begun.acquire(timeout=20)
    assert ended.wait(20)


def test_a_client_that_has_sent_everything_is_not_held(served: Emulator) -> None:
    """Nothing tells the server when such a client leaves."""
    served.faults.add("credential.list", Delay(3600))
    with dial(served.url) as connection:
        connection.sendall(LIST + LIST)
        connection.shutdown(socket.SHUT_WR)
        assert [answer.status for answer in read_answers(connection)] == ["HTTP/1.1 200 OK"] * 2


def test_requests_behind_a_held_call_are_answered_in_order(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = waits(monkeypatch)
    served.faults.add("credential.list", Delay(0.05), times=1)
    with dial(served.url) as connection:
        connection.sendall(LIST + FETCH * 2000 + LAST_FETCH)
        assert begun.acquire(timeout=20)
        statuses = [answer.status for answer in read_answers(connection)]
    assert statuses == ["HTTP/1.1 200 OK"] + ["HTTP/1.1 404 NOT FOUND"] * 2001


def test_a_reset_ends_a_response_that_is_sent_slowly(served: Emulator) -> None:
    served.faults.add("credential.list", Dribble(3600, pieces=4))
    with dial(served.url) as connection:
        connection.sendall(LIST)
        assert connection.recv(1) == b"H"
        served.reset()
        data = b""
        while piece := connection.recv(65536):
            data += piece
    assert b"\r\n\r\n" in data
    assert b'"key": "credentials"' not in data


@pytest.mark.parametrize("leaves", ["closes", "resets"])
def test_nothing_more_is_sent_slowly_to_a_client_that_left(
    served: Emulator, monkeypatch: pytest.MonkeyPatch, leaves: str
) -> None:
    begun = waits(monkeypatch)
    served.faults.add("credential.list", Dribble(3600, pieces=100))
    with dial(served.url) as connection:
        connection.sendall(LIST)
        assert begun.acquire(timeout=20)
        if leaves == "resets":
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    assert send(served.url, LAST_FETCH).status == "HTTP/1.1 404 NOT FOUND"
    assert not begun.acquire(timeout=0.1)
