"""Host names as clients write them: read into one spelling, and told apart by whose they are."""

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
    """Where a connection is to go; ``host`` is spelled plainly, an IPv6 address has no brackets."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_destination(authority: str, default_port: int | None = None) -> Destination | None:
    """``notify.twilio.com:443`` as it stands in a CONNECT or an absolute target.

    None for anything else: user info, names that aren't ASCII, no port (without ``default_port``) or a wrong one.
    """
    found = _AUTHORITY.fullmatch(authority)
    if not found:
        return None
    port = int(found[2]) if found[2] else default_port
    host = plain(found[1].strip("[]"))
    return Destination(host, port) if host and port and port <= 65535 else None


@lru_cache(maxsize=256)
def plain(name: str) -> str:
    """A host name in lower case, without the dot at its end, and in ASCII, as a resolver would look it up."""
    if not name.isascii():
        with suppress(UnicodeError):  # then no resolver finds it either
            name = name.encode("idna").decode()
    return name.rstrip(".").lower()


def is_twilio(host: str) -> bool:
    """Whether the plain name ``host`` is Twilio's, emulated or not."""
    return host == TWILIO or host.endswith("." + TWILIO)


@lru_cache(maxsize=256)
def split_url(url: str) -> tuple[str, str, str] | None:
    """Scheme, host and path of a URL with nothing in it that ``requests`` would change, else None."""
    simple = _SIMPLE_URL.fullmatch(url) if len(url) <= _LONG_URL else None
    return (simple[1], simple[2], simple[3]) if simple else None
