"""WSGI requests for the Flask app: the control API, and what users have added to the app."""

from __future__ import annotations

import sys
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_to_bytes

from notify_mock.http1.requests import Head
from notify_mock.server.purposes import Here
from notify_mock.support.address import Address
from notify_mock.twilio_api.messages import origin_form

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


def environ_of(head: Head, here: Here, body: bytes, *, own: Address, peer: str) -> dict[str, Any]:
    """Return the WSGI environ of a request. ``peer`` is the client's address."""
    path, _, query = origin_form(head.target).partition("?")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": head.target,
        "RAW_URI": head.target,
        "SERVER_NAME": own.host,
        "SERVER_PORT": str(own.port),
        "SERVER_PROTOCOL": f"HTTP/1.{head.minor}",
        "REMOTE_ADDR": peer,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": here.scheme,
        "wsgi.input": BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in head.fields.headers.items():
        if "_" not in name:  # could be mistaken for another header
            environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("HTTP_CONTENT_LENGTH", None)
    environ["CONTENT_TYPE"] = environ.pop("HTTP_CONTENT_TYPE", "")
    environ["CONTENT_LENGTH"] = str(len(body))
    environ["HTTP_HOST"] = here.host
    return environ


def call_app(app: WSGIApplication, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return the status, headers and whole body of the app's response."""
    started: list[Any] = []
    written: list[bytes] = []

    def start_response(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:  # noqa: ARG001 - WSGI's signature
        started[:] = [status, headers]
        return written.append

    chunks = app(environ, start_response)
    try:
        written.extend(chunks)
    finally:
        if hasattr(chunks, "close"):
            chunks.close()
    status, headers = started
    return status, list(headers), b"".join(written)
