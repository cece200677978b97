"""What a request is for: this server, or another host to which the server is a proxy."""

from __future__ import annotations

from typing import NamedTuple

from notify_mock.http1.requests import Head
from notify_mock.server.proxy import Policy
from notify_mock.support.address import Address
from notify_mock.twilio_api.errors import MalformedRequest
from notify_mock.twilio_api.hosts import Destination, read_destination

_PORTS = {"http": 80, "https": 443}


class Here(NamedTuple):
    """A request that is answered here, with the scheme and host that its client used."""

    scheme: str
    host: str


class Tunnel(NamedTuple):
    """A CONNECT. The server is the destination itself, or passes bytes on to it."""

    destination: Destination
    is_emulated: bool


class Forwarded(NamedTuple):
    """A request to be sent on to another host."""

    destination: Destination


def find_purpose(
    head: Head, scheme: str, tunnel: Destination | None, own: Address, policy: Policy
) -> Here | Tunnel | Forwarded:
    """Return what a request is for. ``tunnel`` is the destination of the CONNECT that the request came through.

    The tunnel's host takes precedence over the target's, and that over the Host header (RFC 9112, 3.2.2). Raises
    ``Refusal`` for a host that the policy refuses, and ``MalformedRequest``.
    """
    target = head.target
    if head.method == "CONNECT":
        return _connected(target, tunnel, policy)
    if tunnel is not None:
        return Here(scheme, authority_of(scheme, tunnel))
    host = head.fields.headers["host"] if "host" in head.fields.headers else str(own)
    if target.startswith("/"):
        return Here(scheme, host)
    named, separator, rest = target.partition("://")
    named = named.lower()
    if not separator or named not in _PORTS:
        return Here(scheme, host)
    authority = rest.partition("/")[0].partition("?")[0]
    destination = read_destination(authority, _PORTS[named])
    if destination is None:
        raise MalformedRequest("the request target is not a URL", what="invalid request target")
    if _is_own(destination, own):
        return Here(scheme, authority)
    if policy.is_emulated(destination):
        return Here(named, authority_of(named, destination))
    return Forwarded(destination)


def authority_of(scheme: str, destination: Destination) -> str:
    """Return the destination as in a Host header."""
    return destination.host if destination.port == _PORTS[scheme] else str(destination)


def _connected(target: str, tunnel: Destination | None, policy: Policy) -> Tunnel:
    destination = read_destination(target)
    if destination is None or tunnel is not None:
        raise MalformedRequest(
            "CONNECT needs a host and a port, and cannot be used inside a tunnel", what="invalid CONNECT"
        )
    return Tunnel(destination, policy.is_emulated(destination))


def _is_own(destination: Destination, own: Address) -> bool:
    """Whether ``destination`` is this server."""
    everywhere = own.host in ("0.0.0.0", "::")  # noqa: S104 - the user chose it
    names = ("localhost", "127.0.0.1", "::1", own.host)
    return destination.port == own.port and (everywhere or destination.host in names)
