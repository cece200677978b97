"""Adapter for http.client and urllib3 (and so requests): connects to the emulator's server."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from socket import getdefaulttimeout
from typing import Any
from urllib.parse import urlsplit

from notify_mock.interception.patches import Patch
from notify_mock.interception.routing import Router


def standard(router: Router) -> list[Patch]:
    from http.client import HTTPConnection, HTTPSConnection

    return [*_connecting(router, HTTPConnection, HTTPSConnection), _requesting(router, HTTPConnection)]


def urllib3(router: Router) -> list[Patch]:
    from urllib3.connection import HTTPConnection, HTTPSConnection

    return _connecting(router, HTTPConnection, HTTPSConnection)


def _connecting(router: Router, plain: type, secure: type) -> list[Patch]:
    return [
        Patch(plain, "connect", lambda original: _connect(router, original, tls=False)),
        Patch(secure, "connect", lambda original: _connect(router, original, tls=True)),
    ]


def _connect(router: Router, original: Callable[..., Any], *, tls: bool) -> Callable[..., Any]:
    @wraps(original)
    def connect(connection: Any) -> None:
        host, port = _destination(connection)
        if not router.is_emulated(host):
            original(connection)
            return
        connection.sock = router.connect(host, port, tls=tls)
        timeout = connection.timeout
        is_given = timeout is None or isinstance(timeout, (int, float))
        connection.sock.settimeout(timeout if is_given else getdefaulttimeout())
        if hasattr(connection, "is_verified"):
            connection.is_verified = True

    return connect


def _requesting(router: Router, connection_class: type) -> Patch:
    """Handles requests to Twilio on a connection opened earlier, or through a proxy."""

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(original)
        def putrequest(connection: Any, method: str, url: str, *args: Any, **options: Any) -> None:
            host, _ = _destination(connection)
            target = urlsplit(url).hostname if "://" in url else None
            if target and target != host and router.is_emulated(target, method, url):
                raise router.block(f"blocked a request to http://{target} through a proxy; Twilio only supports https")
            is_open = connection.sock is not None and not router.is_own_connection(connection.sock)
            if is_open and router.is_emulated(host):
                connection.close()
            original(connection, method, url, *args, **options)

        return putrequest

    return Patch(connection_class, "putrequest", make)


def _destination(connection: Any) -> tuple[str, int]:
    """Return the final host and port, behind any proxy."""
    if connection._tunnel_host:
        return str(connection._tunnel_host), int(connection._tunnel_port)
    return str(connection.host), int(connection.port)
