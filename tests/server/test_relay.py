"""Bytes between a client and another host: with slow peers, half-closed connections, and no more than was asked for."""

from __future__ import annotations

import asyncio
import gc
import hashlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from helpers.raw_http import ESTABLISHED, dial, send, tunnel_to

from notify_mock import Emulator
from notify_mock.server import relay
from notify_mock.server.channel import Channel
from notify_mock.server.connections import Connections
from notify_mock.twilio_api.hosts import Destination

pytestmark = pytest.mark.usefixtures("each_loop")

MIB = 1024 * 1024
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi"


@pytest.fixture
def tunnelling() -> Iterator[Emulator]:
    with Emulator(other_hosts="tunnel") as emulator:
        yield emulator


class Other:
    """Another host. ``act`` gets its next connection, in a thread; ``join`` waits for it and raises its error."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.authority = f"127.0.0.1:{self._listening.getsockname()[1]}"
        self._thread: threading.Thread | None = None
        self._errors: list[BaseException] = []

    def expect(self, act: Callable[[socket.socket], object]) -> None:
        def run() -> None:
            try:
                connection, _ = self._listening.accept()
                with connection:
                    connection.settimeout(20)
                    act(connection)
            except BaseException as error:  # noqa: BLE001 - raised again in join
                self._errors.append(error)

        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join(20)
            assert not self._thread.is_alive()
        for error in self._errors:
            raise error

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def other() -> Iterator[Other]:
    other = Other()
    yield other
    other.close()


def read_head(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += connection.recv(1)
    return head


def read_to_the_end(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(MIB), b""))


def test_what_follows_a_forwarded_request_is_not_passed_on(tunnelling: Emulator, other: Other) -> None:
    """The next request may carry credentials of Twilio's."""
    came: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        came.append(read_head(connection) + connection.recv(5, socket.MSG_WAITALL))
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        came.append(connection.recv(1))
        connection.sendall(OK)

    other.expect(serve)
    head = f"POST http://{other.authority}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"
    with dial(tunnelling.url) as connection:
        connection.sendall(head.encode() + b"hello")
        read_head(connection)
        connection.sendall(b"GET http://notify.twilio.com/v1/Credentials HTTP/1.1\r\nAuthorization: secret\r\n\r\n")
        connection.shutdown(socket.SHUT_WR)
        assert read_to_the_end(connection) == OK
    other.join()
    assert came[0].endswith(b"\r\n\r\nhello")
    assert came[1:] == [b""]


@pytest.mark.parametrize("expects", ["", "Expect: 100-continue\r\n"])
def test_large_bodies_pass_in_both_directions_and_are_not_kept(
    tunnelling: Emulator, other: Other, monkeypatch: pytest.MonkeyPatch, expects: str
) -> None:
    size = 50 * MIB
    piece = bytes(range(256)) * 4096
    body = piece * (size // len(piece))
    is_stuck, may_read = threading.Event(), threading.Event()
    sums: list[str] = []

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        assert may_read.wait(20)
        left, found = size, hashlib.sha256()
        while left:
            data = connection.recv(min(left, MIB))
            assert data
            found.update(data)
            left -= len(data)
        sums.append(found.hexdigest())
        connection.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {size}\r\n\r\n".encode())
        connection.settimeout(1)
        sent = 0
        try:
            while sent < size:
                sent += connection.send(body[sent : sent + MIB])
        except TimeoutError:
            pass
        assert sent < size
        is_stuck.set()
        connection.settimeout(20)
        connection.sendall(body[sent:])

    other.expect(serve)
    with dial(tunnelling.url) as connection:
        head = f"POST http://{other.authority}/ HTTP/1.1\r\nHost: x\r\nContent-Length: {size}\r\n{expects}\r\n"
        connection.sendall(head.encode())
        if expects:
            assert read_head(connection) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.settimeout(1)
        sent = 0
        try:
            while sent < size:
                sent += connection.send(body[sent : sent + MIB])
        except TimeoutError:
            pass
        assert sent < size
        connection.settimeout(20)
        may_read.set()
        connection.sendall(body[sent:])
        assert is_stuck.wait(20)
        assert read_head(connection).startswith(b"HTTP/1.1 200 OK")
        assert read_to_the_end(connection) == body
    other.join()
    assert sums == [hashlib.sha256(body).hexdigest()]


def test_a_tunnel_passes_on_the_end_of_the_clients_half(tunnelling: Emulator, other: Other) -> None:
    def serve(connection: socket.socket) -> None:
        assert read_to_the_end(connection) == b"question"
        connection.sendall(b"answer")

    other.expect(serve)
    with tunnel_to(tunnelling.url, other.authority) as connection:
        connection.sendall(b"question")
        connection.shutdown(socket.SHUT_WR)
        assert read_to_the_end(connection) == b"answer"
    other.join()


def test_a_tunnel_passes_on_the_end_of_the_other_half(tunnelling: Emulator, other: Other) -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"greeting")
        connection.shutdown(socket.SHUT_WR)
        assert read_to_the_end(connection) == b"a" * MIB

    other.expect(serve)
    with tunnel_to(tunnelling.url, other.authority) as connection:
        assert read_to_the_end(connection) == b"greeting"
        connection.sendall(b"a" * MIB)
    other.join()


