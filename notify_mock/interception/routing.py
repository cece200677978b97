"""Decides whether a request from this process goes to the emulator, to the real host, or is blocked."""

from __future__ import annotations

import os
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

from notify_mock.server.relay import ESTABLISHED
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.hosts import is_twilio, plain
from notify_mock.twilio_api.masking import show_text
from notify_mock.twilio_api.products import product_at

if TYPE_CHECKING:
    from notify_mock.engine.engine import Engine
    from notify_mock.server.shared_server import SharedServer


_REAL_REQUESTS_ALLOWED = ContextVar("notify_mock_for_real", default=False)


@contextmanager
def allow_real_requests() -> Iterator[None]:
    """Let requests inside it reach the real Twilio, as recording from an upstream must."""
    token = _REAL_REQUESTS_ALLOWED.set(True)
    try:
        yield
    finally:
        _REAL_REQUESTS_ALLOWED.reset(token)


class EscapedRequest(RuntimeError):
    """A request to the real Twilio was blocked. Not a network error, so that clients do not retry it."""


class Router:
    """Routes requests by host.

    ``allow_real``: Twilio hosts that clients may really connect to. Raises ``UsageError`` for any other host.
    Without ``emulates``, requests to emulated hosts are blocked too. ``escaped`` lists the blocked requests.
    """

    def __init__(
        self,
        engine: Engine,
        server: SharedServer,
        allow_real: Iterable[str],
        *,
        real_time: bool,
        emulates: bool = True,
    ) -> None:
        self.engine, self.real_time, self._emulates = engine, real_time, emulates
        self.is_active, self.is_open = False, True
        self.escaped: list[str] = []
        self._server = server
        self._allowed = _read_hosts(allow_real)
        self._connections: WeakSet[socket.socket] = WeakSet()

    @property
    def proxy_url(self) -> str:
        """The URL of the emulator's server, as a proxy."""
        return self._server.url

    @property
    def tls_context(self) -> ssl.SSLContext:
        """A TLS context that trusts the server behind the proxy."""
        return self._server.server.tls.client_context

    def is_emulated(self, host: str, method: str = "", url: str = "") -> bool:
        """Whether the emulator answers for ``host``. False: the request is not redirected.

        ``method`` and ``url`` are those of the request, if known. Raises ``EscapedRequest``.
        """
        __tracebackhide__ = True
        name = plain(host)
        if not self.is_active or not is_twilio(name) or name in self._allowed or _REAL_REQUESTS_ALLOWED.get():
            return False
        if not self._emulates:
            raise self.block(
                f"blocked {_request(name, method, url)} outside of an emulator; "
                "use the fixture notify_mock or notify_mock.intercept()"
            )
        if product_at(name) or self.engine.stubs.answer_for(name):
            return True
        raise self.block(
            f"blocked {_request(name, method, url)}: {name} is not emulated; use stubs=['{name}=404'] to answer it, or "
            f"allow_real=[{name!r}] to let it reach the real Twilio, in @pytest.mark.notify_mock(...) or intercept(...)"
        )

    def check_host(self, host: str) -> None:
        """Block connections of clients that cannot be intercepted. Raises ``EscapedRequest``."""
        __tracebackhide__ = True
        name = plain(host)
        if self.is_emulated(name):
            raise self.block(
                f"cannot intercept this client's request to {name}. Supported clients: the Twilio SDK, requests, "
                "urllib3, http.client, httpx, httpx2 and aiohttp. Set this client's base URL to the emulator's url"
            )

    def block(self, text: str) -> EscapedRequest:
        """Add ``text`` to ``escaped`` and return the error to raise."""
        text += _from_where() if self._emulates else f"{_from_where()} {_in_which_test()}"
        self.escaped.append(text)
        return EscapedRequest(f"notify_mock: {text}")

    def connect(self, host: str, port: int, *, tls: bool) -> socket.socket:
        """Return a connection on which the emulator impersonates ``host``."""
        server, host = self._server.server, plain(host)
        with ExitStack() as stack:
            connection = stack.enter_context(socket.create_connection(server.address))
            connection.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
            if connection.recv(len(ESTABLISHED), socket.MSG_WAITALL) != ESTABLISHED:
                raise ConnectionError(f"the emulator at {server.url} refused to act as a proxy for {host}")
            if tls:
                connection = self.tls_context.wrap_socket(connection, server_hostname=host)
            stack.pop_all()
        self._connections.add(connection)
        return connection

    def is_own_connection(self, connection: object) -> bool:
        """Whether it was made by ``connect``."""
        return connection in self._connections

    def close_connections(self) -> None:
        """Close the connections that clients keep open to the emulator."""
        for connection in list(self._connections):
            with suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)


def _from_where() -> str:
    """Return the nearest caller outside of libraries and this package."""
    foreign = (str(Path(__file__).parents[1]), *(get_paths()[name] for name in ("stdlib", "purelib", "platlib")))
    for frame in reversed(extract_stack()):
        if not frame.filename.startswith((*foreign, "<")):
            return f" (at {frame.filename}, line {frame.lineno})"
    return ""


def _in_which_test() -> str:
    """Return the running test, with its phase, as pytest names it."""
    return f"in {os.environ.get('PYTEST_CURRENT_TEST', 'no test')}"


def _request(host: str, method: str, url: str) -> str:
    """Return a description of a request, with possible secrets removed."""
    if not url:
        return f"a connection to {host}"
    return f"{method.upper()} {url.partition('://')[0]}://{host}{show_text(urlsplit(url).path)}"


def _read_hosts(given: Iterable[str]) -> frozenset[str]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UsageError("allow_real", f"expected a list of hosts such as ['api.twilio.com'], got {shown(given)}")
    names = list(given)
    for name in names:
        if not isinstance(name, str) or not is_twilio(plain(name)):
            raise UsageError(
                "allow_real", f"{shown(name)} is not a Twilio host", "expected a name such as 'api.twilio.com'"
            )
    return frozenset(plain(name) for name in names)
