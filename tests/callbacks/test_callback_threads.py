"""Callbacks beside a server: slow targets, the time limit of an attempt, and stopping."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
from helpers.calls import ask
from helpers.pem import make_pair

from notify_mock import Emulator
from notify_mock.callbacks.deadline import Deadline
from notify_mock.journal.exchange import Exchange

WAIT = 20


class Target:
    """A server that passes every connection to ``serve`` in a thread, and keeps the first line of each."""

    def __init__(self, serve: Callable[[socket.socket], None], tls: ssl.SSLContext | None = None) -> None:
        self._serve, self._tls = serve, tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.lines: list[str] = []
        self.asked = threading.Semaphore(0)
        threading.Thread(target=self._run, daemon=True).start()

    def __enter__(self) -> Target:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._take, args=(connection,), daemon=True).start()

    def _take(self, connection: socket.socket) -> None:
        with connection, suppress(OSError), self._secure(connection) as connection:
            self.lines.append(connection.recv(65536).decode("latin-1").split("\r\n")[0])
            self.asked.release()
            self._serve(connection)

    def _secure(self, connection: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection


def respond(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def say_nothing(connection: socket.socket) -> None:
    connection.recv(65536)


def dribble(connection: socket.socket) -> None:
    """Respond for ever: there is always something to read, and never a final status."""
    while True:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")


def dribble_a_body(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 60000\r\n\r\nx")
    connection.recv(65536)


class Closed:
    """The attempts that were closed, as they happen."""

    def __init__(self, emulator: Emulator) -> None:
        self.exchanges: list[Exchange] = []
        self._one = threading.Semaphore(0)
        emulator.journal.subscribe(self._add)

    def _add(self, exchange: Exchange) -> None:
        if exchange.name == "callback.post":
            self.exchanges.append(exchange)
            self._one.release()

    def wait(self, number: int = 1) -> None:
        for _ in range(number):
            assert self._one.acquire(timeout=WAIT)


@pytest.fixture
def running() -> Iterator[Emulator]:
    """An emulator that sends callbacks by itself."""
    emulator = Emulator()
    emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    emulator.callbacks.start()
    yield emulator
    emulator.close()


def send(emulator: Emulator, url: str) -> None:
    (service,) = emulator.services
    binding = '{"binding_type": "sms", "address": "+491"}'
    sent = {"ToBinding": binding, "Body": "B", "DeliveryCallbackUrl": url}
    assert ask(emulator, "POST", f"/v1/Services/{service}/Notifications", **sent).status == 201


def test_a_slow_target_does_not_hold_up_another(running: Emulator) -> None:
    closed = Closed(running)
    with Target(say_nothing) as slow, Target(respond) as fast:
        send(running, slow.url)
        assert slow.asked.acquire(timeout=WAIT)
        send(running, slow.url)
        send(running, fast.url)
        closed.wait()
        assert [exchange.status for exchange in closed.exchanges] == [204]
        assert (len(slow.lines), len(fast.lines)) == (1, 1)


def test_callbacks_to_one_target_arrive_in_order(running: Emulator) -> None:
    closed = Closed(running)
    with Target(say_nothing) as slow, Target(respond) as fast:
        send(running, slow.url)
        for number in range(50):
            send(running, f"{fast.url}/{number}")
        closed.wait(50)
        assert fast.lines == [f"POST /{number} HTTP/1.1" for number in range(50)]


def test_the_threads_are_limited(running: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.callbacks.sender._MAX_AT_ONCE", 2)
    with ExitStack() as stack:
        targets = [stack.enter_context(Target(say_nothing)) for _ in range(3)]
        for target in targets:
            send(running, target.url)
        for target in targets[:2]:
            assert target.asked.acquire(timeout=WAIT)
        assert [callback.url for callback in running.callbacks.waiting] == [targets[2].url]


def test_stopping_ends_the_attempts_in_progress(running: Emulator) -> None:
    closed = Closed(running)
    with Target(say_nothing) as slow:
        send(running, slow.url)
        assert slow.asked.acquire(timeout=WAIT)
        running.callbacks.stop()
        closed.wait()
    assert closed.exchanges[0].reason == "no response: the emulator was stopped"
    assert [callback.attempt for callback in running.callbacks.waiting] == [2]


def test_callbacks_can_be_started_again(running: Emulator) -> None:
    closed = Closed(running)
    running.callbacks.stop()
    running.callbacks.start()
    with Target(respond) as target:
        send(running, target.url)
        closed.wait()
    assert closed.exchanges[0].status == 204


def test_an_app_that_raises_an_error_does_not_end_the_sending(
    running: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    raised: list[Any] = []
    monkeypatch.setattr(threading, "excepthook", lambda details: raised.append(details.exc_type))
    closed = Closed(running)

    def app(environ: Any, start_response: Any) -> list[bytes]:
        if environ["PATH_INFO"] == "/bad":
            raise ZeroDivisionError
        start_response("204 No Content", [])
        return []

    running.callbacks.mount(app)
    for path in ("bad", "good"):
        send(running, f"http://chat.example/{path}")
    closed.wait(2)
    assert [exchange.status for exchange in closed.exchanges] == [None, 204]
    assert raised == [ZeroDivisionError]


# --- the time limit of an attempt -------------------------------------------------------------------------------------


@pytest.mark.parametrize("serve", [say_nothing, dribble, dribble_a_body])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_an_attempt_ends_however_slowly_the_response_arrives(
    serve: Callable[[socket.socket], None], scheme: str
) -> None:
    emulator = Emulator(frozen="2030-01-01")
    emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    emulator.callbacks.timeout = 0.1
    with Target(serve) as target:
        send(emulator, target.url.replace("http", scheme))
        attempts = emulator.callbacks.drain()
    assert len(attempts) == 3
    if scheme == "http" or serve is say_nothing:
        assert all("no response: timed out" in attempt.reason for attempt in attempts)


def test_the_time_limit_works_while_freezegun_stops_the_clocks() -> None:
    from freezegun import freeze_time

    emulator = Emulator(frozen="2030-01-01")
    emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    emulator.callbacks.timeout = 0.1
    with Target(dribble) as target, freeze_time("2030-01-01"):
        send(emulator, target.url)
        assert "timed out" in emulator.callbacks.drain()[0].reason


def test_a_connection_that_is_made_after_the_deadline_is_broken() -> None:
    near, far = socket.socketpair()
    with near, far, Deadline(WAIT) as deadline:
        deadline.end("too late")
        deadline.watch(near)
        assert far.recv(1) == b""
        deadline.end("another reason")
        assert deadline.reason == "too late"


@pytest.mark.parametrize(("host", "status"), [("localhost", 204), ("127.0.0.1", None)])
def test_a_callback_over_tls_checks_the_certificate(
    host: str, status: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pair, file = make_pair(host="localhost"), tmp_path / "server.pem"
    file.write_text(pair.certificate + pair.private_key)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(file)
    emulator = Emulator(frozen="2030-01-01")
    emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    with Target(respond, tls) as target:
        send(emulator, target.url.replace("http://127.0.0.1", f"https://{host}"))
        attempt = emulator.callbacks.drain()[0]
    assert attempt.status == status, attempt.reason
    assert status or "CERTIFICATE_VERIFY_FAILED" in attempt.reason


@pytest.mark.parametrize(
    "response",
    [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"],
    ids=["nothing", "nonsense", "status", "headers"],
)
def test_a_response_that_is_not_http_counts_as_none(response: bytes) -> None:
    emulator = Emulator(frozen="2030-01-01")
    emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    with Target(lambda connection: connection.sendall(response)) as target:
        send(emulator, target.url)
        attempts = emulator.callbacks.drain()
    assert [attempt.status for attempt in attempts] == [None] * 3
    assert all(attempt.reason.startswith("no response: ") for attempt in attempts)
