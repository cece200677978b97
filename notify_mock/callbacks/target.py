"""Checks where a callback may go: to this machine, or to a host in ``callback_hosts``."""

from __future__ import annotations

import socket
from collections.abc import Container
from typing import NamedTuple

from notify_mock.deliveries.callback import split_http
from notify_mock.support.address import is_loopback

_LOOPBACK = ("127.0.0.1", "::1")
_PORTS = {"http": 80, "https": 443}


class Target(NamedTuple):
    """The destination of a callback.

    ``addresses`` are the resolved addresses of ``host``. The name isn't resolved again, so that it can't change in
    between. ``path`` includes the query.
    """

    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]


class Forbidden(Exception):
    """The callback must not be sent; the text says why."""


def find_target(url: str, allowed: Container[str]) -> Target:
    """Return the target of a callback URL. Raises ``Forbidden``.

    Resolves only allowed hosts: any other lookup would already leave the machine.
    """
    parts = split_http(url)
    if parts is None or not url.isascii() or not url.isprintable() or " " in url:
        raise Forbidden("the callback URL is not an http or https URL")
    if "@" in parts.netloc or "\\" in url:
        raise Forbidden("the callback URL contains a user name or a backslash")
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or _PORTS[parts.scheme]
    addresses = _local(host) or (_resolve(host, port) if host in allowed else ())
    if not addresses:
        raise Forbidden(f"{host} is not this machine; add it to callback_hosts to allow it")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, addresses)


def _local(host: str) -> tuple[str, ...]:
    """Return the loopback addresses of a name or address of this machine, without a lookup."""
    if host == "localhost" or host.endswith(".localhost"):
        return _LOOPBACK
    return (host,) if is_loopback(host) else ()


def _resolve(host: str, port: int) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Forbidden(f"{host} has no address") from error
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))
