"""A connection on which TLS may start: at its first byte, or inside a tunnel."""

from __future__ import annotations

import selectors
import socket
import ssl
from io import BufferedReader

from notify_mock.server.outgoing import LOG, Outgoing
from notify_mock.server.tls import Tls
from notify_mock.support.usage import UsageError

TLS_HANDSHAKE = b"\x16"
"""The first byte of a TLS handshake."""

_HANDSHAKE_SECONDS = 10


class Secured(Outgoing):
    """``server`` must also have ``tls``."""

    rfile: BufferedReader

    def setup(self) -> None:
        self.scheme = "http"
        super().setup()

    @property
    def is_tls(self) -> bool:
        return isinstance(self.connection, ssl.SSLSocket)

    def begin(self, host: str = "") -> bool:
        """Start TLS if the client does. Returns False when the connection can't be used."""
        try:
            first = self.connection.recv(1, socket.MSG_PEEK)
            if first == TLS_HANDSHAKE:
                self.connection.settimeout(_HANDSHAKE_SECONDS)
                self._upgrade(host)
        except UsageError as error:
            LOG.warning("cannot use TLS: %s", error)
            return False
        except OSError as error:
            LOG.info("TLS handshake failed: %s", " ".join(str(error).split()))
            return False
        return bool(first)

    def ahead(self) -> int:
        """Return how many bytes the client has sent without waiting for a response."""
        self.connection.settimeout(0)
        try:
            return len(self.rfile.peek())
        except ssl.SSLWantReadError:
            return 0
        finally:
            self.connection.settimeout(self.timeout)

    def is_gone(self) -> bool:
        """Over TLS, data received meanwhile stays buffered for the next request."""
        if not self.is_tls:
            try:
                with selectors.DefaultSelector() as selector:
                    selector.register(self.connection, selectors.EVENT_READ)
                    return bool(selector.select(0)) and self.connection.recv(1, socket.MSG_PEEK) == b""
            except OSError:
                return True
        self.connection.settimeout(0)
        try:
            return not self.rfile.peek(1)
        except ssl.SSLWantReadError:
            return False
        except OSError:
            return True
        finally:
            self.connection.settimeout(self.timeout)

    def _upgrade(self, host: str) -> None:
        """Raises ``OSError``."""
        tls: Tls = self.server.tls
        self.connection = tls.accept(self.connection, host)
        self.connection.settimeout(self.timeout)
        self.server.connections.upgrade(self.request, self.connection)
        self.scheme = "https"
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", self.wbufsize)
