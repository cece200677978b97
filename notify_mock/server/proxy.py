"""What the server does as a forward proxy: whom it stands in for, whom it lets through, and whom it refuses."""

from __future__ import annotations

import socket
from collections import Counter
from contextlib import suppress
from ipaddress import ip_address
from threading import Lock, Thread
from typing import Literal, get_args

from notify_mock.protocol.hosts import Destination, is_twilio
from notify_mock.protocol.products import product_at
from notify_mock.support.address import is_loopback
from notify_mock.support.usage import UsageError, nearest, shown

OtherHosts = Literal["refuse", "tunnel"]
OTHER_HOSTS: tuple[OtherHosts, ...] = get_args(OtherHosts)

ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
"""The answer to a CONNECT. Exactly so, without a header: the SDK for PHP looks for this line."""

_CONNECT_SECONDS = 30
_IDLE_SECONDS = 300
_CHUNK = 65536
_MAX_NAMES = 1000


def read_other_hosts(given: object, host: str) -> OtherHosts:
    """The policy of a server that listens on ``host``. Raises ``UsageError``."""
    if given not in OTHER_HOSTS:
        raise UsageError("other_hosts", f"{shown(given)} is no policy", nearest(str(given), OTHER_HOSTS))
    if given == "tunnel" and not is_loopback(host):
        raise UsageError("other_hosts", f"tunnel on {host} would be an open relay", "listen on 127.0.0.1")
    return "tunnel" if given == "tunnel" else "refuse"


class Refusal(Exception):
    """A destination that isn't served; its text is one line that names it."""


class Policy:
    """Twilio's hosts never are tunnelled, so that nothing meant for the emulator reaches the real service.

    ``refused`` counts the destinations that were asked for in vain.
    """

    def __init__(self, other_hosts: OtherHosts = "refuse") -> None:
        self.other_hosts = other_hosts
        self.refused: Counter[str] = Counter()
        self._lock = Lock()

    def is_emulated(self, destination: Destination) -> bool:
        """Whether the emulator stands in for it; otherwise it may be tunnelled to. Raises ``Refusal``."""
        if product_at(destination.host):
            return True
        if is_twilio(destination.host):
            raise self._refuse(destination, "isn't emulated, and nothing goes to the real Twilio")
        if self.other_hosts == "refuse":
            raise self._refuse(destination, "isn't Twilio; --other-hosts tunnel lets it through")
        if _is_public(destination.host):
            raise self._refuse(destination, "is a public address that might be Twilio's; ask by name")
        return False

    def _refuse(self, destination: Destination, reason: str) -> Refusal:
        with self._lock:
            if len(self.refused) < _MAX_NAMES or destination.host in self.refused:
                self.refused[destination.host] += 1
        return Refusal(f"{destination.host} {reason}")


def _is_public(host: str) -> bool:
    """In any spelling that a resolver reads: ``8.8.8.8``, ``0x08080808``, ``134744072``."""
    try:
        return ip_address(host).is_global
    except ValueError:
        with suppress(OSError):
            return ip_address(socket.inet_aton(host)).is_global
        return False


def reach(destination: Destination) -> socket.socket:
    """A connection to it. Raises ``OSError``."""
    connection = socket.create_connection(destination, timeout=_CONNECT_SECONDS)
    connection.settimeout(_IDLE_SECONDS)
    return connection


def tunnel(client: socket.socket, server: socket.socket) -> None:
    """Carry bytes both ways, each in a thread, until both have ended or nothing has come for a while."""
    back = Thread(target=_carry, args=(server, client), name="notify-mock-tunnel", daemon=True)
    back.start()
    _carry(client, server)
    back.join()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    """One way; its end is passed on, and a broken connection ends the other way too."""
    try:
        while data := source.recv(_CHUNK):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        for one in (source, sink):
            with suppress(OSError):
                socket.socket.shutdown(one, socket.SHUT_RDWR)
