"""Responses as bytes, with the headers that belong to the connection."""

from __future__ import annotations

from functools import lru_cache

from notify_mock.twilio_api.headers import Headers, phrase
from notify_mock.twilio_api.messages import Wire

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

_WITHOUT_BODY = ("204", "304")


@lru_cache(maxsize=64)
def status_of(status: int) -> str:
    """Return what follows ``HTTP/1.1``, such as ``200 OK``."""
    return f"{status} {phrase(status) or 'UNKNOWN'}"


def head_of(status: str, headers: Headers, body: bytes, *, keeps_open: bool) -> tuple[bytes, bool]:
    """Return the head of a response, and whether the connection can stay open.

    It can't if the client would not find the end of the body. ``Connection`` follows ``Content-Length``, which is added
    if it is missing.
    """
    lines = [f"HTTP/1.1 {status}"]
    at = 0
    for name, value in headers:
        lines.append(f"{name}: {value}")
        if name == "Content-Length" or name.lower() == "content-length":
            at = len(lines)
            keeps_open = keeps_open and (not body or value == str(len(body)))
    connection = "Connection: keep-alive" if keeps_open else "Connection: close"
    if at:
        lines.insert(at, connection)
    else:
        lines += [connection] if status[:3] in _WITHOUT_BODY else [f"Content-Length: {len(body)}", connection]
    lines.append("\r\n")
    return "\r\n".join(lines).encode("latin-1"), keeps_open


def pieces_of(body: bytes, wire: Wire) -> list[bytes]:
    """Return the part of the body that is sent, in its pieces; at least one."""
    body = body[: wire.sent]
    size = max(1, -(-len(body) // wire.pieces))
    return [body[start : start + size] for start in range(0, len(body), size)] or [b""]
