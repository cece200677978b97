"""What takes time behind a call (an upstream, a recorder's disk) delays no other call, and does not keep the server."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.calls import basic
from helpers.raw_http import dial, read_answer, send

from notify_mock import Emulator
from notify_mock.recording.recorder import Recorder

pytestmark = pytest.mark.usefixtures("each_loop")

SIGNED = f"Host: x\r\nAuthorization: {basic('ACx', 'y')}\r\n"
LIST = f"GET /v1/Credentials HTTP/1.1\r\n{SIGNED}\r\n".encode()
UNKNOWN = b"GET /v1/Unknown HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
HEALTH = b"GET /_mock/health HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"


class Silent:
    """An upstream that answers when it is told to."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.asked, self.may_answer = threading.Semaphore(0), threading.Event()
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                self._threads.append(threading.Thread(target=self._serve, args=(connection,), daemon=True))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.recv(65536)
            self.asked.release()
            self.may_answer.wait(20)
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    def close(self) -> None:
        self.may_answer.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(20)


def server_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "notify-mock-server"}


@pytest.fixture
def silent() -> Iterator[Silent]:
    upstream = Silent()
    yield upstream
    upstream.close()


def test_a_slow_upstream_delays_no_other_call(silent: Silent) -> None:
    with Emulator(upstream=silent.url) as emulator, dial(emulator.url) as one, dial(emulator.url) as two:
        for connection in (one, two):
            connection.sendall(LIST)
            assert silent.asked.acquire(timeout=20)
        assert send(emulator.url, HEALTH).status == "HTTP/1.1 200 OK"
        silent.may_answer.set()
        assert [read_answer(connection).body for connection in (one, two)] == [b"{}", b"{}"]


@pytest.mark.parametrize("leaves", ["closes", "closes its half", "stays"])
def test_a_server_stops_while_its_upstream_hangs(silent: Silent, leaves: str) -> None:
    before = server_threads()
    emulator = Emulator(upstream=silent.url)
    with dial(emulator.url) as connection:
        connection.sendall(LIST)
        assert silent.asked.acquire(timeout=20)
        if leaves == "closes its half":
            connection.shutdown(socket.SHUT_WR)
        elif leaves == "closes":
            connection.close()
        emulator.close()
        assert server_threads() == before
    silent.may_answer.set()
    for thread in threading.enumerate():
        if thread.name == "notify-mock-call":
            thread.join(20)


@pytest.mark.parametrize("request_", [LIST, b"HELLO\r\n\r\n"], ids=["a call", "a refused request"])
def test_a_recorder_that_writes_slowly_delays_no_other_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request_: bytes
) -> None:
    begun, goes_on = threading.Event(), threading.Event()
    end = Recorder.end

    def slow(*arguments: object) -> None:
        if not begun.is_set():
            begun.set()
            goes_on.wait(20)
        end(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(Recorder, "end", slow)
    with Emulator(record=tmp_path / "x.yaml") as emulator, dial(emulator.url) as connection:
        connection.sendall(request_)
        assert begun.wait(20)
        assert send(emulator.url, HEALTH).status == "HTTP/1.1 200 OK"
        goes_on.set()
        assert read_answer(connection).status in ("HTTP/1.1 200 OK", "HTTP/1.1 400 BAD REQUEST")
