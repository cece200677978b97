"""One client's connection: reads whole requests, plays them through the app, and stays open for the next."""

from __future__ import annotations

import logging
import socket
from contextlib import suppress
from io import BufferedReader, BytesIO
from typing import IO, TYPE_CHECKING, Any, Protocol, cast

from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.serving import DechunkedInput, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from notify_mock.call import BODY_LIMIT, Answer, Call, read
from notify_mock.errors import EntityTooLarge, HeadersTooLarge, MalformedRequest, TwilioError, UriTooLong

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOG = logging.getLogger("notify_mock.server")

_IDLE_SECONDS = 60
_MOST_DRAINED = 64 * 1024 * 1024


class Served(Protocol):
    """What can be mounted on a server: an emulator."""

    @property
    def app(self) -> WSGIApplication: ...

    def handle(self, call: Call) -> Answer: ...


class Connection(WSGIRequestHandler):
    """werkzeug's own handler closes after every answer, and answers HTML to what it can't read.

    ``server`` is a listener with ``app`` and ``mounted``.
    """

    server: Any
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = _IDLE_SECONDS

    def handle_expect_100(self) -> bool:
        """Postponed to the moment when the body is wanted."""
        return True

    def run_wsgi(self) -> None:
        try:
            body = self._read_body()
        except TwilioError as error:
            self._refuse(error)
            return
        environ = self.make_environ()
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.update(
            {
                "RAW_URI": self.path,
                "REQUEST_URI": self.path,
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": BytesIO(body),
            }
        )
        chunks, status, headers = run_wsgi_app(self.server.app, environ, buffered=True)
        self._write(status, list(headers.items()), b"".join(chunks))

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """What http.server couldn't read, in Twilio's shape. Its messages quote the client, so they are cut."""
        reason = (message or "").partition("(")[0].strip()
        if code == 414:
            self._refuse(UriTooLong(reason))
        elif code == 431:
            self._refuse(HeadersTooLarge(explain or reason))
        else:
            self._refuse(MalformedRequest(reason, what="not HTTP/1.1"))

    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002, ARG002 - werkzeug's signature
        LOG.debug(message, *args)

    def _read_body(self) -> bytes:
        """The whole body. Raises the ``TwilioError`` that answers a body with no clear end or over the limit."""
        if "transfer-encoding" in self.headers:
            return self._read_chunked()
        lengths = set(self.headers.get_all("content-length", []))
        if not lengths:
            return b""
        length = lengths.pop().strip()
        if lengths or not (length.isascii() and length.isdigit()):
            raise MalformedRequest("Content-Length must be one whole number", what="invalid Content-Length")
        if len(length) > 18 or int(length) > BODY_LIMIT:
            raise EntityTooLarge(f"the body has {length[:18]} bytes, the limit is {BODY_LIMIT}")
        self._continue()
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            raise ConnectionAbortedError("the client left in the middle of its body")
        return body

    def _read_chunked(self) -> bytes:
        if self.headers["transfer-encoding"].strip().lower() != "chunked" or "content-length" in self.headers:
            raise MalformedRequest("Transfer-Encoding must be chunked, alone", what="invalid Transfer-Encoding")
        self._continue()
        try:
            body = BufferedReader(DechunkedInput(cast(IO[bytes], self.rfile))).read(BODY_LIMIT + 1)  # type: ignore[type-var]
        except ConnectionError:
            raise
        except OSError as error:
            raise MalformedRequest(f"chunked body: {error}", what="invalid chunk") from error
        if len(body) > BODY_LIMIT:
            raise EntityTooLarge(f"the body is over the limit of {BODY_LIMIT} bytes")
        return body

    def _continue(self) -> None:
        if self.headers.get("expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()

    def _refuse(self, error: TwilioError) -> None:
        """Answer a request that can't be played, and close: where the next one would begin isn't known."""
        self.close_connection = True
        mounted: Served | None = self.server.mounted
        if mounted is None:
            return
        known = bool(self.command)
        call = read(
            self.command if known else "-",
            self.path if known else "/",
            host=f"{self.server.host}:{self.server.port}",
            headers={},
            defect=error,
        )
        answer = mounted.handle(call)
        reason = HTTP_STATUS_CODES.get(answer.status, "error").upper()
        self._write(f"{answer.status} {reason}", answer.headers, answer.body)
        self._drain()

    def _write(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        connection = f"Connection: {'close' if self.close_connection else 'keep-alive'}"
        lines = [f"HTTP/1.1 {status}"]
        for name, value in headers:
            lines.append(f"{name}: {value}")
            if name.lower() == "content-length":
                lines.append(connection)
        if connection not in lines:
            lines += [f"Content-Length: {len(body)}", connection]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        self.wfile.flush()

    def _drain(self) -> None:
        """Take in what the client is still sending, so that it reads the answer and not a reset."""
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(1.0)
            left = _MOST_DRAINED
            while left > 0:
                data = self.connection.recv(65536)
                if not data:
                    break
                left -= len(data)
