"""Rewriting the URLs in recorded bodies to the address where they are replayed."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote_plus

from notify_mock.twilio_api.products import resolve_endpoint

HERE = "origin:"
"""Replaces the address of a request when two requests are compared."""


def origin(scheme: str, host: str, path: str) -> str:
    """Return the address of the requested API up to its version: ``https://notify.twilio.com/v1``,
    ``http://127.0.0.1:8010/chat/v2``."""
    return f"{scheme}://{host}{resolve_endpoint(host, path).base}"


@lru_cache(maxsize=256)
def _pattern(old: str) -> re.Pattern[bytes]:
    escaped = old.replace("/", "\\/")
    forms = "|".join(re.escape(form) for form in dict.fromkeys((old, escaped, quote_plus(old))))
    return re.compile(rf"({forms})(?![\w.:-])".encode())


def relocate(body: bytes, old: str, new: str) -> bytes:
    """Return ``body`` with ``old`` replaced by ``new`` in its URLs, also where JSON or a query escapes them."""
    if old == new or (b"://" not in body and b":\\/\\/" not in body and b"%3A%2F%2F" not in body):
        return body

    def moved(match: re.Match[bytes]) -> bytes:
        found = match[1]
        if b"\\/" in found:
            return new.replace("/", "\\/").encode()
        return (quote_plus(new) if b"%2F" in found else new).encode()

    return _pattern(old).sub(moved, body)
