"""A connection that a client uses as its way through a proxy: tunnels and absolute targets."""

from __future__ import annotations

import socket
from contextlib import suppress

from notify_mock.protocol.errors import MalformedRequest
from notify_mock.protocol.hosts import Destination, read_destination
from notify_mock.server.outgoing import LOG
from notify_mock.server.proxy import ESTABLISHED, Policy, Refusal, reach, tunnel
from notify_mock.server.secured import Secured

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
    """``server`` also has a ``policy``."""

    def setup(self) -> None:
        self.authority = ""
        super().setup()

    def connect(self) -> None:
        """Answer a CONNECT: stand in for its destination, tunnel to it, or refuse it. Raises ``MalformedRequest``."""
        destination = read_destination(self.path)
        if destination is None or self.authority:
            raise MalformedRequest("CONNECT wants a host and a port, outside of any tunnel", what="invalid CONNECT")
        ahead = self.ahead()
        is_emulated = self._judge(destination)
        if is_emulated:
            self._stand_in(destination, is_plain=ahead > 0)
        elif is_emulated is not None:
            self.close_connection = True
            self._carry(destination, self.rfile.read(ahead))

    def absolute(self) -> tuple[str, str] | None:
        """Scheme and authority of an absolute target that is to be played; (``""``, ``""``) for any other target.

        None when it has been answered: it leads elsewhere. Raises ``MalformedRequest``.
        """
        scheme, separator, rest = self.path.partition("://")
        scheme = scheme.lower()
        if self.path.startswith("/") or self.authority or not separator or scheme not in _PORTS:
            return "", ""
        authority = rest.partition("/")[0].partition("?")[0]
        destination = read_destination(authority, _PORTS[scheme])
        if destination is None:
            raise MalformedRequest("the request target is no URL", what="invalid request target")
        if self._is_own(destination):
            return self.scheme, authority
        return self._elsewhere(scheme, destination)

    def refuse(self, refusal: Refusal) -> None:
        """The host is named in the status line, since most clients show that and nothing else."""
        LOG.warning("refused: %s", refusal)
        self.reply(f"403 {refusal}", f"notify-mock: {refusal}")

    def reply(self, status: str, text: str) -> None:
        """An answer of the proxy's own, after which the connection ends."""
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
        """Whether the emulator stands in for it; None when it has been refused."""
        policy: Policy = self.server.policy
        try:
            return policy.is_emulated(destination)
        except Refusal as refusal:
            self.refuse(refusal)
            return None

    def _stand_in(self, destination: Destination, *, is_plain: bool) -> None:
        """From here on the client speaks to ``destination``, as it believes. TLS can't begin before our answer."""
        self.wfile.write(ESTABLISHED)
        self.wfile.flush()
        self.authority = _authority("https", destination)
        self.close_connection = not (is_plain or self.begin(destination.host))
        if not self.close_connection and not self.is_tls:
            self.authority = _authority("http", destination)

    def _carry(self, destination: Destination, ahead: bytes) -> None:
        """A tunnel to somebody else, who gets what the client has sent already."""
        other = self._reach(destination)
        if other is None:
            return
        with other, self.server.connections.busy(self.request), suppress(OSError):
            self.wfile.write(ESTABLISHED)
            self.wfile.flush()
            other.sendall(ahead)
            tunnel(self.connection, other)

    def _forward(self, destination: Destination) -> None:
        """One request to somebody else, and the connection ends with its answer: the next one may be for Twilio.

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
        """A connection to it; None when the client has been told that there is none."""
        try:
            return reach(destination)
        except OSError as error:
            self.reply("502 BAD GATEWAY", f"notify-mock: {destination} can't be reached: {error.strerror or error}")
            return None

    def _length(self) -> int:
        lengths = set(self.headers.get_all("content-length", ["0"]))
        length = lengths.pop().strip()
        if (
            lengths
            or "transfer-encoding" in self.headers
            or not (length.isascii() and length.isdigit())
            or len(length) > 18
        ):
            raise MalformedRequest("what goes through to another host needs one Content-Length", what="invalid length")
        return int(length)

    def _head_for(self, destination: Destination, length: int) -> bytes:
        """The request as the server behind a proxy wants it."""
        path = "/" + self.path.partition("://")[2].partition("/")[2]
        lines = [f"{self.command} {path} HTTP/1.1", f"Host: {_authority('http', destination)}", "Connection: close"]
        lines += [f"Content-Length: {length}"] if "content-length" in self.headers else []
        lines += [f"{name}: {value}" for name, value in self.headers.items() if name.lower() not in _OUR_HEADERS]
        return "\r\n".join([*lines, "", ""]).encode("latin-1")

    def _is_own(self, destination: Destination) -> bool:
        """Whether it is this server, asked by its own name."""
        names = ("localhost", "127.0.0.1", "::1", self.server.host)
        everywhere = self.server.host in ("0.0.0.0", "::")  # noqa: S104 - that it listens so is somebody's wish
        return destination.port == self.server.port and (everywhere or destination.host in names)


def _authority(scheme: str, destination: Destination) -> str:
    """As a Host header has it."""
    return destination.host if destination.port == _PORTS[scheme] else str(destination)
