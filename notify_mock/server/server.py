"""An HTTP/1.1 server on one socket, for the emulator mounted on it."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from contextlib import suppress
from threading import Event, Thread

from notify_mock.server.channel import Channel
from notify_mock.server.context import Context
from notify_mock.server.proxy import OtherHosts, Policy, no_stubs, read_other_hosts
from notify_mock.server.responder import Served
from notify_mock.server.session import Session
from notify_mock.server.tls import Tls
from notify_mock.support.address import Address, read_address
from notify_mock.support.usage import UsageError

_BACKLOG = 1024
_CHECK_SECONDS = 0.5
_LAST_TURNS = 5


class Server:
    """Binds immediately, in the caller's thread; raises ``UsageError`` when it can't. ``port`` 0 picks a free port.

    ``mounted`` may be replaced while the server runs; without an emulator, every request is answered 400. The port is
    also a forward proxy; ``other_hosts`` is the policy for hosts that aren't Twilio's. With ``speaks_tls``, the port
    accepts TLS as well as plain HTTP; ``UsageError`` if the certificate authority cannot be used. With ``shares_port``,
    other processes can listen on it too.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        mounted: Served | None = None,
        *,
        other_hosts: OtherHosts = "refuse",
        speaks_tls: bool = False,
        shares_port: bool = False,
    ) -> None:
        host, port = read_address(host, port)
        policy, tls = Policy(read_other_hosts(other_hosts, host)), Tls()
        if speaks_tls:
            tls.prepare()
        self._socket = bind(host, port, shares_port=shares_port)
        self._context = Context(Address(host, self._socket.getsockname()[1]), policy, tls)
        self._speaks_tls = speaks_tls
        self.mounted = mounted
        self._thread: Thread | None = None
        self._stopping, self._stopped = asyncio.Event(), Event()
        self._process = os.getpid()

    def __repr__(self) -> str:
        return f"<Server {self.url}>"

    @property
    def mounted(self) -> Served | None:
        """The emulator that answers. It knows the port, since it sends no delivery callbacks to itself."""
        return self._context.mounted

    @mounted.setter
    def mounted(self, served: Served | None) -> None:
        port = self._context.address.port
        if self._context.mounted is not None:
            self._context.mounted.own_ports.discard(port)
        if served is not None:
            served.own_ports.add(port)
        self._context.policy.is_stubbed = served.stubs.answer_for if served is not None else no_stubs
        self._context.mounted = served

    @property
    def policy(self) -> Policy:
        """Which other hosts clients may reach through the server."""
        return self._context.policy

    @property
    def tls(self) -> Tls:
        """The certificates for Twilio's hosts."""
        return self._context.tls

    @property
    def url(self) -> str:
        """``http://127.0.0.1:8010``, without a slash at the end."""
        return f"http://{self._context.address}"

    @property
    def address(self) -> tuple[str, int]:
        """The address that a client on this machine connects to."""
        host, port = self._context.address
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - the user chose it
        return here.get(host, host), port

    def start(self) -> None:
        """Serve in a new thread. Clients can connect before it runs, since the socket is open."""
        self._thread = Thread(target=self._run, name="notify-mock-server", daemon=True)
        self._thread.start()

    def serve_here(self) -> None:
        """Serve until a KeyboardInterrupt."""
        self.start()
        with suppress(KeyboardInterrupt):
            while not self._stopped.wait(_CHECK_SECONDS):
                pass  # on Windows, only a wait that ends can be interrupted
        self.stop()

    def stop(self) -> None:
        """Close the socket and every connection. In a forked child, the server stays with its parent."""
        if self._process != os.getpid():
            return
        if self._thread is not None:
            self._context.loop.call_soon_threadsafe(self._stopping.set)
            self._stopped.wait()  # a join that was interrupted believes that the thread has ended
            self._thread.join()
            self._thread = None
        self._context.loop.close()
        self._socket.close()
        self.mounted = None

    def _run(self) -> None:
        loop = self._context.loop
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self._serve())
        finally:
            loop.close()
            self._stopped.set()

    async def _serve(self) -> None:
        loop = self._context.loop
        serving = await loop.create_server(self._connect, sock=self._socket, backlog=_BACKLOG)
        await self._stopping.wait()
        loop.remove_reader(self._socket)  # asyncio fails on what it has just accepted if the server closes at once
        await self._close_connections()
        serving.close()
        await self._close_connections()
        if tasks := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(tasks)

    async def _close_connections(self) -> None:
        """Close all connections, also those that were just accepted, and let their calls end."""
        for _ in range(_LAST_TURNS):
            self._context.connections.close()
            await asyncio.sleep(0)

    def _connect(self) -> Channel:
        channel = Channel(self._context.connections, self._context.tls)
        channel.receiver = Session(self._context, channel)
        if self._speaks_tls:
            channel.may_start_tls()
        return channel


def bind(host: str, port: int, *, shares_port: bool = False) -> socket.socket:
    """Return a listening socket. Raises ``UsageError``."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(
            (host, port), family=family, backlog=_BACKLOG, reuse_port=shares_port, dualstack_ipv6=both
        )
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            wrong = f"{port} on {host} is already in use"
            raise UsageError("port", wrong, "stop the other server, or use port 0 to pick a free port") from error
        raise UsageError("host", f"cannot listen on {host}, port {port}: {error.strerror}") from error
