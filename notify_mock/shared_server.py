"""A server for many emulators in turn, started when its URL is first asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notify_mock.connection import Served
    from notify_mock.server import Server


class SharedServer:
    """What the pytest plugin keeps for the session; each test's emulator is mounted while the test runs."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self._address = host, port
        self._server: Server | None = None

    def __repr__(self) -> str:
        return f"<SharedServer {self._server.url if self._server else 'not started'}>"

    @property
    def url(self) -> str:
        """The base URL, the same for the whole session."""
        return self._started().url

    def mount(self, emulator: Served) -> str:
        """Let ``emulator`` answer from now on, and return the URL."""
        server = self._started()
        server.mounted = emulator
        return server.url

    def dismount(self, emulator: Served) -> None:
        """End the turn of ``emulator``, if it is its turn."""
        if self._server is not None and self._server.mounted is emulator:
            self._server.mounted = None

    def stop(self) -> None:
        """Close the socket and every connection."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _started(self) -> Server:
        if self._server is None:
            from notify_mock.server import Server

            self._server = Server(*self._address)
            self._server.start()
        return self._server
