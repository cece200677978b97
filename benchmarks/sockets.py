"""The cheapest client: the same request again and again on one socket, plain or by HTTPS through the proxy."""

from __future__ import annotations

import re
import socket
from urllib.parse import urlsplit

from benchmarks.calls import HOST
from benchmarks.servers import Target
from notify_mock.server.tls import Tls

_SIZE = 64 * 1024
_END = b"\r\n\r\n"
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)\r\n")


class Connection:
    """A connection that stays open, for the request of one target. The responses must all have the same length.

    With ``is_secure``, it goes to Twilio's host, through a tunnel of the server.
    """

    def __init__(self, target: Target, *, is_secure: bool = False) -> None:
        url = urlsplit(target.url)
        self._socket = socket.create_connection((url.hostname or "", url.port or 80))
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if is_secure:
            self._socket = _secure(self._socket)
        host = HOST if is_secure else url.netloc
        head = f"{target.method} {url.path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: {target.authorization}\r\n\r\n"
        self._request = head.encode()
        self._body = 0

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def check(self) -> None:
        """Send the first request. Raises ``RuntimeError`` if its response is not a 200."""
        self.send()
        answer = self._socket.recv(_SIZE)
        length = _LENGTH.search(answer)
        if length is None or not answer.startswith(b"HTTP/1.1 200 "):
            raise RuntimeError(f"unexpected response: {answer!r}")
        self._body = int(length[1])
        self._read_rest(answer)

    def ask(self) -> None:
        """Send the request and read its response."""
        self._socket.sendall(self._request)
        self._read_rest(self._socket.recv(_SIZE))

    def send(self) -> None:
        """Send the request, and don't wait for its response."""
        self._socket.sendall(self._request)

    def _read_rest(self, answer: bytes) -> None:
        while len(answer) < answer.find(_END) + len(_END) + self._body:
            answer += self._socket.recv(_SIZE)


def _secure(plain: socket.socket) -> socket.socket:
    plain.sendall(f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode())
    if b" 200 " not in plain.recv(_SIZE):
        raise RuntimeError("the proxy refused a tunnel")
    return Tls().client_context.wrap_socket(plain, server_hostname=HOST)
