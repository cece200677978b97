"""The events of an emulator on one connection, sent by the loop: no thread waits for the next event."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from notify_mock.control_api.guard import Environ
from notify_mock.events.hub import Reader
from notify_mock.events.stream import HEADERS, HEARTBEAT_SECONDS, Sending, greeting, heartbeat, open_reader
from notify_mock.http1.requests import LOG
from notify_mock.server.channel import Channel

_BATCH_SECONDS = 0.05
"""Events of this time are sent together, so that a busy server does not write each of them by itself."""

_MAX_UNSENT = 1024 * 1024
"""Bytes that the client has not taken yet. With more, it reads too slowly and is disconnected."""

_HEAD = "\r\n".join(
    ["HTTP/1.1 200 OK", *(f"{name}: {value}" for name, value in HEADERS), "Connection: close", "\r\n"]
).encode()


class Stream:
    """Sends events until the client leaves or reads too slowly, or the emulator is closed, and then calls ``done``.

    The end of the connection is the end of the response, as in HTTP/1.0.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, channel: Channel, done: Callable[[bool], None]) -> None:
        self._loop, self._channel, self._done = loop, channel, done
        self._reader: Reader | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self, environ: Environ, emulator: Sending) -> None:
        """Raises ``Refused``, before anything is sent."""
        reader = self._reader = open_reader(environ, emulator, self._woken)
        self._channel.write(_HEAD + greeting(reader))
        self._call_later(HEARTBEAT_SECONDS, self._send_heartbeat)

    def client_is_gone(self) -> None:
        if self._reader is not None:
            self._end()

    def _woken(self) -> None:
        """Called in any thread."""
        with suppress(RuntimeError):  # the loop has been closed
            self._loop.call_soon_threadsafe(self._call_later, _BATCH_SECONDS, self._send)

    def _call_later(self, seconds: float, act: Callable[[], None]) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, act) if self._reader is not None else None

    def _send(self) -> None:
        reader = self._reader
        if reader is None:
            return
        if self._channel.transport.get_write_buffer_size() > _MAX_UNSENT:
            LOG.warning("disconnected a client that reads the events too slowly")
            self._channel.abort()
        if not reader.is_open or not self._channel.is_open:
            self._end()
            return
        if found := reader.take():
            self._channel.write(found)
        self._call_later(HEARTBEAT_SECONDS, self._send_heartbeat)

    def _send_heartbeat(self) -> None:
        if self._reader is not None:
            self._channel.write(heartbeat(self._reader))
            self._call_later(HEARTBEAT_SECONDS, self._send_heartbeat)

    def _end(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()
        if self._timer is not None:
            self._timer.cancel()
        self._done(False)
