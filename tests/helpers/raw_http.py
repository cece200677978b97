"""HTTP as bytes on a socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import IO, NamedTuple

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


class Raw(NamedTuple):
    """A response as received."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes

    @property
    def names(self) -> list[str]:
        return [name for name, _ in self.headers]

    def header(self, name: str) -> str:
        return dict(self.headers)[name]


def split(answer: bytes) -> Raw:
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    return Raw(status, [tuple(line.split(": ", 1)) for line in lines], body)  # type: ignore[misc]


def dial(url: str) -> socket.socket:
    host, _, port = url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=20)


def tunnel_to(url: str, authority: str) -> socket.socket:
    connection = dial(url)
    connection.sendall(f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n\r\n".encode())
    assert connection.recv(len(ESTABLISHED), socket.MSG_WAITALL) == ESTABLISHED
    return connection


def read_answer(connection: socket.socket) -> Raw:
    """Read one response with a Content-Length, and nothing after it."""
    with connection.makefile("rb", buffering=0) as file:
        return _read(file)


def read_answers(connection: socket.socket) -> Iterator[Raw]:
    """Yield the responses with a Content-Length, until the server closes the connection."""
    with connection.makefile("rb") as file:
        while file.peek(1):
            yield _read(file)


def _read(file: IO[bytes]) -> Raw:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = file.readline()
        assert line, f"the connection was closed after {head!r}"
        head += line
    raw, body = split(head), b""
    left = int(raw.header("Content-Length"))
    while len(body) < left:
        piece = file.read(left - len(body))
        assert piece, f"the connection was closed after {head + body!r}"
        body += piece
    return raw._replace(body=body)


def send(url: str, data: bytes) -> Raw:
    """Write ``data`` on a new connection and read until the server closes it."""
    with dial(url) as connection:
        connection.sendall(data)
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
    return split(b"".join(chunks))
