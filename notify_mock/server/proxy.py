"""The server as a forward proxy: which hosts it impersonates, tunnels to, and refuses."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from ipaddress import ip_address
from threading import Lock
from typing import Literal, get_args

from notify_mock.support.address import is_loopback
from notify_mock.support.usage import UsageError, nearest, shown
from notify_mock.twilio_api.hosts import Destination, is_twilio
from notify_mock.twilio_api.products import product_at

OtherHosts = Literal["refuse", "tunnel"]
OTHER_HOSTS: tuple[OtherHosts, ...] = get_args(OtherHosts)

_MAX_NAMES = 1000


def read_other_hosts(given: object, host: str) -> OtherHosts:
    """Return the policy for a server that listens on ``host``. Raises ``UsageError``."""
    if given not in OTHER_HOSTS:
        raise UsageError("other_hosts", f"unknown policy {shown(given)}", nearest(str(given), OTHER_HOSTS))
    if given == "tunnel" and not is_loopback(host):
        raise UsageError("other_hosts", f"tunnel on {host} would make the server an open proxy", "listen on 127.0.0.1")
    return "tunnel" if given == "tunnel" else "refuse"


def no_stubs(_host: str) -> bool:
    """Without an emulator, no host has a stub."""
    return False


class Refusal(Exception):
    """A destination is refused; the text is one line that names it."""


class Policy:
    """Which destinations are emulated, tunnelled to or refused.

    Twilio's hosts are never tunnelled to, so that no request meant for the emulator reaches the real service.
    ``is_stubbed`` says whether the emulator answers for a host of Twilio's that it does not emulate. ``refused``
    counts the refused requests by host.
    """

    def __init__(self, other_hosts: OtherHosts = "refuse") -> None:
        self.other_hosts = other_hosts
        self.is_stubbed: Callable[[str], bool] = no_stubs
        self.refused: Counter[str] = Counter()
        self._lock = Lock()

    def is_emulated(self, destination: Destination) -> bool:
        """Whether to impersonate ``destination`` (True) or tunnel to it (False). Raises ``Refusal``."""
        if product_at(destination.host) or self.is_stubbed(destination.host):
            return True
        if is_twilio(destination.host):
            raise self._refuse(destination, f"is not emulated; use --stub {destination.host}=404 to answer it")
        if self.other_hosts == "refuse":
            raise self._refuse(destination, "is not a Twilio host; use --other-hosts tunnel to allow it")
        if _is_public(destination.host):
            raise self._refuse(destination, "is a public address that may belong to Twilio; use the host name")
        return False

    def _refuse(self, destination: Destination, reason: str) -> Refusal:
        with self._lock:
            if len(self.refused) < _MAX_NAMES or destination.host in self.refused:
                self.refused[destination.host] += 1
        return Refusal(f"{destination.host} {reason}")


def _is_public(host: str) -> bool:
    """Whether ``host`` is a public address in any notation: ``8.8.8.8``, ``0x08080808``, ``134744072``."""
    try:
        return ip_address(host).is_global
    except ValueError:
        with suppress(OSError):
            return ip_address(socket.inet_aton(host)).is_global
        return False
