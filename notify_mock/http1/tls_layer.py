"""TLS as bytes in and bytes out, so that it can start at any point of a connection."""

from __future__ import annotations

import ssl
from contextlib import suppress

_CHUNK = 64 * 1024


class TlsLayer:
    """The server's side of one TLS session."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._session = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self.is_established = False
        self.is_ended = False

    def decrypt(self, data: bytes) -> bytes:
        """Take what arrived and return the plain bytes in it. ``outgoing`` may have something to send afterwards.

        Raises ``ssl.SSLError`` if the client does not use TLS, or does not trust the certificate.
        """
        self._incoming.write(data)
        pieces = []
        try:
            if not self.is_established:
                self._session.do_handshake()
                self.is_established = True
            while piece := self._session.read(_CHUNK):
                pieces.append(piece)
            self.is_ended = True
        except ssl.SSLWantReadError:
            pass
        return b"".join(pieces)

    def encrypt(self, data: bytes) -> bytes:
        """Return what to send for ``data``."""
        view = memoryview(data)
        while view:
            view = view[self._session.write(view) :]
        return self._outgoing.read()

    def outgoing(self) -> bytes:
        """Return what the session itself has to send: its part of the handshake, or an alert."""
        return self._outgoing.read()

    def end(self) -> bytes:
        """Return the notice that the server has nothing more to send."""
        with suppress(ssl.SSLError):  # the client's notice is not waited for
            self._session.unwrap()
        return self._outgoing.read()
