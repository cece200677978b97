"""Writes the lines of a log in a thread of its own, many at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from threading import Event, Thread
from typing import TextIO

from notify_mock.deliveries.delivery import Delivery
from notify_mock.journal.exchange import Exchange

_DELAY_SECONDS = 0.1
_CHECK_SECONDS = 0.5

_CALL_BYTES = 1024
"""Memory for a call in addition to its request."""

MAX_WAITING_BYTES = 16 * 1024 * 1024
"""Memory for calls that wait to be written. Beyond that, the thread that adds one waits until all are written."""


class LogWriter:
    """A text stream that also takes calls and deliveries, and writes everything to ``stream`` in the order of arrival.

    ``line_of`` makes the line of one, in the writer's thread. An exchange does not change once it has ended, so its
    line is the same later. What cannot be written, to a broken pipe for example, is discarded.
    """

    def __init__(self, stream: TextIO | None, line_of: Callable[[Exchange | Delivery], str]) -> None:
        self._stream, self._line_of = stream, line_of
        self._waiting: deque[Exchange | Delivery | str | Event] = deque()
        self._waiting_bytes = 0
        self._has_some, self._is_urgent = Event(), Event()
        self._thread = Thread(target=self._run, name="notify-mock-log", daemon=True)
        self._thread.start()

    def add(self, entry: Exchange | Delivery) -> None:
        """Write the line of a call or a delivery, a tenth of a second later. If too many wait, return when they are
        written."""
        self._put(entry)
        self._waiting_bytes += _CALL_BYTES + (entry.size if isinstance(entry, Exchange) else 0)
        if self._waiting_bytes > MAX_WAITING_BYTES:
            self.flush()

    def write(self, text: str) -> None:
        self._put(text)

    def flush(self) -> None:
        """Return when everything that arrived so far is written."""
        done = Event()
        self._put(done)
        self._is_urgent.set()
        while not done.wait(_CHECK_SECONDS):  # on Windows, only a wait that ends can be interrupted
            if not self._thread.is_alive():
                self._waiting.clear()
                return

    def _put(self, entry: Exchange | Delivery | str | Event) -> None:
        self._waiting.append(entry)
        if not self._has_some.is_set():
            self._has_some.set()

    def _run(self) -> None:
        while True:
            self._has_some.wait()
            self._is_urgent.wait(_DELAY_SECONDS)
            self._has_some.clear()
            self._is_urgent.clear()
            self._write_waiting()

    def _write_waiting(self) -> None:
        self._waiting_bytes = 0  # before the calls are taken, so that it is never too small
        texts: list[str] = []
        flushes: list[Event] = []
        for _ in range(len(self._waiting)):
            entry = self._waiting.popleft()
            if isinstance(entry, (Exchange, Delivery)):
                texts.append(self._line_of(entry) + "\n")
            elif isinstance(entry, str):
                texts.append(entry)
            else:
                flushes.append(entry)
        if self._stream is not None:
            with suppress(OSError, ValueError):
                self._stream.write("".join(texts))
                self._stream.flush()
        for done in flushes:
            done.set()
