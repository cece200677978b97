"""The connections that a server has open: their threads, who of them only waits, and how each is to end."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Lock, Thread, current_thread

_JOIN_SECONDS = 2.0
_MAX_OPEN, _MIN_OPEN = 4096, 64


class _Open:
    """One connection; ``socket`` becomes another object when TLS begins on it."""

    __slots__ = ("is_reset", "socket", "thread")

    def __init__(self, connection: socket.socket, thread: Thread) -> None:
        self.socket, self.thread, self.is_reset = connection, thread, False


class Connections:
    """Known by the socket that was accepted.

    Over ``limit``, each new connection closes the one that has been idle longest: clients that open thousands and send
    nothing can't use up the process's file descriptors.
    """

    def __init__(self, limit: int | None = None) -> None:
        self._limit = limit or _half_of_the_limit()
        self._lock = Lock()
        self._open: dict[socket.socket, _Open] = {}
        self._idle: dict[socket.socket, None] = {}

    def __len__(self) -> int:
        return len(self._open)

    def add(self, accepted: socket.socket, thread: Thread) -> None:
        """It is idle until a request has been read."""
        with self._lock:
            self._open[accepted] = _Open(accepted, thread)
            self._idle[accepted] = None
            if len(self._open) <= self._limit:
                return
            oldest = next(iter(self._idle))
            del self._idle[oldest]
            _break(self._open[oldest].socket)

    def upgrade(self, accepted: socket.socket, connection: socket.socket) -> None:
        """TLS has begun on it."""
        with self._lock:
            self._open[accepted].socket = connection

    @contextmanager
    def busy(self, accepted: socket.socket) -> Iterator[None]:
        """While a request is answered, its connection isn't idle."""
        with self._lock:
            self._idle.pop(accepted, None)
        try:
            yield
        finally:
            with self._lock:
                if accepted in self._open:
                    self._idle[accepted] = None

    def reset(self, accepted: socket.socket) -> None:
        """It will end with a TCP RST, once its handler has finished."""
        with self._lock:
            one = self._open[accepted]
            one.is_reset = True
        with suppress(OSError):
            one.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def remove(self, accepted: socket.socket) -> tuple[socket.socket, bool]:
        """The socket that is to be closed, and whether without saying good-bye."""
        with self._lock:
            self._idle.pop(accepted, None)
            one = self._open.pop(accepted, None)
        return (one.socket, one.is_reset) if one else (accepted, False)

    def close(self) -> None:
        """End them all, and wait for their threads."""
        with self._lock:
            left = list(self._open.values())
        for one in left:
            _break(one.socket)
        for one in left:
            if one.thread is not current_thread():
                one.thread.join(_JOIN_SECONDS)


def _break(connection: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)  # not TLS's own, which would talk to the other side


def _half_of_the_limit() -> int:
    """Half of the files that the process may open; each connection needs one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return _MAX_OPEN
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MAX_OPEN if soft < 0 else max(_MIN_OPEN, min(_MAX_OPEN, soft // 2))
