"""Responses as bytes, with the headers that belong to the connection."""

from __future__ import annotations

from functools import lru_cache

from notify_mock.twilio_api.headers import Headers, phrase
from notify_mock.twilio_api.messages import Wire

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_WITHOUT_BODY = ("204", "304")
_KEEP_ALIVE, _CLOSE = "Connection: keep-alive", "Connection: close"


@lru_cache(maxsize=64)
def status_of(status: int) -> str:
    """Return what follows ``HTTP/1.1``, such as ``200 OK``."""
    return f"{status} {phrase(status) or 'UNKNOWN'}"


def head_of(
    status: str, headers: Headers, body: bytes, *, keeps_open: bool, is_head: bool = False
) -> tuple[bytes, bool]:
    """Return the head of a response, and whether the connection can stay open.

    It can't if the client would not find the end of the body. ``Connection`` follows ``Content-Length``, which is added
    if it is missing, except for HEAD: the length of what GET would get is not known.
    """
    lines = list(map(": ".join, headers))
    at = _find_length(headers)
    if at is not None:
        keeps_open = keeps_open and (not body or headers[at][1] == str(len(body)))
    elif status[:3] not in _WITHOUT_BODY and not is_head:
        at = len(lines)
        lines.append(f"Content-Length: {len(body)}")
    lines.insert(len(lines) if at is None else at + 1, _KEEP_ALIVE if keeps_open else _CLOSE)
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "\r\n"]).encode("latin-1"), keeps_open


def _find_length(headers: Headers) -> int | None:
    """Return the index of Content-Length. Most responses have it in the third place."""
    if len(headers) > 2 and headers[2][0] == "Content-Length":
        return 2
    return next((at for at, (name, _) in enumerate(headers) if name.lower() == "content-length"), None)


def pieces_of(body: bytes, wire: Wire) -> list[bytes]:
    """Return the part of the body that is sent, in its pieces; at least one."""
    body = body[: wire.sent]
    size = max(1, -(-len(body) // wire.pieces))
    return [body[start : start + size] for start in range(0, len(body), size)] or [b""]
