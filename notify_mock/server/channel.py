"""One TCP connection, with TLS where its client uses it: plain bytes in both directions."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from contextlib import suppress
from typing import TYPE_CHECKING, Protocol

from notify_mock.http1.requests import LOG, TLS_HANDSHAKE
from notify_mock.support.usage import UsageError

if TYPE_CHECKING:
    from notify_mock.http1.tls_layer import TlsLayer
    from notify_mock.server.connections import Connections
    from notify_mock.server.tls import Tls

_MAX_DRAINED = 64 * 1024 * 1024
_DRAIN_SECONDS = 1
_IDLE_SECONDS = 60
_HANDSHAKE_SECONDS = 10


class Receiver(Protocol):
    """What uses a channel."""

    def received(self, data: bytes) -> None:
        """Take plain bytes."""

    def ended(self) -> None:
        """The client sends nothing more. It may still read."""

    def lost(self) -> None:
        """The connection is closed."""

    def writable(self, is_writable: bool) -> None:
        """The client reads too slowly, or has caught up."""


class Channel(asyncio.Protocol):
    """The connection of one client. ``receiver`` gets what it sends.

    ``is_busy``: the client waits for the server. Otherwise, the connection is closed when nothing ``is_heard`` from the
    client for ``idle_seconds``; ``quiet_seconds`` counts them.
    """

    receiver: Receiver
    transport: asyncio.Transport

    def __init__(self, connections: Connections, tls: Tls) -> None:
        self._connections, self._contexts = connections, tls
        self._tls: TlsLayer | None = None
        self._tls_host: str | None = None
        self._left_to_drain = 0
        self.idle_seconds, self.quiet_seconds = _IDLE_SECONDS, 0
        self.is_open, self.is_busy, self.is_heard = True, False, False

    @property
    def scheme(self) -> str:
        return "http" if self._tls is None else "https"

    @property
    def peer(self) -> str:
        """The client's address."""
        name = self.transport.get_extra_info("peername")
        return str(name[0]) if name else ""

    def may_start_tls(self, host: str = "") -> None:
        """Accept TLS from here on, if the next byte begins a handshake. ``host`` is used if the client names none."""
        self._tls_host = host

    def write(self, data: bytes) -> None:
        if self.is_open:
            self.transport.write(data if self._tls is None else self._tls.encrypt(data))
            self.is_open = not self.transport.is_closing()

    def end_writing(self) -> None:
        """Tell the client that nothing more is sent. It may still send."""
        if self.is_open and self._tls is None and self.transport.can_write_eof():
            self._end_output()
        else:
            self.close()

    def close(self) -> None:
        """Close the connection when everything has been sent."""
        if self.is_open:
            self._say_goodbye()
            self.is_open = self.is_busy = False
            self._end_output()  # a forked child may have the socket too, and would keep it open
            self.transport.close()

    def abort(self) -> None:
        """Close the connection now."""
        self.is_open = False
        self.transport.abort()

    def reset(self) -> None:
        """Close the connection with a TCP RST."""
        with suppress(OSError):
            found = self.transport.get_extra_info("socket")
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.abort()

    def close_after_reading(self) -> None:
        """Close the connection, but read what the client is still sending, so that it gets the response, not a RST."""
        if not self.is_open:
            return
        self._say_goodbye()
        self.is_open = False
        self._left_to_drain = _MAX_DRAINED
        self.transport.resume_reading()
        self._end_output()
        self.idle_seconds = _DRAIN_SECONDS

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self._connections.add(self)

    def data_received(self, data: bytes) -> None:
        if not self.is_open:
            self._drain(len(data))
            return
        self.is_heard = True
        if self._tls_host is not None:
            self._start_tls(self._tls_host, data)
        if not self.is_open:
            return
        if self._tls is None:
            self.receiver.received(data)
        else:
            self._decrypt(self._tls, data)

    def eof_received(self) -> bool:
        if not self.is_open:
            return False
        self.receiver.ended()
        return self.is_open

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self.is_open = False
        self._connections.remove(self)
        self.receiver.lost()

    def pause_writing(self) -> None:
        self.receiver.writable(False)

    def resume_writing(self) -> None:
        self.is_heard = True  # a client that reads slowly is not idle
        self.receiver.writable(True)

    def _start_tls(self, host: str, data: bytes) -> None:
        self._tls_host = None
        if data[0] != TLS_HANDSHAKE:
            return
        from notify_mock.http1.tls_layer import TlsLayer

        try:
            self._tls = TlsLayer(self._contexts.prepare(host))
        except UsageError as error:
            LOG.warning("cannot use TLS: %s", error)
            self.abort()
        else:
            self.idle_seconds = _HANDSHAKE_SECONDS

    def _decrypt(self, tls: TlsLayer, data: bytes) -> None:
        try:
            plain = tls.decrypt(data)
        except ssl.SSLError as error:
            LOG.info("TLS handshake failed: %s", " ".join(str(error).split()))
            self.transport.write(tls.outgoing())
            self.abort()
            return
        if tls.is_established and self.idle_seconds == _HANDSHAKE_SECONDS:
            self.idle_seconds = _IDLE_SECONDS
        if outgoing := tls.outgoing():
            self.transport.write(outgoing)
        if plain:
            self.receiver.received(plain)
        if tls.is_ended and self.is_open:
            self.receiver.ended()

    def _end_output(self) -> None:
        if self.transport.can_write_eof():
            with suppress(OSError):  # the client has just reset the connection
                self.transport.write_eof()

    def _say_goodbye(self) -> None:
        if self._tls is not None and self._tls.is_established:
            self.transport.write(self._tls.end())

    def _drain(self, length: int) -> None:
        self.is_heard = True
        self._left_to_drain -= length
        if self._left_to_drain <= 0:
            self.transport.abort()
