"""Normalize host names, and recognize Twilio's."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

TWILIO = "twilio.com"

_LONG_URL = 4096
_SIMPLE_URL = re.compile(r"(https?)://([\w.:-]+)((?:/(?!\.)[\w.-]*)+)", re.ASCII)
_HOST = r"[A-Za-z0-9_.-]+|\[[0-9A-Fa-f:.]+\]"
_AUTHORITY = re.compile(rf"({_HOST})(?::([0-9]{{1,5}}))?", re.ASCII)


class Destination(NamedTuple):
    """Host and port of a connection. ``host`` is normalized; an IPv6 address has no brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_destination(authority: str, default_port: int | None = None) -> Destination | None:
    """Parse the authority of a CONNECT request or an absolute target, such as ``notify.twilio.com:443``.

    Returns None if it has user info, a host name that is not ASCII, an invalid port, or neither a port nor a
    ``default_port``.
    """
    found = _AUTHORITY.fullmatch(authority)
    if not found:
        return None
    port = int(found[2]) if found[2] else default_port
    host = plain(found[1].strip("[]"))
    return Destination(host, port) if host and port and port <= 65535 else None


@lru_cache(maxsize=256)
def plain(name: str) -> str:
    """Return the host name in lower case, without a trailing dot, in ASCII, as a resolver would look it up."""
    if not name.isascii():
        with suppress(UnicodeError):  # no resolver finds such a name
            name = name.encode("idna").decode()
    return name.rstrip(".").lower()


def is_twilio(host: str) -> bool:
    """Return whether the normalized name ``host`` belongs to Twilio, emulated or not."""
    return host == TWILIO or host.endswith("." + TWILIO)


@lru_cache(maxsize=256)
def split_url(url: str) -> tuple[str, str, str] | None:
    """Return scheme, host and path of a URL, or None if ``requests`` would change anything in it."""
    simple = _SIMPLE_URL.fullmatch(url) if len(url) <= _LONG_URL else None
    return (simple[1], simple[2], simple[3]) if simple else None
