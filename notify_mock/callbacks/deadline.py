"""The time limit of one request: when it is reached, the connection is broken."""

from __future__ import annotations

import socket
from contextlib import suppress
from threading import Lock, Timer


class Deadline:
    """Breaks a connection after ``seconds``, however slowly the bytes of a response arrive.

    A socket's own timeout starts again with every byte. This is a timer, because freezegun replaces the clocks.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.reason = ""
        self._lock = Lock()
        self._connection: socket.socket | None = None
        self._timer = Timer(seconds, self.end, (f"timed out after {seconds:g} s",))
        self._timer.daemon = True

    def __enter__(self) -> Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        with self._lock:
            self._connection = None

    def watch(self, connection: socket.socket | None) -> None:
        """Break this connection, and no other, at the end; or now, if the time is already up."""
        with self._lock:
            self._connection = connection
            if self.reason and connection is not None:
                _break(connection)

    def end(self, reason: str) -> None:
        """End the time now."""
        with self._lock:
            self.reason = self.reason or reason
            if self._connection is not None:
                _break(self._connection)


def _break(connection: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not the TLS shutdown, which would wait for the server
