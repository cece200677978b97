"""The same fetch over a socket: by plain HTTP, and through a tunnel with TLS."""

from __future__ import annotations

from benchmarks.measure import in_turns, repeated
from benchmarks.servers import notify_mock
from benchmarks.sockets import Connection
from benchmarks.table import Row, at_most

_ROUNDS = 60
_LIMIT = 1 / 0.6


def tunnels() -> list[Row]:
    """Compare two connections that are kept alive. Connecting and the TLS handshake aren't timed."""
    with notify_mock() as server:
        target = server.fetch()
        with Connection(target) as plain, Connection(target, is_secure=True) as tunnel:
            plain.check()
            tunnel.check()
            pair = in_turns(repeated(tunnel.ask), repeated(plain.ask), _ROUNDS)
    return [at_most("served fetch by HTTPS through the proxy / by plain HTTP", pair, _LIMIT)]
