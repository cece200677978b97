"""Reading and writing HAR 1.2, the archive format that browsers and proxies export."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from notify_mock.cassettes.age import RECORDED_AT, recorded_at
from notify_mock.cassettes.interaction import Interaction, Pairs, header, unpacked
from notify_mock.support.documents import Content, find_lines
from notify_mock.support.usage import UsageError, shown

_OWN = "_notify_mock"
"""The key of our own data; HAR requires custom fields to start with an underscore."""

_PACKING = ("content-encoding", "transfer-encoding")


def is_har(content: Content) -> bool:
    """Return whether a file contains a HAR archive."""
    return isinstance(content.value, Mapping) and "log" in content.value


def read_har(content: Content) -> list[Interaction]:
    """Return the entries of an archive. Raises ``UsageError`` with file, line and entry number."""
    log = content.value["log"]
    entries = log.get("entries") if isinstance(log, Mapping) else None
    if not isinstance(entries, list):
        raise UsageError(f"{content.source}, log.entries", "is not a list", "expected {log: {entries: [...]}}")
    found = []
    for number, entry in enumerate(entries):
        try:
            found.append(_read(entry, f"{content.source}, log.entries[{number}]"))
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            line = find_lines(Path(content.source)).get(("log.entries", number))
            where = f"{content.source}, line {line}" if line else content.source
            wrong = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise UsageError(f"{where}, log.entries[{number}]", wrong, "expected request and response") from error
    return found


def _read(entry: Mapping[str, Any], where: str) -> Interaction:
    request, answer = entry["request"], entry["response"]
    status = answer["status"]
    if isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 999:
        raise ValueError(f"{shown(status)} is not a status code")
    if not str(request["url"]).lower().startswith(("http://", "https://")):
        raise ValueError("url does not start with http:// or https://")
    body = _content(answer.get("content") or {})
    headers = _headers(answer.get("headers") or [])
    if unpacked(headers, body) == body:  # a browser has already decompressed it
        headers = tuple((name, value) for name, value in headers if name.lower() not in _PACKING)
        headers = tuple(
            (name, str(len(body)) if name.lower() == "content-length" else value) for name, value in headers
        )
    made = Interaction(
        str(request["method"]).upper(),
        str(request["url"]).partition("#")[0],
        _headers(request.get("headers") or []),
        _posted(request.get("postData") or {}),
        status,
        str(answer.get("statusText") or ""),
        headers,
        body,
        where,
        entry.get(_OWN) or {},
    )
    started = entry.get("startedDateTime")
    if not isinstance(started, str) or started == _started(made):
        return made
    return made._replace(extra={RECORDED_AT: started, **made.extra})


def _headers(listed: list[Mapping[str, Any]]) -> Pairs:
    """Leave out the pseudo-headers of HTTP/2, which start with a colon."""
    pairs = ((str(item["name"]), str(item["value"])) for item in listed)
    return tuple(pair for pair in pairs if not pair[0].startswith(":"))


def _posted(data: Mapping[str, Any]) -> bytes:
    if data.get("text"):
        return str(data["text"]).encode()
    return urlencode([(param["name"], param.get("value", "")) for param in data.get("params") or []]).encode()


def _content(content: Mapping[str, Any]) -> bytes:
    text = content.get("text") or ""
    return b64decode(text) if content.get("encoding") == "base64" else str(text).encode()


def write_har(interactions: Sequence[Interaction]) -> str:
    """Return a HAR archive as JSON text. Bodies are decompressed, as HAR requires."""
    from notify_mock.support.version import __version__

    log = {
        "version": "1.2",
        "creator": {"name": "notify-mock", "version": __version__},
        "entries": [_entry(one) for one in interactions],
    }
    return json.dumps({"log": log}, indent=1, default=str) + "\n"


def _entry(one: Interaction) -> dict[str, Any]:
    posted, answer = one.request_body.decode("utf-8", "replace"), unpacked(one.headers, one.body)
    kind = header(one.request_headers, "content-type")
    request: dict[str, Any] = {
        "method": one.method,
        "url": one.url,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _listed(one.request_headers),
        "queryString": _listed(parse_qsl(urlsplit(one.url).query, keep_blank_values=True)),
        "headersSize": -1,
        "bodySize": len(one.request_body),
    }
    if posted:
        request["postData"] = {"mimeType": kind or "application/octet-stream", "text": posted, "params": []}
    return {
        "startedDateTime": _started(one),
        "time": 0,
        "request": request,
        "response": {
            "status": one.status,
            "statusText": one.reason,
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _listed(one.headers),
            "content": {"size": len(answer), "mimeType": header(one.headers, "content-type"), **_text(answer)},
            "redirectURL": header(one.headers, "location"),
            "headersSize": -1,
            "bodySize": len(one.body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": 0, "receive": 0},
        **({_OWN: dict(one.extra)} if one.extra else {}),
    }


def _listed(pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in pairs]


def _text(body: bytes) -> dict[str, str]:
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"text": b64encode(body).decode(), "encoding": "base64"}


def _started(one: Interaction) -> str:
    """Return when the exchange was recorded, or 1970: HAR requires a time."""
    return datetime.fromtimestamp(recorded_at(one) or 0, timezone.utc).isoformat(timespec="milliseconds")
