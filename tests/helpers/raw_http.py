"""HTTP as bytes on a socket."""

from __future__ import annotations

import socket
from typing import NamedTuple


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


def send(url: str, data: bytes) -> Raw:
    """Write ``data`` on a new connection and read until the server closes it."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    with socket.create_connection((host.strip("[]"), int(port)), timeout=20) as connection:
        connection.sendall(data)
        chunks = []
        while chunk := connection.recv(65536):
            chunks.append(chunk)
    return split(b"".join(chunks))
