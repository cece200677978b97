"""Who answers for a host that a client in this process asks for: the emulator, the real one, or nobody."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from sysconfig import get_paths
from traceback import extract_stack
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from weakref import WeakSet

from notify_mock.protocol.hosts import is_twilio, plain
from notify_mock.protocol.products import product_at
from notify_mock.protocol.redaction import show_text
from notify_mock.server.proxy import ESTABLISHED
from notify_mock.support.usage import UsageError, shown

if TYPE_CHECKING:
    from notify_mock.core.engine import Engine
    from notify_mock.server.shared_server import SharedServer


_REAL_REQUESTS_ALLOWED = ContextVar("notify_mock_for_real", default=False)


@contextmanager
def allow_real_requests() -> Iterator[None]:
    """Whoever asks Twilio inside it has been told to by the user: an upstream to record is not to be the emulator."""
    token = _REAL_REQUESTS_ALLOWED.set(True)
    try:
        yield
    finally:
        _REAL_REQUESTS_ALLOWED.reset(token)


class EscapedRequest(RuntimeError):
    """A request would have gone to the real Twilio. It is no network error, so that nobody tries it again."""


class Router:
    """``allow_real`` are hosts that may be reached for real. Raises ``UsageError`` for one that isn't Twilio's.

    ``escaped`` tells of each request that was stopped.
    """

    def __init__(self, engine: Engine, server: SharedServer, allow_real: Iterable[str], *, real_time: bool) -> None:
        self.engine, self.real_time = engine, real_time
        self.is_active, self.is_open = False, True
        self.escaped: list[str] = []
        self._server = server
        self._allowed = _read_hosts(allow_real)
        self._connections: WeakSet[socket.socket] = WeakSet()

    @property
    def proxy_url(self) -> str:
        """The emulator's server, as a proxy."""
        return self._server.url

    @property
    def tls_context(self) -> ssl.SSLContext:
        """What a client needs to trust the server behind the proxy."""
        return self._server.server.tls.client_context

    def is_emulated(self, host: str, method: str = "", url: str = "") -> bool:
        """Whether the emulator answers for ``host``; ``method`` and ``url`` are those of the request, where known.

        False for what goes its way as ever. Raises ``EscapedRequest``.
        """
        name = plain(host)
        if not self.is_active or not is_twilio(name) or name in self._allowed or _REAL_REQUESTS_ALLOWED.get():
            return False
        if product_at(name):
            return True
        raise self.block(
            f"{_request(name, method, url)} would have gone to the real Twilio, since {name} isn't emulated; "
            f"intercept(allow_real=[{name!r}]) lets it"
        )

    def check_host(self, host: str) -> None:
        """Let no connection be made but those of the clients that are intercepted. Raises ``EscapedRequest``."""
        name = plain(host)
        if self.is_emulated(name):
            raise self.block(
                f"a client that can't be intercepted has asked for {name}; those that can are the Twilio SDK, "
                "requests, urllib3, http.client, httpx and aiohttp; give this one the emulator's url"
            )

    def block(self, text: str) -> EscapedRequest:
        """The error to raise, kept on record."""
        text += _from_where()
        self.escaped.append(text)
        return EscapedRequest(f"notify_mock: {text}")

    def connect(self, host: str, port: int, *, tls: bool) -> socket.socket:
        """A connection on which the emulator is ``host``."""
        server, host = self._server.server, plain(host)
        with ExitStack() as stack:
            connection = stack.enter_context(socket.create_connection(server.address))
            connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            if connection.recv(len(ESTABLISHED), socket.MSG_WAITALL) != ESTABLISHED:
                raise ConnectionError(f"the emulator at {server.url} is no proxy for {host}")
            if tls:
                connection = self.tls_context.wrap_socket(connection, server_hostname=host)
            stack.pop_all()
        self._connections.add(connection)
        return connection

    def is_own_connection(self, connection: object) -> bool:
        """Whether it was made by ``connect``."""
        return connection in self._connections

    def close_connections(self) -> None:
        """Connections that a client keeps for later lead to the emulator no more."""
        for connection in list(self._connections):
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _from_where() -> str:
    """The nearest caller that is neither a library's nor ours."""
    foreign = (str(Path(__file__).parents[1]), *(get_paths()[name] for name in ("stdlib", "purelib", "platlib")))
    for frame in reversed(extract_stack()):
        if not frame.filename.startswith((*foreign, "<")):
            return f" (asked for in {frame.filename}, line {frame.lineno})"
    return ""


def _request(host: str, method: str, url: str) -> str:
    """What is known of a request, without what may be secret in it."""
    if not url:
        return f"a connection to {host}"
    return f"{method.upper()} {url.partition('://')[0]}://{host}{show_text(urlsplit(url).path)}"


def _read_hosts(given: Iterable[str]) -> frozenset[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UsageError("allow_real", f"{shown(given)} is no list", "give host names, such as ['api.twilio.com']")
    names = list(given)
    for name in names:
        if not isinstance(name, str) or not is_twilio(plain(name)):
            raise UsageError("allow_real", f"{shown(name)} is no host of Twilio's", "give one such as 'api.twilio.com'")
    return frozenset(plain(name) for name in names)
