"""Hosts and ports that a user names, checked before anything is started."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address
from typing import NamedTuple

from notify_mock.support.usage import UsageError, shown


class Address(NamedTuple):
    """``port`` 0 stands for any free one."""

    host: str
    port: int


def read_address(host: object, port: object) -> Address:
    """Raises ``UsageError`` that names ``host`` or ``port``."""
    if not isinstance(host, str) or not host or not host.isprintable():
        raise UsageError("host", f"{shown(host)} is no address", "give one such as 127.0.0.1")
    if isinstance(port, bool) or not isinstance(port, int) or not 0 <= port <= 65535:
        raise UsageError("port", f"{shown(port)} is no port", "give 0 to 65535; 0 picks a free one")
    return Address(host, port)


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches ``host``, a name or an IP address."""
    if host.lower() == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def read_url(given: str) -> str:
    """``http://127.0.0.1:8010`` without a slash at the end. Raises ``UsageError``."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(given)
        complete = parts.scheme == "http" and parts.hostname and parts.port and parts.path in ("", "/")
    except ValueError:
        complete = False
    if not complete:
        raise UsageError("url", f"{shown(given)} is no base URL", "give one such as http://127.0.0.1:8010")
    return given.rstrip("/")


def read_hosts(given: object) -> frozenset[str]:
    """Names of hosts, in lower case. Raises ``UsageError``."""
    names = [given] if isinstance(given, str) or not isinstance(given, Iterable) else list(given)
    return frozenset(_read_host(name) for name in names)


def _read_host(name: object) -> str:
    if not isinstance(name, str) or not name or any(sign in name for sign in "/@: "):
        raise UsageError("callback_hosts", f"{shown(name)} is no host name", 'give one such as "app.internal"')
    return name.lower().rstrip(".")
