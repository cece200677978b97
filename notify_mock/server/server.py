"""A threaded HTTP/1.1 server on one socket, for the emulator mounted on it."""

from __future__ import annotations

import errno
import socket
from threading import Thread
from typing import Any

from werkzeug.serving import ThreadedWSGIServer

from notify_mock.server.connection import Connection, no_emulator
from notify_mock.server.connections import Connections
from notify_mock.server.outgoing import LOG, Served
from notify_mock.server.proxy import OtherHosts, Policy, read_other_hosts
from notify_mock.server.tls import Tls
from notify_mock.support.address import read_address
from notify_mock.support.usage import UsageError

_POLL_SECONDS = 0.02
_BACKLOG = 1024


class Server:
    """Binds immediately, in the caller's thread; raises ``UsageError`` when it can't. ``port`` 0 picks a free port.

    ``mounted`` may be replaced while the server runs; without an emulator, every request is answered 400. The port is
    also a forward proxy; ``other_hosts`` is the policy for hosts that aren't Twilio's. With ``speaks_tls``, the port
    accepts TLS as well as plain HTTP; ``UsageError`` if the certificate authority cannot be used.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        mounted: Served | None = None,
        *,
        other_hosts: OtherHosts = "refuse",
        speaks_tls: bool = False,
    ) -> None:
        host, port = read_address(host, port)
        self._mounted: Served | None = None
        self.policy, self.tls, self.speaks_tls = Policy(read_other_hosts(other_hosts, host)), Tls(), speaks_tls
        if speaks_tls:
            self.tls.prepare()
        with _bind(host, port) as bound:
            self._listener = _Listener(self, host, port, bound.fileno())
        self.mounted = mounted
        self._thread: Thread | None = None

    def __repr__(self) -> str:
        return f"<Server {self.url}>"

    @property
    def mounted(self) -> Served | None:
        """The emulator that answers. It knows the port, since it sends no delivery callbacks to itself."""
        return self._mounted

    @mounted.setter
    def mounted(self, emulator: Served | None) -> None:
        if self._mounted is not None:
            self._mounted.own_ports.discard(self._listener.port)
        if emulator is not None:
            emulator.own_ports.add(self._listener.port)
        self._mounted = emulator

    @property
    def url(self) -> str:
        """``http://127.0.0.1:8010``, without a slash at the end."""
        host = self._listener.host
        return f"http://{f'[{host}]' if ':' in host else host}:{self._listener.port}"

    @property
    def address(self) -> tuple[str, int]:
        """The address that a client on this machine connects to."""
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - the user chose it
        return here.get(self._listener.host, self._listener.host), self._listener.port

    def start(self) -> None:
        """Serve in a new thread."""
        self._thread = Thread(
            target=self._listener.serve_forever, args=(_POLL_SECONDS,), name="notify-mock-server", daemon=True
        )
        self._thread.start()

    def serve_here(self) -> None:
        """Serve in this thread until a KeyboardInterrupt."""
        self._listener.serve_forever()

    def stop(self) -> None:
        """Close the socket and every connection, and wait for their threads."""
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join()
            self._thread = None
        self._listener.server_close()
        self._listener.connections.close()
        self.mounted = None


def _bind(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            wrong = f"{port} on {host} is already in use"
            raise UsageError("port", wrong, "stop the other server, or use port 0 to pick a free port") from error
        raise UsageError("host", f"cannot listen on {host}, port {port}: {error.strerror}") from error


class _Listener(ThreadedWSGIServer):
    """Tracks its connections, so that none outlives it."""

    def __init__(self, server: Server, host: str, port: int, fd: int) -> None:
        self._owner = server
        self.connections = Connections()
        self.policy, self.tls, self.speaks_tls = server.policy, server.tls, server.speaks_tls
        super().__init__(host, port, self._app, Connection, fd=fd)

    @property
    def mounted(self) -> Served | None:
        return self._owner.mounted

    def _app(self, environ: Any, start_response: Any) -> Any:
        mounted = self.mounted
        return mounted.app(environ, start_response) if mounted else _no_emulator(environ, start_response)

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = Thread(
            target=self.process_request_thread, args=(request, client_address), name="notify-mock-call", daemon=True
        )
        self.connections.add(request, thread)
        thread.start()

    def shutdown_request(self, request: Any) -> None:
        connection, is_reset = self.connections.remove(request)
        if is_reset:
            self.close_request(connection)
        else:
            super().shutdown_request(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - werkzeug's signature
        LOG.debug("connection of %s broke", client_address, exc_info=True)

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ARG002 - werkzeug's signature
        LOG.debug(message, *args)


def _no_emulator(environ: Any, start_response: Any) -> list[bytes]:
    answer = no_emulator(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
    start_response("400 BAD REQUEST", answer.headers)
    return [answer.body]
