"""Reading ``GET /_mock/events`` from a socket."""

from __future__ import annotations

import json
import socket
from typing import Any, NamedTuple

from helpers.raw_http import dial
from notify_mock.events.hub import Reader


class Received(NamedTuple):
    """One event."""

    id: str
    kind: str
    data: Any

    @property
    def number(self) -> int:
        return int(self.id.rpartition("-")[2])


class EventStream:
    """A connection that reads events. ``head`` is that of the response."""

    def __init__(self, url: str, query: str = "", *, version: str = "1.1", **headers: str) -> None:
        self.connection: socket.socket = dial(url)
        fields = {
            "Host": url.removeprefix("http://"),
            **{name.replace("_", "-"): text for name, text in headers.items()},
        }
        lines = [f"GET /_mock/events{query} HTTP/{version}", *(f"{name}: {text}" for name, text in fields.items())]
        self.connection.sendall("\r\n".join([*lines, "", ""]).encode())
        self._file = self.connection.makefile("rb")
        self.head = b"".join(iter(self._file.readline, b"\r\n")).decode()
        self.last_id = ""

    def __enter__(self) -> EventStream:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
        self.connection.close()

    def block(self) -> dict[str, str]:
        """Return the lines up to the next empty one; {} at the end of the response."""
        lines = []
        while (line := self._file.readline()) not in (b"\n", b""):
            lines.append(line.decode().rstrip("\n"))
        found = dict(line.split(": ", 1) for line in lines)
        self.last_id = found.get("id", self.last_id)
        return found

    def next(self) -> Received:
        """Return the next event."""
        while (found := self.block()) and "event" not in found:
            pass
        assert found, "the stream has ended"
        return Received(found["id"], found["event"], json.loads(found["data"]))

    def take(self, count: int) -> list[Received]:
        return [self.next() for _ in range(count)]

    def rest(self) -> bytes:
        """Read to the end of the response."""
        return self._file.read()


def parse(text: bytes) -> list[Received]:
    """Return the events in a text of server-sent events."""
    found = []
    for block in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if "event" in fields:
            found.append(Received(fields["id"], fields["event"], json.loads(fields["data"])))
    return found


def taken(reader: Reader) -> list[Received]:
    return parse(reader.take())
