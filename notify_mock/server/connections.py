"""The open connections of a server: which of them are idle, and when they are closed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notify_mock.server.channel import Channel

_CHECK_SECONDS = 1.0
_MAX_OPEN, _MIN_OPEN = 4096, 64


class Connections:
    """The open connections. One that is idle for its ``idle_seconds`` is closed.

    Above ``limit``, each new connection closes the one that has been idle longest, so that clients that open thousands
    of connections can't use up the process's file descriptors.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, limit: int | None = None) -> None:
        self._loop = loop
        self._limit = limit or half_of_the_limit()
        self._open: set[Channel] = set()
        self._idle: dict[Channel, float] = {}
        self._timer: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def add(self, channel: Channel) -> None:
        """Add a connection. It is idle."""
        self._open.add(channel)
        self.idle(channel)
        if self._timer is None:
            self._timer = self._loop.call_later(_CHECK_SECONDS, self._check)
        if len(self._open) > self._limit:
            longest_idle = next(iter(self._idle))
            self.remove(longest_idle)  # now, since the next ones may be added before it is lost
            longest_idle.abort()

    def remove(self, channel: Channel) -> None:
        self._open.discard(channel)
        self._idle.pop(channel, None)

    def idle(self, channel: Channel) -> None:
        """The server waits for the client from now on."""
        if channel in self._open:
            self._idle.pop(channel, None)
            self._idle[channel] = self._loop.time()

    def busy(self, channel: Channel) -> None:
        """The client waits for the server."""
        self._idle.pop(channel, None)

    def heard(self, channel: Channel) -> None:
        """The client has sent something."""
        if channel in self._idle:
            self.idle(channel)

    def close(self) -> None:
        """Close all connections now."""
        if self._timer is not None:
            self._timer.cancel()
        for channel in list(self._open):
            channel.abort()

    def _check(self) -> None:
        now = self._loop.time()
        for channel in [one for one, since in self._idle.items() if now - since >= one.idle_seconds]:
            channel.abort()
        self._timer = self._loop.call_later(_CHECK_SECONDS, self._check) if self._open else None


def half_of_the_limit() -> int:
    """Return half the number of files the process may open; each connection needs one."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return _MAX_OPEN
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _MAX_OPEN if soft < 0 else max(_MIN_OPEN, min(_MAX_OPEN, soft // 2))
