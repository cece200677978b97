"""A server that serves one emulator after another; it starts when its URL is first used."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from notify_mock.server.proxy import OtherHosts, read_other_hosts
from notify_mock.support.address import read_address

if TYPE_CHECKING:
    from notify_mock.server.responder import Served
    from notify_mock.server.server import Server


class SharedServer:
    """The server of one or more emulators.

    The pytest plugin keeps one for the session and mounts each test's emulator on it while the test runs; every other
    emulator has its own. ``other_hosts`` and ``tls``: see ``Emulator``. Raises ``UsageError`` for a bad option.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, *, other_hosts: OtherHosts = "refuse", tls: bool = False
    ) -> None:
        self._address = read_address(host, port)
        self._other_hosts, self._tls = read_other_hosts(other_hosts, self._address.host), tls
        self._lock = Lock()
        self._mounts: list[Served] = []
        self._server: Server | None = None

    def __repr__(self) -> str:
        return f"<SharedServer {self._server.url if self._server else 'not started'}>"

    @property
    def is_started(self) -> bool:
        """Whether the server listens."""
        return self._server is not None

    @property
    def url(self) -> str:
        """The base URL, the same until ``stop``. Starts the server on first use."""
        return self.server.url

    @property
    def server(self) -> Server:
        """The server itself. Started on first use."""
        started = self._server
        if started is not None:  # without the lock, since listeners of the journal may ask while the server stops
            return started
        with self._lock:
            if self._server is None:
                from notify_mock.server.server import Server

                self._server = Server(
                    *self._address, mounted=self._mounted(), other_hosts=self._other_hosts, speaks_tls=self._tls
                )
                self._server.start()
            return self._server

    def mount(self, emulator: Served) -> None:
        """Let ``emulator`` answer from now on; the server need not have started."""
        with self._lock:
            self._mounts.append(emulator)
            self._update()

    def dismount(self, emulator: Served) -> None:
        """Unmount ``emulator``. The one that was mounted before it answers again."""
        with self._lock:
            self._mounts = [mounted for mounted in self._mounts if mounted is not emulator]
            self._update()

    def stop(self) -> None:
        """Close the socket and every connection."""
        with self._lock:
            if self._server is not None:
                self._server.stop()
                self._server = None

    def _mounted(self) -> Served | None:
        return self._mounts[-1] if self._mounts else None

    def _update(self) -> None:
        if self._server is not None:
            self._server.mounted = self._mounted()
