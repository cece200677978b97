"""Guard below all clients: blocks every lookup of and connection to a Twilio host."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import wraps
from typing import Any

from notify_mock.interception.patches import Patch
from notify_mock.interception.routing import Router


def guard(router: Router) -> list[Patch]:
    names = [Patch(socket, name, lambda original: _lookup(router, original)) for name in LOOKUPS]
    return names + [Patch(socket.socket, name, lambda original: _connect(router, original)) for name in CONNECTS]


LOOKUPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
CONNECTS = ("connect", "connect_ex")


def _lookup(router: Router, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        router.check_host(_text(host))
        return original(host, *args, **options)

    return look_up


def _connect(router: Router, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def join(connection: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address:
            router.check_host(_text(address[0]))
        return original(connection, address)

    return join


def _text(host: object) -> str:
    return host.decode("latin-1") if isinstance(host, bytes) else str(host or "")
