"""Validate the hosts, ports and URLs that a user gives."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import NamedTuple

from notify_mock.support.usage import UsageError, shown


class Address(NamedTuple):
    """A host and a port; port 0 means any free port."""

    host: str
    port: int


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
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_url(given: str) -> str:
    """Return a base URL such as ``http://127.0.0.1:8010`` without a trailing slash. Raises ``UsageError``."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(given)
        complete = parts.scheme == "http" and parts.hostname and parts.port and parts.path in ("", "/")
    except ValueError:
        complete = False
    if not complete:
        raise UsageError("url", f"{shown(given)} is not a base URL", "expected a URL such as http://127.0.0.1:8010")
    return given.rstrip("/")


def read_hosts(given: object) -> frozenset[str]:
    """Return host names in lower case. Raises ``UsageError``."""
    names = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    return frozenset(_read_host(name) for name in names)


def _read_host(name: object) -> str:
    if not isinstance(name, str) or not name or any(sign in name for sign in "/@: "):
        wrong = f"{shown(name)} is not a host name"
        raise UsageError("callback_hosts", wrong, 'expected a name such as "app.internal"')
    return name.lower().rstrip(".")
