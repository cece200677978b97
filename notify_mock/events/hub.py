"""The hub: the last events of one emulator, and the readers that follow them."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Collection
from itertools import islice
from threading import Lock
from typing import Any

from notify_mock.support.ids import unique

MAX_EVENTS, MAX_BYTES = 1000, 16 * 1024 * 1024
"""Events that are kept to resume from, and about the memory that they take."""

MAX_READERS = 256

KINDS = ("call", "delivery", "callback", "fault", "clock", "records", "reset")
"""The types of events. A reader also gets ``gap``, which says that some are missing."""

EVENT_BYTES = 1024
"""Memory for an event in addition to what it shows."""


Show = Callable[[Any], dict[str, Any]]


class TooManyReaders(Exception):
    """The hub has ``MAX_READERS`` readers."""


class Event:
    """One event. What it shows is made when it is first read, and not for every reader."""

    __slots__ = ("_source", "_text", "kind", "size")

    def __init__(self, kind: str, show: Show, subject: Any, size: int) -> None:
        self.kind, self.size = kind, size
        self._source: tuple[Show, Any] | None = show, subject
        self._text = b""

    def text(self) -> bytes:
        """Return its lines, except for the id. Of two threads at once, both make them."""
        source = self._source
        if source is not None:
            show, subject = source
            self._text = f"event: {self.kind}\ndata: {json.dumps(show(subject))}\n\n".encode()
            self._source = None
        return self._text


class Hub:
    """The events of one emulator, numbered from 1. Only the last ones are kept, so a reader that is too slow misses
    some, and nobody waits for it. Thread-safe."""

    def __init__(self) -> None:
        self._id = unique()
        self._lock = Lock()
        self._kept: deque[Event] = deque()
        self._size = self._last = 0
        self._dropped: dict[str, int] = {}
        self._readers: set[Reader] = set()
        self._waiting: set[Reader] = set()

    def publish(self, kind: str, show: Show, subject: Any, size: int = 0) -> None:
        """Add an event. ``show`` turns its subject into data, later and in another thread; ``size`` is the subject's
        memory. Never blocks."""
        event = Event(kind, show, subject, EVENT_BYTES + size)
        woken: list[Reader] = []
        with self._lock:
            self._last += 1
            self._kept.append(event)
            self._size += event.size
            while len(self._kept) > MAX_EVENTS or (self._size > MAX_BYTES and len(self._kept) > 1):
                self._drop_oldest()
            if self._waiting:
                woken = [reader for reader in self._waiting if kind in reader.kinds]
                self._waiting.difference_update(woken)
        for reader in woken:
            reader.wake()

    def open(self, wake: Callable[[], None], kinds: Collection[str], last_id: str = "") -> Reader:
        """Return a new reader of the events of these ``kinds`` that follow ``last_id``, or of those to come.

        ``wake`` is called when there may be something to take. It must not block. Raises ``TooManyReaders``.
        """
        with self._lock:
            if len(self._readers) >= MAX_READERS:
                raise TooManyReaders
            reader = Reader(self, wake, kinds, self._position(last_id))
            self._readers.add(reader)
            return reader

    def end(self) -> None:
        """End all readers, since the emulator is closed. New ones may come."""
        with self._lock:
            ended = list(self._readers)
            self._readers.clear()
            self._waiting.clear()
        for reader in ended:
            reader.is_open = False
            reader.wake()

    def close(self, reader: Reader) -> None:
        """Forget a reader."""
        with self._lock:
            self._readers.discard(reader)
            self._waiting.discard(reader)

    def take(self, reader: Reader) -> bytes:
        """Return what ``reader`` has not read yet, and wake it at the next event."""
        with self._lock:
            if not reader.is_open:
                return b""
            self._waiting.add(reader)
            last, position = self._last, reader.position
            reader.position = last
            unread = 0 if position is None else last - position
            events = list(islice(self._kept, max(0, len(self._kept) - unread), None))
            has_missed = any(self._dropped.get(kind, 0) > (position or 0) for kind in reader.kinds)
        pieces = []
        if position is None or has_missed:
            pieces.append(self._gap(None if position is None else unread - len(events), last - len(events)))
        for number, event in enumerate(events, last - len(events) + 1):
            if event.kind in reader.kinds:
                pieces += [self.id_line(number), event.text()]
        return b"".join(pieces)

    def id_line(self, number: int) -> bytes:
        return f"id: {self._id}-{number}\n".encode()

    def _drop_oldest(self) -> None:
        """Drop the oldest event, and note that readers of its kind have missed it if they have not read it."""
        self._dropped[self._kept[0].kind] = self._last - len(self._kept) + 1
        self._size -= self._kept.popleft().size

    def _gap(self, missed: int | None, last: int) -> bytes:
        data = json.dumps({"missed": missed})
        return self.id_line(last) + f"event: gap\ndata: {data}\n\n".encode()

    def _position(self, last_id: str) -> int | None:
        """Return the number of the last event that was read, or None if it can't be one of this hub."""
        if not last_id:
            return self._last
        name, _, number = last_id.rpartition("-")
        is_own = name == self._id and number.isascii() and number.isdigit() and len(number) < 20
        return int(number) if is_own and int(number) <= self._last else None


class Reader:
    """One client that follows a hub. ``position`` is the number of the last event that it has read, None if unknown.

    ``is_open`` is False once the emulator is closed.
    """

    def __init__(self, hub: Hub, wake: Callable[[], None], kinds: Collection[str], position: int | None) -> None:
        self._hub, self.wake, self.kinds, self.position = hub, wake, kinds, position
        self.is_open = True

    def take(self) -> bytes:
        """Return the events since the last time as server-sent events, b"" if there are none.

        A gap comes first if some are not kept any more.
        """
        return self._hub.take(self)

    def here(self) -> bytes:
        """Return lines that are no event, but tell the client where to resume."""
        return self._hub.id_line(self.position or 0) + b"\n"

    def close(self) -> None:
        """Stop reading."""
        self._hub.close(self)
