"""Sends a POST over a socket to an address that has already been resolved and checked."""

from __future__ import annotations

import socket
import ssl
from http.client import HTTPException, HTTPResponse
from urllib.parse import urlsplit

from notify_mock.callbacks.deadline import Deadline
from notify_mock.callbacks.target import Target
from notify_mock.engine.attempts import Reply, Request

_MAX_READ = 64 * 1024


def post(request: Request, target: Target, deadline: Deadline) -> Reply:
    """Send the request and read the response, all before the deadline.

    Does not follow redirects, which could lead to any host.
    """
    status, failure = None, ""
    try:
        with (
            deadline,
            _connect(target, deadline) as plain,
            _secure(plain, target, deadline) as connection,
            HTTPResponse(connection, method="POST") as response,
        ):
            if isinstance(connection, ssl.SSLSocket):
                connection.do_handshake()
            connection.sendall(_head(request, target) + request.body)
            response.begin()
            response.read(_MAX_READ)
            status = response.status
    except (OSError, HTTPException, ValueError) as error:
        failure = str(error) or type(error).__name__
    failure = deadline.reason or failure
    return Reply(None, f"no response: {failure}") if failure else Reply(status)


def _connect(target: Target, deadline: Deadline) -> socket.socket:
    """Connect to the first address that accepts the connection. Raises the first ``OSError`` if none does."""
    failures = []
    for address in target.addresses:
        connection = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
        connection.settimeout(deadline.seconds)
        deadline.watch(connection)
        try:
            connection.connect((address, target.port))
        except OSError as error:
            connection.close()
            failures.append(error)
        else:
            connection.settimeout(None)  # from here on, the deadline breaks it
            return connection
    raise failures[0]


def _secure(connection: socket.socket, target: Target, deadline: Deadline) -> socket.socket:
    """Return the connection with TLS, without a handshake, if the URL asks for TLS.

    ``wrap_socket`` does not close the socket if the connection has broken meanwhile.
    """
    if target.scheme == "http":
        return connection
    context = ssl.create_default_context()
    deadline.watch(None)
    connection.getpeername()
    secured = context.wrap_socket(connection, server_hostname=target.host, do_handshake_on_connect=False)
    deadline.watch(secured)
    return secured


def _head(request: Request, target: Target) -> bytes:
    """Return the request line and headers; ``find_target`` has checked that the URL has no line breaks."""
    own = {"Host": urlsplit(request.url).netloc, "Content-Length": str(len(request.body))}
    lines = [f"{name}: {value}" for name, value in {**own, **request.headers}.items()]
    return "\r\n".join([f"POST {target.path} HTTP/1.1", *lines, "", ""]).encode("latin-1")
