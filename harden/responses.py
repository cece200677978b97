"""Reads what came back on a connection, and says what is wrong with it."""

from __future__ import annotations

import json
import re
from typing import NamedTuple

from harden.hostile import Hostile

_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})( [^\r\n]*)?\r\n")
_HTML = re.compile(rb"<!doctype|<html|text/html|Traceback \(most recent", re.IGNORECASE)
_SERVER_ERRORS = (501, 505)
"""The statuses above 499 that are a refusal: an unknown transfer coding, and a version that is not supported."""


class Response(NamedTuple):
    """One response; header names are in lower case."""

    status: int
    headers: dict[bytes, bytes]
    body: bytes


def read_responses(data: bytes) -> tuple[list[Response], bytes]:
    """Return the complete responses in ``data``, and what follows them. Ends at the response to a CONNECT."""
    found: list[Response] = []
    while (match := _STATUS.match(data)) and b"\r\n\r\n" in data:
        head, _, rest = data.partition(b"\r\n\r\n")
        lines = (line.partition(b":") for line in head[match.end() :].split(b"\r\n") if line)
        headers = {name.lower(): value.strip() for name, _, value in lines}
        status = int(match[1])
        if status == 200 and b"content-length" not in headers:
            return [*found, Response(status, headers, rest)], b""
        length = 0 if status < 200 or status in (204, 304) else int(headers.get(b"content-length", b"0"))
        if len(rest) < length:
            break
        found.append(Response(status, headers, rest[:length]))
        data = rest[length:]
    return found, data


def judge(hostile: Hostile, data: bytes, ended: str) -> list[str]:
    """Return the broken promises of one connection. ``ended`` is how it ended: ``closed``, ``reset`` or ``hang``."""
    responses, rest = read_responses(data)
    wrong = [problem for response in responses for problem in _problems(response)]
    if ended == "hang":
        wrong.append("the connection stays open, without a response")
    elif rest:
        wrong.append(f"bytes that are not a whole response: {rest[:80]!r}")
    elif not responses and not (hostile.may_be_silent or hostile.manner == "leaves"):
        wrong.append("no response")
    if hostile.kind == "smuggling" and len([one for one in responses if one.status >= 200]) > 1:
        wrong.append("the body was read as a second request")
    return [f"{hostile}: {problem}" for problem in wrong]


def is_answered(data: bytes) -> bool:
    """Return whether there is a whole response in ``data``, other than a 100."""
    return any(response.status >= 200 for response in read_responses(data)[0])


def created(data: bytes) -> int:
    """Return how many records the responses say were created."""
    return sum(response.status == 201 for response in read_responses(data)[0])


def _problems(response: Response) -> list[str]:
    found = []
    if response.status >= 500 and response.status not in _SERVER_ERRORS:
        found.append(f"status {response.status}")
    kind = response.headers.get(b"content-type", b"")
    if _HTML.search(response.body) or _HTML.search(kind):
        found.append(f"HTML: {response.body[:80]!r}")
    if response.status >= 400 and kind.startswith(b"application/json"):
        try:
            json.loads(response.body)
        except ValueError:
            found.append(f"an error that is not JSON: {response.body[:80]!r}")
    return found
