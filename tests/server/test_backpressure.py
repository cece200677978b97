"""Slow and greedy clients: what is kept for them is limited, and they get everything once they read."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable

import pytest
from helpers.calls import basic
from helpers.raw_http import dial, read_answers, send

from notify_mock import Emulator
from notify_mock.http1.requests import RequestReader
from notify_mock.server.channel import Channel
from notify_mock.twilio_api.messages import BODY_LIMIT

pytestmark = pytest.mark.usefixtures("each_loop")

SIGNED = f"Host: x\r\nAuthorization: {basic('ACx', 'y')}\r\n"
LIST = f"GET /v1/Credentials HTTP/1.1\r\n{SIGNED}\r\n".encode()
LAST_LIST = LIST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
CREATE = f"POST /v1/Credentials HTTP/1.1\r\n{SIGNED}Content-Type: application/x-www-form-urlencoded\r\n"
MIB = 1024 * 1024


class Peaks:
    """The most that was kept for any one client, in bytes."""

    def __init__(self) -> None:
        self.to_read = self.to_write = 0


@pytest.fixture
def peaks(monkeypatch: pytest.MonkeyPatch) -> Peaks:
    found = Peaks()
    feed, write = RequestReader.feed, Channel.write

    def feeding(reader: RequestReader, data: bytes) -> None:
        feed(reader, data)
        found.to_read = max(found.to_read, reader.waiting)

    def writing(channel: Channel, data: bytes) -> None:
        write(channel, data)
        found.to_write = max(found.to_write, channel.transport.get_write_buffer_size())

    monkeypatch.setattr(RequestReader, "feed", feeding)
    monkeypatch.setattr(Channel, "write", writing)
    return found


def in_background(act: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=act, daemon=True)
    thread.start()
    return thread


def send_until_stuck(connection: socket.socket, data: bytes) -> int:
    """Send until the server has read nothing for a while. Returns the number of bytes sent."""
    connection.settimeout(0.5)
    sent = 0
    try:
        while sent < len(data):
            sent += connection.send(data[sent : sent + 65536])
    except TimeoutError:
        pass
    connection.settimeout(None)
    return sent


def test_a_client_that_does_not_read_is_not_read_from_and_gets_everything_in_order_later(peaks: Peaks) -> None:
    paths = [f"/v1/Credentials/CR{number}" for number in range(8000)]
    padded = f"{SIGNED}X-Padding: {'a' * 2000}\r\n\r\n"
    data = b"".join(f"GET {path} HTTP/1.1\r\n{padded}".encode() for path in paths) + LAST_LIST
    with Emulator(journal_limit=1) as emulator, dial(emulator.url) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        sent = send_until_stuck(connection, data)
        assert sent < len(data)
        assert b'"credentials"' in send(emulator.url, LAST_LIST).body
        assert peaks.to_read < MIB
        assert peaks.to_write < MIB
        rest = in_background(lambda: connection.sendall(data[sent:]))
        *answers, last = read_answers(connection)
        rest.join(20)
    assert [json.loads(answer.body)["message"].split()[3] for answer in answers] == [path[3:] for path in paths]
    assert last.status == "HTTP/1.1 200 OK"


def test_a_slow_reader_of_large_pages_gets_all_of_them(peaks: Peaks) -> None:
    with Emulator() as emulator, dial(emulator.url) as connection:
        signed = f"Host: x\r\nAuthorization: {basic(*emulator.auth)}\r\n\r\n"
        page = f"GET /v1/Credentials?PageSize=1000 HTTP/1.1\r\n{signed}"
        for number in range(1000):
            emulator.credentials.add(type="fcm", friendly_name=f"{number:04}" * 16)
        connection.sendall(page.encode() * 40 + LAST_LIST)
        assert b'"credentials"' in send(emulator.url, LAST_LIST).body
        *answers, _ = read_answers(connection)
    assert [len(json.loads(answer.body)["credentials"]) for answer in answers] == [1000] * 40
    assert peaks.to_write < MIB


def test_a_client_that_has_closed_its_half_gets_everything(served: Emulator) -> None:
    with dial(served.url) as connection:
        connection.sendall(LIST * 2000)
        connection.shutdown(socket.SHUT_WR)
        assert len(list(read_answers(connection))) == 2000


@pytest.mark.parametrize("is_chunked", [False, True])
def test_a_large_body_in_small_pieces_is_read_in_linear_time(
    served: Emulator, monkeypatch: pytest.MonkeyPatch, is_chunked: bool
) -> None:
    """The bytes that are copied are counted, since the time depends on the machine."""
    form = b"Type=fcm&Secret=" + b"a" * (BODY_LIMIT - 16)
    reader = RequestReader()
    kind = "Transfer-Encoding: chunked" if is_chunked else f"Content-Length: {len(form)}"
    reader.feed(f"{CREATE}{kind}\r\n\r\n".encode())
    head = reader.head()
    assert head is not None
    size = 4096
    chunks = [form[at : at + size] for at in range(0, len(form), size)]
    body = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n" if is_chunked else form
    for at in range(len(body) - 1):
        reader.feed(body[at : at + 1])
        assert reader.body(head.fields) is None
        assert not is_chunked or reader.waiting < 8  # a line with the size of a chunk
    reader.feed(body[-1:])
    assert reader.body(head.fields) == form


def test_many_small_segments_are_one_body(served: Emulator) -> None:
    form = b"Type=fcm&Secret=" + b"a" * 500
    with dial(served.url) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        data = f"{CREATE}Content-Length: {len(form)}\r\nConnection: close\r\n\r\n".encode() + form
        for at in range(len(data)):
            connection.sendall(data[at : at + 1])
        assert [answer.status for answer in read_answers(connection)] == ["HTTP/1.1 201 CREATED"]


def test_a_connection_that_is_closed_is_not_counted_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above the limit, every new connection closes another one, however many arrive at once."""
    monkeypatch.setattr("notify_mock.server.connections.half_of_the_limit", lambda: 64)
    with Emulator() as emulator:
        silent = [dial(emulator.url) for _ in range(600)]
        assert b'"credentials"' in send(emulator.url, LAST_LIST).body
        assert len(emulator._server.server._context.connections) <= 64
        for connection in silent:
            connection.close()
