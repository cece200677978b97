"""The same fetch over a socket: by plain HTTP, and through a tunnel with TLS."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from http.client import HTTPConnection, HTTPSConnection

from benchmarks.calls import HOST, LIST, create_fcm
from benchmarks.measure import in_turns, repeated
from benchmarks.table import Row, at_most
from notify_mock import Emulator
from notify_mock.server.tls import Tls

_ROUNDS = 60


def tunnels() -> list[Row]:
    """Compare two connections that are kept alive. Connecting and the TLS handshake aren't timed."""
    with Emulator() as emulator:
        address = emulator.url.removeprefix("http://")
        path = f"{LIST}/{create_fcm(emulator, 0)}"
        signed = {"Authorization": f"Basic {b64encode(':'.join(emulator.auth).encode()).decode()}"}
        plain = HTTPConnection(address)
        tunnel = HTTPSConnection(address, context=Tls().client_context)
        tunnel.set_tunnel(HOST, 443)
        pair = in_turns(repeated(_fetch(tunnel, path, signed)), repeated(_fetch(plain, path, signed)), _ROUNDS)
        plain.close()
        tunnel.close()
    return [at_most("fetch by HTTPS through the proxy / by plain HTTP", pair, 1.5)]


def _fetch(connection: HTTPConnection, path: str, headers: dict[str, str]) -> Callable[[], object]:
    """Return a fetch that raises ``RuntimeError`` if the response is not the record."""

    def fetch() -> None:
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        if answer.status != 200 or b"Android app 0" not in answer.read():
            raise RuntimeError(f"the fetch returned an unexpected response with status {answer.status}")

    return fetch
