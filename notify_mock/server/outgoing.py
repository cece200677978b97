"""The writing half of a connection: responses, and what faults do to them and to the connection."""

from __future__ import annotations

import logging
import socket
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.serving import WSGIRequestHandler

from notify_mock.engine.pipeline import Wait
from notify_mock.support.waits import HeldCall, HeldCalls, Released
from notify_mock.twilio_api.headers import Headers
from notify_mock.twilio_api.messages import Answer, Call, Wire

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOG = logging.getLogger("notify_mock.server")

_WITHOUT_BODY = ("204", "304")
_MAX_DRAINED = 64 * 1024 * 1024


class Served(Protocol):
    """What can be mounted on a server: an emulator. A server adds its port to ``own_ports`` while it serves it."""

    own_ports: set[int]

    @property
    def app(self) -> WSGIApplication: ...

    @property
    def held_calls(self) -> HeldCalls: ...

    def handle(self, call: Call, wait: Wait | None = None) -> Answer: ...


class Outgoing(WSGIRequestHandler):
    """``server`` must be a listener with ``mounted`` and ``connections``."""

    server: Any
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024

    def finish(self) -> None:
        """Also close the socket when flushing fails, which the standard library does not."""
        with suppress(OSError):
            super().finish()
        self.rfile.close()

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ARG002 - werkzeug's signature
        LOG.debug(message, *args)

    def carry_out(self, wire: Wire, status: str, headers: Headers, body: bytes) -> None:
        """Write the response and apply ``wire`` to it and to the connection."""
        promised = dict(headers).get("Content-Length")
        if wire.ending or wire.sent is not None or (body and promised not in (None, str(len(body)))):
            self.close_connection = True
        if wire.ending == "reset":
            self.server.connections.reset(self.request)
        if wire.ending:
            return
        if wire.pieces <= 1:
            self.write(status, headers, body[: wire.sent])
        else:
            self._dribble(wire, status, headers, body[: wire.sent])

    def write(self, status: str, headers: Headers, body: bytes) -> None:
        """Write a response, with the headers of the connection added."""
        connection = f"Connection: {'close' if self.close_connection else 'keep-alive'}"
        if self.command == "HEAD":
            body = b""
        lines = [f"HTTP/1.1 {status}"]
        for name, value in headers:
            lines.append(f"{name}: {value}")
            if name.lower() == "content-length":
                lines.append(connection)
        if connection not in lines:
            lines += [connection] if status[:3] in _WITHOUT_BODY else [f"Content-Length: {len(body)}", connection]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        self.wfile.flush()

    def go_on(self) -> None:
        """Send ``100 Continue`` if the client expects it."""
        if self.headers.get("expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()

    def drain(self) -> None:
        """Read what the client is still sending, so that it receives the response and not a reset."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1.0)
            left = _MAX_DRAINED
            while left > 0:
                data = self.connection.recv(65536)
                if not data:
                    break
                left -= len(data)

    def wait(self, seconds: float, held: HeldCall) -> None:
        """Hold the call while its client is connected. Raises ``Released``."""
        held.wait(seconds, self.is_gone)

    def is_gone(self) -> bool:
        """Whether the client has closed its end."""
        raise NotImplementedError

    def _dribble(self, wire: Wire, status: str, headers: Headers, body: bytes) -> None:
        mounted: Served | None = self.server.mounted
        held = mounted.held_calls.take() if mounted is not None else HeldCalls().take()
        size = max(1, -(-len(body) // wire.pieces))
        self.write(status, headers, body[:size])
        for start in range(size, len(body), size):
            try:
                self.wait(wire.over / wire.pieces, held)
            except Released:
                self.close_connection = True
                return
            self.wfile.write(body[start : start + size])
            self.wfile.flush()
