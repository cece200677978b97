"""Checks where a callback may go: to this machine, or to a host in ``callback_hosts``."""

from __future__ import annotations

import socket
from collections.abc import Container
from typing import NamedTuple

from notify_mock.deliveries.callback import PORTS, split_http
from notify_mock.support.address import LOCALHOST, canonical_host, is_loopback
from notify_mock.support.usage import shown

_MAX_LABEL = 63
_LOOPBACK = ("127.0.0.1", "::1")


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


def find_target(url: str, allowed: Container[str], own_ports: Container[int] = (), origin: str = "") -> Target:
    """Return the target of a callback URL. Raises ``Forbidden``.

    ``allowed`` are hosts, each with or without a port. ``own_ports`` are those that serve the emulator. ``origin`` is
    the web page of another machine that set the URL, or ""; it may only name what is allowed. Resolves only allowed
    hosts: any other lookup would already leave the machine.
    """
    parts = split_http(url)
    if parts is None or not url.isascii() or not url.isprintable() or " " in url:
        raise Forbidden("the callback URL is not an http or https URL")
    if "@" in parts.netloc or "\\" in url:
        raise Forbidden("the callback URL contains a user name or a backslash")
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or PORTS[parts.scheme]
    if not all(0 < len(label) <= _MAX_LABEL for label in host.split(".")):
        raise Forbidden(f"{shown(host)} is not a host name")
    name = canonical_host(host)
    if name not in allowed and f"{name}:{port}" not in allowed:
        if name != LOCALHOST:
            remedy = "add it to callback_hosts to allow it, or in a test mount your app with callbacks.mount(app)"
            raise Forbidden(f"{host} is not this machine; {remedy}")
        if origin:
            remedy = f"add {name}:{port} to callback_hosts to allow it"
            raise Forbidden(f"the callback URL was set by a web page of another machine, {shown(origin)}; {remedy}")
    addresses = _local(host) if name == LOCALHOST else _resolve(host, port)
    if port in own_ports and any(map(_is_here, addresses)):
        raise Forbidden(f"port {port} is the emulator's own; callbacks to it are not sent")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port, path, addresses)


def _local(host: str) -> tuple[str, ...]:
    """Return the loopback addresses of a name or address of this machine, without a lookup."""
    return (host,) if host != LOCALHOST and is_loopback(host) else _LOOPBACK


def _resolve(host: str, port: int) -> tuple[str, ...]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Forbidden(f"{host} has no address") from error
    return tuple(dict.fromkeys(str(address[4][0]) for address in found))


def _is_here(address: str) -> bool:
    """Return whether an address belongs to this machine: only then can a socket be bound to it."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
