"""The guard below all clients: no name of Twilio's is looked up, by whatever way it comes."""

from __future__ import annotations

import socket
from collections.abc import Callable
from functools import wraps
from typing import Any

from notify_mock.interception.patches import Patch
from notify_mock.interception.routing import Switchboard


def guard(board: Switchboard) -> list[Patch]:
    names = [Patch(socket, name, lambda original: _looking_up(board, original)) for name in LOOK_UPS]
    return names + [Patch(socket.socket, name, lambda original: _joining(board, original)) for name in JOINS]


LOOK_UPS = ("getaddrinfo", "gethostbyname", "gethostbyname_ex")
JOINS = ("connect", "connect_ex")


def _looking_up(board: Switchboard, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def look_up(host: Any, *args: Any, **options: Any) -> Any:
        board.guard(_text(host))
        return original(host, *args, **options)

    return look_up


def _joining(board: Switchboard, original: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(original)
    def join(connection: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address:
            board.guard(_text(address[0]))
        return original(connection, address)

    return join


def _text(host: object) -> str:
    return host.decode("latin-1") if isinstance(host, bytes) else str(host or "")
