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
        self._halves = {"client", "other"}
        self.task: asyncio.Task[object] | None = None
        channel.idle_seconds = _IDLE_SECONDS
        channel.transport.pause_reading()
        channel.receiver = self

    def connected(self, other: asyncio.Transport) -> None:
        """Begin: the other host is connected."""
        self._other = other
        if not self._channel.is_open:
            other.abort()
            return
        self._channel.transport.resume_reading()  # before writing, which may pause it
        self._channel.write(self._greeting)
        other.write(self._waiting)

    def received(self, data: bytes) -> None:
        if self._other is not None and self._left > 0:
            self._other.write(data if len(data) <= self._left else data[: int(self._left)])
            self._left -= len(data)

    def ended(self) -> None:
        if self._other is not None and self._other.can_write_eof():
            self._other.write_eof()
        self._end("client")

    def other_ended(self) -> None:
        """The other host sends nothing more."""
        self._channel.end_writing()
        self._end("other")

    def lost(self) -> None:
        if self._other is not None:
            self._other.abort()
        elif self.task is not None:
            self.task.cancel()

    def writable(self, is_writable: bool) -> None:
        if self._other is not None:
            self._other.resume_reading() if is_writable else self._other.pause_reading()

    def _end(self, half: str) -> None:
        """Close when both halves have ended: the other connection first, this one when that has sent everything."""
        self._halves.discard(half)
        if not self._halves and self._other is not None:
            self._other.close()


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
        self._relay.other_ended()
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

    async def connect(resolved: Future[Any]) -> None:
        try:
            await _connect_to_first(loop, lambda: _OtherEnd(relay, channel), resolved.result(), destination.port)
        except (OSError, UnicodeError, asyncio.TimeoutError) as error:
            reason = getattr(error, "strerror", None) or str(error) or "timed out"
            fail(f"cannot connect to {destination}: {reason}")

    def resolved(found: Future[Any]) -> None:
        if channel.is_open:
            relay.task = loop.create_task(connect(found))

    in_thread(loop, lambda: resolve(destination), resolved)


def resolve(destination: Destination) -> list[str]:
    """Return the IP addresses of a host. Raises ``OSError`` and ``UnicodeError``."""
    found = socket.getaddrinfo(*destination, type=socket.SOCK_STREAM)
    return [str(address[0]) for *_, address in found]


async def _connect_to_first(
    loop: asyncio.AbstractEventLoop, make: Callable[[], asyncio.Protocol], addresses: list[str], port: int
) -> None:
    """Connect to the first address that can be reached. Raises ``OSError`` and ``TimeoutError``."""
    for address in addresses:
        try:
            await asyncio.wait_for(loop.create_connection(make, address, port), _CONNECT_SECONDS)
            return
        except (OSError, asyncio.TimeoutError):
            if address == addresses[-1]:
                raise


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
