"""Callbacks of a shared state: one server sends them, and another takes over when it is gone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from helpers.calls import ask
from helpers.eventually import eventually
from helpers.shared_state import end_lease, log_of, stop_following

from harden.valkey import Valkey, find_valkey
from notify_mock import Emulator
from notify_mock.engine.attempts import Reply

pytestmark = pytest.mark.skipif(find_valkey() is None, reason="neither valkey-server nor redis-server is installed")

SERVICE = "IS" + "0" * 32
Open = Callable[[], Emulator]


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    pytest.importorskip("redis")
    with Valkey("--appendonly", "yes") as started:
        yield started


@pytest.fixture
def open_one(valkey: Valkey) -> Iterator[Open]:
    opened: list[Emulator] = []

    def open_one() -> Emulator:
        opened.append(Emulator(state=valkey.url()))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


@pytest.fixture
def received() -> Iterator[list[str]]:
    """The idempotency tokens of the callbacks that arrive. The first is the URL of the server."""
    tokens: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            tokens.append(self.headers["I-Twilio-Idempotency-Token"])
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tokens.append(f"http://127.0.0.1:{server.server_port}/callback")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield tokens
    server.shutdown()
    server.server_close()


def notify(emulator: Emulator, url: str) -> None:
    """Create a notification for one address, with a callback to ``url``."""
    path = f"/v1/Services/{SERVICE}/Notifications"
    if SERVICE not in emulator.services:
        emulator.services.add(sid=SERVICE)
    to = '{"binding_type":"sms","address":"+15005550006"}'
    answer = ask(emulator, "POST", path, ToBinding=to, Body="x", DeliveryCallbackUrl=url)
    assert answer.status == 201, answer.body


def test_each_callback_is_sent_by_one_server(open_one: Open, received: list[str]) -> None:
    url = received.pop()
    one, other = open_one(), open_one()
    one.callbacks.start()
    other.callbacks.start()
    for _ in range(5):
        notify(one, url)
    eventually(lambda: len(received) == 5)
    eventually(lambda: len(one.journal.calls("callback.post")) == len(other.journal.calls("callback.post")) == 5)
    eventually(lambda: not other.callbacks.waiting)
    assert len(set(received)) == 5
    assert len(log_of(one)._machine.senders) <= 2


def test_a_callback_of_a_server_that_is_gone_is_sent_again_with_the_same_token(
    open_one: Open, valkey: Valkey, received: list[str]
) -> None:
    url = received.pop()
    one, other = open_one(), open_one()
    notify(one, url)
    attempt = one.attempts.next()
    assert attempt is not None
    assert log_of(one)._machine.senders == [log_of(one).server]
    stop_following(one)
    other.callbacks.start()
    end_lease(valkey, one)
    eventually(lambda: received)
    assert received == [attempt.request.headers["I-Twilio-Idempotency-Token"]]
    one.attempts.close(attempt, Reply(204))  # nobody waits for it any more
    eventually(lambda: not log_of(other)._machine.attempts)
    assert len(received) == 1


def test_a_server_that_does_not_send_callbacks_can_drain_them(open_one: Open, received: list[str]) -> None:
    url = received.pop()
    one, other = open_one(), open_one()
    notify(one, url)
    eventually(lambda: other.callbacks.waiting)
    assert [exchange.status for exchange in other.callbacks.drain()] == [204]
    assert one.attempts.next() is None
    assert len(received) == 1


def test_how_a_callback_ended_is_noted_when_the_store_is_back(
    open_one: Open, valkey: Valkey, received: list[str]
) -> None:
    url = received.pop()
    one, other = open_one(), open_one()
    notify(one, url)
    attempt = one.attempts.next()
    assert attempt is not None
    valkey.kill()
    one.attempts.close(attempt, Reply(204))
    valkey.start()
    eventually(lambda: not one.degraded)
    eventually(lambda: not log_of(other)._machine.attempts)
    assert [exchange.status for exchange in other.journal.calls("callback.post")] == [204]
