"""A connection used as a forward proxy: CONNECT tunnels and absolute request targets."""

from __future__ import annotations

import socket
from contextlib import suppress

from notify_mock.server.body import read_length
from notify_mock.server.outgoing import LOG
from notify_mock.server.proxy import ESTABLISHED, Policy, Refusal, reach, tunnel
from notify_mock.server.secured import Secured
from notify_mock.twilio_api.errors import MalformedRequest
from notify_mock.twilio_api.hosts import Destination, read_destination

_PORTS = {"http": 80, "https": 443}
_CHUNK = 65536
_OUR_HEADERS = (
    "host",
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "expect",
    "content-length",
)


class Proxied(Secured):
    """``server`` must also have a ``policy``."""

    def setup(self) -> None:
        self.authority = ""
        super().setup()

    def connect(self) -> None:
        """Answer a CONNECT: impersonate its destination, tunnel to it, or refuse it. Raises ``MalformedRequest``."""
        destination = read_destination(self.path)
        if destination is None or self.authority:
            raise MalformedRequest(
                "CONNECT needs a host and a port, and cannot be used inside a tunnel", what="invalid CONNECT"
            )
        ahead = self.ahead()
        is_emulated = self._judge(destination)
        if is_emulated:
            self._stand_in(destination, is_plain=ahead > 0)
        elif is_emulated is not None:
            self.close_connection = True
            self._carry(destination, self.rfile.read(ahead))

    def absolute(self) -> tuple[str, str] | None:
        """Return scheme and authority of an absolute target for the emulator; (``""``, ``""``) for any other target.

        None when the request was for another host and has been answered here. Raises ``MalformedRequest``.
        """
        scheme, separator, rest = self.path.partition("://")
        scheme = scheme.lower()
        if self.path.startswith("/") or self.authority or not separator or scheme not in _PORTS:
            return "", ""
        authority = _authority_in(rest)
        destination = read_destination(authority, _PORTS[scheme])
        if destination is None:
            raise MalformedRequest("the request target is not a URL", what="invalid request target")
        if self._is_own(destination):
            return self.scheme, authority
        return self._elsewhere(scheme, destination)

    def refuse(self, refusal: Refusal) -> None:
        """Answer 403. The status line names the host, since most clients show only that."""
        LOG.warning("refused: %s", refusal)
        self.reply(f"403 {refusal}", f"notify-mock: {refusal}")

    def reply(self, status: str, text: str) -> None:
        """Send a response of the proxy itself, and close the connection."""
        self.close_connection = True
        self.write(status, [("Content-Type", "text/plain; charset=utf-8")], f"{text}\n".encode())
        self.drain()

    def _elsewhere(self, scheme: str, destination: Destination) -> tuple[str, str] | None:
        is_emulated = self._judge(destination)
        if is_emulated:
            return scheme, _authority(scheme, destination)
        if is_emulated is not None:
            self._forward(destination)
        return None

    def _judge(self, destination: Destination) -> bool | None:
        """Whether the emulator impersonates ``destination``; None when it has been refused."""
        policy: Policy = self.server.policy
        try:
            return policy.is_emulated(destination)
        except Refusal as refusal:
            self.refuse(refusal)
            return None

    def _stand_in(self, destination: Destination, *, is_plain: bool) -> None:
        """Answer for ``destination`` on this connection from now on. TLS can only start after our response."""
        self.wfile.write(ESTABLISHED)
        self.wfile.flush()
        self.authority = _authority("https", destination)
        self.close_connection = not (is_plain or self.begin(destination.host))
        if not self.close_connection and not self.is_tls:
            self.authority = _authority("http", destination)

    def _carry(self, destination: Destination, ahead: bytes) -> None:
        """Tunnel to another host. ``ahead`` is what the client has already sent."""
        other = self._reach(destination)
        if other is None:
            return
        with other, self.server.connections.busy(self.request), suppress(OSError):
            self.wfile.write(ESTABLISHED)
            self.wfile.flush()
            other.sendall(ahead)
            tunnel(self.connection, other)

    def _forward(self, destination: Destination) -> None:
        """Forward one request to another host, then close the connection: the next request may be for Twilio.

        Raises ``MalformedRequest``.
        """
        left = self._length()
        head = self._head_for(destination, left)
        self.close_connection = True
        other = self._reach(destination)
        if other is None:
            return
        with other, self.server.connections.busy(self.request), suppress(OSError):
            other.sendall(head)
            self.go_on()
            while left > 0 and (piece := self.rfile.read(min(left, _CHUNK))):
                other.sendall(piece)
                left -= len(piece)
            while data := other.recv(_CHUNK):
                self.wfile.write(data)
                self.wfile.flush()

    def _reach(self, destination: Destination) -> socket.socket | None:
        """Return a connection to ``destination``, or None after answering 502."""
        try:
            return reach(destination)
        except OSError as error:
            self.reply("502 BAD GATEWAY", f"notify-mock: cannot connect to {destination}: {error.strerror or error}")
            return None

    def _length(self) -> int:
        if "transfer-encoding" in self.headers:
            raise MalformedRequest("a request to another host needs a Content-Length", what="invalid length")
        return read_length(self.headers)

    def _head_for(self, destination: Destination, length: int) -> bytes:
        """Return the request's head as an origin server expects it, without headers for this hop (RFC 9110, 7.6.1)."""
        rest = self.path.partition("://")[2]
        path = rest[len(_authority_in(rest)) :]
        named = {name.strip().lower() for value in self.headers.get_all("connection", []) for name in value.split(",")}
        lines = [f"{self.command} {path if path.startswith('/') else f'/{path}'} HTTP/1.1"]
        lines += [f"Host: {_authority('http', destination)}", "Connection: close"]
        lines += [f"Content-Length: {length}"] if "content-length" in self.headers else []
        lines += [
            f"{name}: {value}" for name, value in self.headers.items() if name.lower() not in {*_OUR_HEADERS, *named}
        ]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _is_own(self, destination: Destination) -> bool:
        """Whether ``destination`` is this server."""
        names = ("localhost", "127.0.0.1", "::1", self.server.host)
        everywhere = self.server.host in ("0.0.0.0", "::")  # noqa: S104 - the user chose it
        return destination.port == self.server.port and (everywhere or destination.host in names)


def _authority_in(rest: str) -> str:
    """Return the authority of a URL without its scheme."""
    return rest.partition("/")[0].partition("?")[0]


def _authority(scheme: str, destination: Destination) -> str:
    """Return the destination as in a Host header."""
    return destination.host if destination.port == _PORTS[scheme] else str(destination)
