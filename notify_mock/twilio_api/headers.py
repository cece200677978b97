"""The response headers of Twilio's gateway, in the order of the June 2022 recording of POST /v1/Credentials."""

from __future__ import annotations

import math
import time
from functools import lru_cache
from http.client import responses

Headers = list[tuple[str, str]]

JSON = "application/json; charset=utf-8"
ERROR_JSON = "application/json"
"""Error responses have no charset (observed: serverless v1, 2020)."""

_ALLOWED = "Access-Control-Allow-Headers"

_CORS: Headers = [
    ("Access-Control-Allow-Origin", "*"),
    (
        _ALLOWED,
        "Accept, Authorization, Content-Type, If-Match, If-Modified-Since, If-None-Match, If-Unmodified-Since",
    ),
    ("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS"),
    ("Access-Control-Expose-Headers", "ETag"),
    ("Access-Control-Allow-Credentials", "true"),
    ("X-Powered-By", "AT-5000"),
    ("X-Shenanigans", "none"),
]
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_OLDER_PHRASES = {
    413: "Request Entity Too Large",
    414: "Request-URI Too Long",
    416: "Requested Range Not Satisfiable",
    422: "Unprocessable Entity",
}
"""These differ between versions of Python."""

_HSTS = ("Strict-Transport-Security", "max-age=31536000")


def not_allowed(asked: str, headers: Headers) -> list[str]:
    """Return the request headers that a preflight asks for and its response does not allow, so that a browser does not
    send the request."""
    allowed = [name.strip().lower() for key, value in headers if key == _ALLOWED for name in value.split(",")]
    return [name for name in map(str.strip, asked.split(",")) if name and name.lower() not in allowed]


def phrase(status: int) -> str:
    """Return the reason phrase in capitals, as Twilio's gateway sends it (observed); "" if the status has none."""
    return (_OLDER_PHRASES.get(status) or responses.get(status, "")).upper()


@lru_cache(maxsize=16)
def _date(second: int) -> str:
    """Return ``Fri, 10 Jun 2022 20:58:33 GMT``, in English regardless of the locale."""
    when = time.gmtime(second)
    day, month = _DAYS[when.tm_wday], _MONTHS[when.tm_mon - 1]
    return f"{day}, {when.tm_mday:02d} {month} {when.tm_year:04d} {time.strftime('%H:%M:%S', when)} GMT"


def edge(*, at: float, content_type: str, length: int, extra: tuple[tuple[str, str], ...] = ()) -> Headers:
    """Return the few headers of a response that does not come from the gateway (inferred)."""
    return [
        ("Date", _date(math.floor(at))),
        ("Content-Type", content_type),
        ("Content-Length", str(length)),
        *extra,
    ]


def gateway(
    *,
    at: float,
    content_type: str,
    length: int,
    request_id: str,
    duration: float,
    concurrent: int | None,
    region: str,
    domain: str,
    extra: tuple[tuple[str, str], ...],
) -> Headers:
    """Return all headers of a response except ``Connection``, which belongs to the socket.

    ``at`` is in seconds since 1970, ``length`` in bytes, ``duration`` in seconds. ``concurrent`` is None for errors,
    because the recorded 404 lacks ``Twilio-Concurrent-Requests``. ``extra`` follows ``Content-Length``.
    """
    found = [
        ("Date", _date(math.floor(at))),
        ("Content-Type", content_type),
        ("Content-Length", str(length)),
    ]
    if extra:
        found += extra
    if concurrent is not None:
        found.append(("Twilio-Concurrent-Requests", str(concurrent)))
    found.append(("Twilio-Request-Id", request_id))
    found.append(("Twilio-Request-Duration", f"{duration:.3f}" if duration else "0.000"))
    found += _last_headers(region, domain)
    return found


@lru_cache(maxsize=64)
def _last_headers(region: str, domain: str) -> tuple[tuple[str, str], ...]:
    return (*_CORS, ("X-Home-Region", region), ("X-API-Domain", domain), _HSTS)
