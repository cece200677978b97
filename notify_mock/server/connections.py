"""The open connections of a server: which of them are idle, and when they are closed."""

from __future__ import annotations

import asyncio
from typing import Protocol

_MAX_OPEN, _MIN_OPEN = 4096, 64


class Connection(Protocol):
    """A connection, as its idle time is counted."""

    idle_seconds: int
    quiet_seconds: int
    is_busy: bool
    is_heard: bool

    def abort(self) -> None: ...


class Connections:
    """The open connections. One that is idle for its ``idle_seconds`` is closed; the time is counted, so that frozen
    clocks do not matter.

    Above ``limit``, each new connection closes the one that has been idle longest, so that clients that open thousands
    of connections can't use up the process's file descriptors.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int | None = None) -> None:
        self._loop = loop
        self._limit = limit or half_of_the_limit()
        self._open: dict[Connection, None] = {}  # those heard of last come last
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def add(self, connection: Connection) -> None:
        self._open[connection] = None
        if self._timer is None:
            self._timer = self._loop.call_later(1, self._check)
        if len(self._open) > self._limit:
            idle = next((one for one in self._open if not one.is_busy), None)
            if idle is not None:
                self.remove(idle)  # now, since the next ones may be added before it is lost
                idle.abort()

    def remove(self, connection: Connection) -> None:
        self._open.pop(connection, None)

    def close(self) -> None:
        """Close all connections now."""
        if self._timer is not None:
            self._timer.cancel()
        for connection in list(self._open):
            connection.abort()

    def _check(self) -> None:
        """Once a second: count how long nothing was heard from each client, and close those that are idle too long."""
        for connection in list(self._open):
            if connection.is_heard or connection.is_busy:
                self._open[connection] = self._open.pop(connection)
                connection.quiet_seconds, connection.is_heard = 0, False
                continue
            connection.quiet_seconds += 1
            if connection.quiet_seconds >= connection.idle_seconds:
                connection.abort()
        self._timer = self._loop.call_later(1, self._check) if self._open else None


def half_of_the_limit() -> int:
    """Return half the number of files the process may open; each connection needs one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return _MAX_OPEN
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MAX_OPEN if soft < 0 else max(_MIN_OPEN, min(_MAX_OPEN, soft // 2))
