"""The open connections of a server: their threads, which of them are idle, and how each is closed."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread, current_thread

_JOIN_SECONDS = 2.0
_MAX_OPEN, _MIN_OPEN = 4096, 64


class _Open:
    """One connection. ``socket`` is replaced when TLS starts."""

    __slots__ = ("is_reset", "socket", "thread")

    def __init__(self, connection: socket.socket, thread: Thread) -> None:
        self.socket, self.thread, self.is_reset = connection, thread, False


class Connections:
    """The open connections, by accepted socket.

    Above ``limit``, each new connection closes the one that has been idle longest, so that clients that open thousands
    of connections can't use up the process's file descriptors.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit or _half_of_the_limit()
        self._lock = Lock()
        self._open: dict[socket.socket, _Open] = {}
        self._idle: dict[socket.socket, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def add(self, accepted: socket.socket, thread: Thread) -> None:
        """Add a connection. It is idle until a request has been read."""
        with self._lock:
            self._open[accepted] = _Open(accepted, thread)
            self._idle[accepted] = None
            if len(self._open) <= self._limit:
                return
            oldest = next(iter(self._idle))
            del self._idle[oldest]
            _break(self._open[oldest].socket)

    def upgrade(self, accepted: socket.socket, connection: socket.socket) -> None:
        """Replace the socket of a connection on which TLS has started."""
        with self._lock:
            self._open[accepted].socket = connection

    @contextmanager
    def busy(self, accepted: socket.socket) -> Iterator[None]:
        """Mark a connection as not idle while its request is answered."""
        with self._lock:
            self._idle.pop(accepted, None)
        try:
            yield
        finally:
            with self._lock:
                if accepted in self._open:
                    self._idle[accepted] = None

    def reset(self, accepted: socket.socket) -> None:
        """Close the connection with a TCP RST once its handler has finished."""
        with self._lock:
            entry = self._open[accepted]
            entry.is_reset = True
        with suppress(OSError):
            entry.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def remove(self, accepted: socket.socket) -> tuple[socket.socket, bool]:
        """Return the socket to close, and whether to close it with a TCP RST."""
        with self._lock:
            self._idle.pop(accepted, None)
            entry = self._open.pop(accepted, None)
        return (entry.socket, entry.is_reset) if entry else (accepted, False)

    def close(self) -> None:
        """Close all connections and wait for their threads."""
        with self._lock:
            left = list(self._open.values())
        for entry in left:
            _break(entry.socket)
        for entry in left:
            if entry.thread is not current_thread():
                entry.thread.join(_JOIN_SECONDS)


def _break(connection: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not the TLS shutdown, which would wait for the client


def _half_of_the_limit() -> int:
    """Return half the number of files the process may open; each connection needs one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return _MAX_OPEN
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MAX_OPEN if soft < 0 else max(_MIN_OPEN, min(_MAX_OPEN, soft // 2))
