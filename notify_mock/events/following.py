"""Follows the events of an emulator in another process, across lost connections."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, suppress
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Event
from typing import Any
from urllib.parse import urlsplit

from notify_mock.control_api.guard import TOKEN_HEADER
from notify_mock.support.usage import UsageError

_CONNECT_SECONDS = 10
_SILENT_SECONDS = 60
"""After this time without a heartbeat, the connection counts as lost."""

_PAUSE_SECONDS = 1.0
_EVENTS = "/_mock/events"


def follow(
    url: str, types: Iterable[str], token: str | None = None, *, lost: Callable[[], None] = lambda: None
) -> Iterator[tuple[str, Any]]:
    """Yield the type and data of each event, forever. Calls ``lost`` when the connection is lost, and connects again
    where it was.

    Raises ``UsageError`` if there is no emulator at ``url`` at first, or if it refuses.
    """
    target = f"{_EVENTS}?types={','.join(types)}"
    headers = {"Accept": "text/event-stream"} | ({TOKEN_HEADER: token} if token else {})
    place = {"id": ""}
    while True:
        try:
            response = _open(url, target, {**headers, "Last-Event-ID": place["id"]})
        except (OSError, HTTPException, UsageError) as error:
            if not place["id"]:
                raise error if isinstance(error, UsageError) else _unreachable(url, error) from error
        else:
            with response, suppress(OSError, HTTPException):
                yield from _read(response, place)
            lost()
        Event().wait(_PAUSE_SECONDS)


def _open(url: str, target: str, headers: dict[str, str]) -> HTTPResponse:
    """Raises ``OSError``, ``HTTPException``, and ``UsageError`` if the emulator refuses."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=_CONNECT_SECONDS)
    with ExitStack() as stack:
        stack.callback(connection.close)
        connection.connect()
        connection.sock.settimeout(_SILENT_SECONDS)
        connection.request("GET", target, headers={name: value for name, value in headers.items() if value})
        response = connection.getresponse()
        if response.status == 200 and response.headers.get("Content-Type", "").startswith("text/event-stream"):
            stack.pop_all()  # the response closes the connection
            return response
        raise UsageError("control_token" if response.status == 401 else "url", f"{url} refused: {_reason(response)}")


def _unreachable(url: str, error: Exception) -> UsageError:
    reason = getattr(error, "strerror", None) or error
    return UsageError("url", f"cannot connect to {url}: {reason}", "start notify-mock serve, or give its URL")


def _reason(response: HTTPResponse) -> str:
    try:
        return str(json.loads(response.read())["error"]["message"])
    except (ValueError, KeyError, TypeError):
        return f"status {response.status}; it is not the control API of notify-mock"


def _read(lines: Iterable[bytes], place: dict[str, str]) -> Iterator[tuple[str, Any]]:
    """Yield the events in a response. ``place`` gets the id of the last one."""
    kind, data, last = "", "", place["id"]
    for raw in lines:
        name, _, value = raw.decode().rstrip("\n").partition(": ")
        if name == "id":
            last = value
        elif name == "event":
            kind = value
        elif name == "data":
            data = value
        elif not name:
            if data:
                yield kind, json.loads(data)
            kind, data, place["id"] = "", "", last