def test_bytes_and_the_end_that_come_with_the_connect_are_passed_on(tunnelling: Emulator, other: Other) -> None:
    def serve(connection: socket.socket) -> None:
        assert read_to_the_end(connection) == b"early"
        connection.sendall(b"answer")

    other.expect(serve)
    with dial(tunnelling.url) as connection:
        connection.sendall(f"CONNECT {other.authority} HTTP/1.1\r\n\r\nearly".encode())
        connection.shutdown(socket.SHUT_WR)
        assert read_to_the_end(connection) == ESTABLISHED + b"answer"
    other.join()


@pytest.mark.parametrize("first", ["the client", "the other host"])
@pytest.mark.parametrize("way", ["tunnel", "forward"])
def test_a_relay_that_both_sides_have_left_keeps_no_connection(
    tunnelling: Emulator, other: Other, monkeypatch: pytest.MonkeyPatch, first: str, way: str
) -> None:
    none_is_left = threading.Event()
    remove = Connections.remove

    def removing(connections: Connections, channel: Channel) -> None:
        remove(connections, channel)
        if not len(connections):
            none_is_left.set()

    monkeypatch.setattr(Connections, "remove", removing)

    def serve(connection: socket.socket) -> None:
        read_head(connection)
        if first == "the client":
            assert read_to_the_end(connection) == b""
        connection.sendall(OK)

    other.expect(serve)
    target = f"http://{other.authority}/" if way == "forward" else "/"
    with dial(tunnelling.url) if way == "forward" else tunnel_to(tunnelling.url, other.authority) as connection:
        connection.sendall(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        if first == "the client":
            connection.shutdown(socket.SHUT_WR)
        assert read_to_the_end(connection) == OK
    other.join()
    assert none_is_left.wait(20)


def test_a_client_that_sends_a_large_body_to_an_unreachable_host_gets_the_502(tunnelling: Emulator) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    head = f"POST http://127.0.0.1:{port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: {20 * MIB}\r\n\r\n"
    with dial(tunnelling.url) as connection:
        connection.sendall(head.encode() + b"a" * (20 * MIB))
        assert connection.recv(12, socket.MSG_WAITALL) == b"HTTP/1.1 502"


@pytest.mark.parametrize("when", ["resolving", "connecting", "connected"])
def test_a_server_stops_with_its_relays(
    other: Other, monkeypatch: pytest.MonkeyPatch, when: str, recwarn: pytest.WarningsRecorder
) -> None:
    begun, goes_on, connecting = threading.Event(), threading.Event(), threading.Event()
    address, port = other.authority.split(":")

    def resolve(destination: Destination) -> list[str]:
        begun.set()
        assert goes_on.wait(20)
        return [destination.host]

    async def never_connects(*_: object) -> None:
        connecting.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(relay, "resolve", resolve)
    if when == "connecting":
        monkeypatch.setattr(relay, "_connect_to_first", never_connects)
    emulator = Emulator(other_hosts="tunnel")
    with dial(emulator.url) as connection:
        connection.sendall(f"CONNECT {address}:{port} HTTP/1.1\r\n\r\n".encode())
        assert begun.wait(20)
        if when == "resolving":
            emulator.close()
        goes_on.set()
        assert when != "connecting" or connecting.wait(20)
        if when == "connected":
            assert connection.recv(len(ESTABLISHED), socket.MSG_WAITALL) == ESTABLISHED
        emulator.close()
    for thread in threading.enumerate():
        if thread.name == "notify-mock-call":
            thread.join(20)
    gc.collect()
    assert [str(warning.message) for warning in recwarn] == []


def test_a_name_that_cannot_be_resolved_is_answered_502(tunnelling: Emulator) -> None:
    host = "a" * 64 + ".example"
    answer = send(tunnelling.url, f"CONNECT {host}:443 HTTP/1.1\r\n\r\n".encode())
    assert answer.status == "HTTP/1.1 502 BAD GATEWAY"
    assert f"cannot connect to {host}:443: ".encode() in answer.body


def test_the_next_address_of_a_host_is_tried(
    tunnelling: Emulator, other: Other, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "resolve", lambda _: ["127.0.0.2", "127.0.0.1"])
    other.expect(lambda connection: connection.sendall(b"banner"))
    with tunnel_to(tunnelling.url, f"localhost:{other.authority.partition(':')[2]}") as connection:
        assert read_to_the_end(connection) == b"banner"
    other.join()
