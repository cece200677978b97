"""Validate the hosts, ports and URLs that a user gives."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import NamedTuple

from notify_mock.support.usage import UsageError, shown

LOCALHOST = "localhost"

_NAMED = re.compile(r"(\[[0-9a-fA-F.]*:[0-9a-fA-F:.]*\]|[^\s/@:\[\]]+)(?::([0-9]{1,5}))?")
_MAX_ORIGIN = 255


class Address(NamedTuple):
    """A host and a port; port 0 means any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def read_address(host: object, port: object) -> Address:
    """Return the address. Raises ``UsageError`` for ``host`` or ``port``."""
    if not isinstance(host, str) or not host or not host.isprintable():
        raise UsageError("host", f"{shown(host)} is not an address", "expected an address such as 127.0.0.1")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise UsageError("port", f"{shown(port)} is not a port", "expected 0 to 65535 (0 picks a free port)")
    return Address(host, port)


def is_loopback(host: str) -> bool:
    """Return whether ``host``, a name or an IP address, is reachable from this machine only."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback and "%" not in host  # a zone may be any text
    except ValueError:
        return False


def canonical_host(host: str) -> str:
    """Return ``host`` in lower case, without a final dot, IPv6 in brackets; ``localhost`` for every loopback host."""
    bare = host.strip("[]").lower().rstrip(".")
    if is_loopback(bare) or bare.endswith(f".{LOCALHOST}"):
        return LOCALHOST
    return f"[{bare}]" if ":" in bare else bare


def foreign_origin(origin: str | None) -> str:
    """Return the ``Origin`` of a request if it is not a page of this machine, otherwise "".

    Browsers send it with every POST of a page; other clients send none. ``null`` is foreign: any page can cause it.
    """
    if origin is None:
        return ""
    scheme, _, rest = origin.lower().partition("://")
    found = _NAMED.fullmatch(rest)
    is_here = scheme in ("http", "https") and found is not None and canonical_host(found[1]) == LOCALHOST
    return "" if is_here else origin[:_MAX_ORIGIN] or "null"


def read_url(given: str) -> str:
    """Return a base URL such as ``http://127.0.0.1:8010`` without a trailing slash. Raises ``UsageError``."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(given)
        complete = parts.scheme == "http" and parts.hostname and parts.port and parts.path in ("", "/")
        complete = complete and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        complete = False
    if not complete:
        raise UsageError("url", f"{shown(given)} is not a base URL", "expected a URL such as http://127.0.0.1:8010")
    return given.rstrip("/")


def read_hosts(given: object) -> frozenset[str]:
    """Return hosts, each with or without a port, in the form of ``canonical_host``. Raises ``UsageError``."""
    names = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    return frozenset(_read_host(name) for name in names)


def _read_host(name: object) -> str:
    found = _NAMED.fullmatch(name) if isinstance(name, str) else None
    if found is None or not 0 < int(found[2] or 1) <= 65535:
        wrong = f"{shown(name)} is not a host name"
        raise UsageError("callback_hosts", wrong, 'expected a host such as "app.internal" or "127.0.0.1:5000"')
    return canonical_host(found[1]) + (f":{int(found[2])}" if found[2] else "")
