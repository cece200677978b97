"""``GET /_mock/events``: who may read, what is asked for, and the events as a WSGI response."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event
from typing import TYPE_CHECKING, Protocol
from urllib.parse import parse_qsl

from notify_mock.control_api.guard import Access, Environ, Refused
from notify_mock.events.hub import KINDS, Hub, Reader, TooManyReaders
from notify_mock.support.usage import nearest, shown

if TYPE_CHECKING:
    from notify_mock.twilio_api.headers import Headers

HEADERS: Headers = [
    ("Content-Type", "text/event-stream; charset=utf-8"),
    ("Cache-Control", "no-store"),
    ("X-Accel-Buffering", "no"),
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
]

HEARTBEAT_SECONDS = 15
"""After this time without an event a comment is sent, so that proxies and clients keep the connection."""

_PATH = "/_mock/events"
_RETRY = b"retry: 1000\n"
_COMMENT = b": no event\n"


class Sending(Protocol):
    """An emulator that has events."""

    access: Access

    @property
    def events(self) -> Hub: ...


def is_stream(environ: Environ) -> bool:
    """Whether a request is for the events. They never end, so they need a front that can stream."""
    return bool(environ["PATH_INFO"] == _PATH)


def open_reader(environ: Environ, emulator: Sending, wake: Callable[[], None]) -> Reader:
    """Return a reader for a request. ``wake`` is that of ``Hub.open``. Raises ``Refused``."""
    emulator.access.check(environ)
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        raise Refused(405, "method not allowed on /_mock/events; expected one of: GET, HEAD", allow="GET, HEAD")
    kinds = _read_types(environ)
    try:
        return emulator.events.open(wake, kinds, environ.get("HTTP_LAST_EVENT_ID", ""))
    except TooManyReaders as error:
        raise Refused(503, "too many clients read the events; close one first") from error


def greeting(reader: Reader) -> bytes:
    """Return the first lines: how soon to reconnect, and what has been missed since the last connection."""
    return _RETRY + (reader.take() or reader.here())


def heartbeat(reader: Reader) -> bytes:
    """Return a comment, with the id of the newest event: those of other types have not been missed."""
    return reader.take() + _COMMENT + reader.here()


class Stream:
    """The events as the body of a WSGI response, for servers that give each request a thread. Raises ``Refused``."""

    def __init__(self, environ: Environ, emulator: Sending) -> None:
        self._woken = Event()
        self._reader = open_reader(environ, emulator, self._woken.set)

    def __iter__(self) -> Iterator[bytes]:
        yield greeting(self._reader)
        while self._reader.is_open:
            self._woken.clear()
            if found := self._reader.take():
                yield found
            elif self._reader.is_open and not self._woken.wait(HEARTBEAT_SECONDS):
                yield heartbeat(self._reader)

    def close(self) -> None:
        """Called by the server when the client has left."""
        self._reader.close()


def _read_types(environ: Environ) -> frozenset[str]:
    """Return the types of events that are asked for. Raises ``Refused``."""
    given = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    for name, _ in given:
        if name != "types":
            raise Refused(400, f"unknown query parameter {shown(name)}; {nearest(name, ('types',))}", name)
    if len(given) > 1:
        raise Refused(400, f"types: was sent {len(given)} times; send it once, separated by commas", "types")
    kinds = given[0][1].split(",") if given else KINDS
    for kind in kinds:
        if kind not in KINDS:
            raise Refused(400, f"types: unknown type {shown(kind)}; {nearest(kind, KINDS)}", "types")
    return frozenset(kinds)
