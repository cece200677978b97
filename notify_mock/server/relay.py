"""Bytes between a client and another host: a tunnel, or one forwarded request."""

from __future__ import annotations

import asyncio
import math
import socket
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from notify_mock.http1.requests import Head
from notify_mock.server.channel import Channel
from notify_mock.server.loop import in_thread
from notify_mock.server.purposes import authority_of
from notify_mock.twilio_api.errors import MalformedRequest
from notify_mock.twilio_api.hosts import Destination

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
"""The response to a CONNECT. Must be exactly this, without headers: the SDK for PHP looks for this line."""

_CONNECT_SECONDS = 30
_IDLE_SECONDS = 300
_HOP_BY_HOP = frozenset(
    {"host", "connection", "keep-alive", "proxy-connection", "proxy-authorization", "expect", "content-length"}
)


class Relay:
    """Passes on what a client sends, and what comes back. A half of the connection that ends, ends on the other side.

    ``greeting`` is sent to the client, and ``opening`` to the other host, once they are connected. Of what the client
    sends after that, at most ``limit`` bytes are passed on.
    """

    def __init__(self, channel: Channel, *, greeting: bytes, opening: bytes, limit: float = math.inf) -> None:
        self._channel, self._greeting, self._waiting, self._left = channel, greeting, opening, limit
        self._other: asyncio.Transport | None = None
        channel.idle_seconds = _IDLE_SECONDS
        channel.transport.pause_reading()
        channel.receiver = self

    def connected(self, other: asyncio.Transport) -> None:
        """Begin: the other host is connected."""
        self._other = other
        if not self._channel.is_open:
            other.abort()
            return
        self._channel.write(self._greeting)
        other.write(self._waiting)
        self._channel.transport.resume_reading()

    def received(self, data: bytes) -> None:
        if self._other is not None and self._left > 0:
            self._other.write(data if len(data) <= self._left else data[: int(self._left)])
            self._left -= len(data)

    def ended(self) -> None:
        if self._other is not None and self._other.can_write_eof():
            self._other.write_eof()

    def lost(self) -> None:
        if self._other is not None:
            self._other.abort()

    def writable(self, is_writable: bool) -> None:
        if self._other is not None:
            self._other.resume_reading() if is_writable else self._other.pause_reading()


class _OtherEnd(asyncio.Protocol):
    """The connection to the other host."""

    def __init__(self, relay: Relay, channel: Channel) -> None:
        self._relay, self._channel = relay, channel

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._relay.connected(transport)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        self._channel.is_heard = True
        self._channel.write(data)

    def eof_received(self) -> bool:
        self._channel.end_writing()
        return True

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._channel.close()

    def pause_writing(self) -> None:
        self._channel.transport.pause_reading()

    def resume_writing(self) -> None:
        self._channel.transport.resume_reading()


def relay_to(
    loop: asyncio.AbstractEventLoop,
    destination: Destination,
    channel: Channel,
    relay: Relay,
    fail: Callable[[str], None],
) -> None:
    """Connect to ``destination`` and start the relay. Calls ``fail`` with the reason if it can't be reached."""

    def reached(found: Future[Any]) -> None:
        try:
            connection = found.result()
        except OSError as error:
            fail(f"cannot connect to {destination}: {error.strerror or error}")
            return
        channel.task = loop.create_task(loop.create_connection(lambda: _OtherEnd(relay, channel), sock=connection))

    in_thread(loop, lambda: reach(destination), reached)


def reach(destination: Destination) -> socket.socket:
    """Connect to ``destination``. Raises ``OSError``."""
    connection = socket.create_connection(destination, timeout=_CONNECT_SECONDS)
    connection.setblocking(False)
    return connection


def forwarded_length(head: Head) -> int:
    """Return the length of the body of a request that is sent on. Raises ``MalformedRequest``."""
    if head.fields.is_chunked:
        raise MalformedRequest("a request to another host needs a single Content-Length", what="invalid length")
    return head.fields.length or 0


def forwarded_head(head: Head, destination: Destination) -> bytes:
    """Return the head as an origin server expects it, without the headers that concern only this connection."""
    _, _, rest = head.target.partition("://")
    start = min((at for at in (rest.find("/"), rest.find("?")) if at >= 0), default=len(rest))
    path = rest[start:] if rest[start:].startswith("/") else "/" + rest[start:]
    dropped = _HOP_BY_HOP | {name.strip() for name in head.fields.connection.split(",")}
    lines = [f"{head.method} {path} HTTP/1.1", f"Host: {authority_of('http', destination)}", "Connection: close"]
    if head.fields.length is not None:
        lines.append(f"Content-Length: {head.fields.length}")
    lines += [f"{name}: {value}" for name, value in head.fields.pairs() if name.lower() not in dropped]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")
