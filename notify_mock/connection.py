"""One client's connection: reads whole requests, plays them through the app, and stays open for the next."""

from __future__ import annotations

import logging
import selectors
import socket
import time
from contextlib import suppress
from email.errors import FirstHeaderLineIsContinuationDefect, MissingHeaderBodySeparatorDefect
from io import BytesIO
from typing import TYPE_CHECKING, Any, Protocol

from werkzeug.http import HTTP_STATUS_CODES
from werkzeug.serving import WSGIRequestHandler

from notify_mock.app import HANDOVER, Handover
from notify_mock.body import read_body
from notify_mock.call import Answer, Call, Wire, origin_form, read
from notify_mock.control import is_control, refusal
from notify_mock.errors import (
    HeadersTooLarge,
    MalformedRequest,
    TwilioError,
    UriTooLong,
)
from notify_mock.headers import ERROR_JSON, edge
from notify_mock.holds import Hold, Holds, Released
from notify_mock.player import Wait

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

LOG = logging.getLogger("notify_mock.server")

_IDLE_SECONDS = 60
_LONGEST_LINE = 65536
_MOST_BLANK_LINES = 8
_BODILESS = ("204", "304")
_HEAD_DEFECTS = (MissingHeaderBodySeparatorDefect, FirstHeaderLineIsContinuationDefect)
_MOST_DRAINED = 64 * 1024 * 1024


class Served(Protocol):
    """What can be mounted on a server: an emulator."""

    @property
    def app(self) -> WSGIApplication: ...

    @property
    def holds(self) -> Holds: ...

    def handle(self, call: Call, wait: Wait | None = None) -> Answer: ...


def _run(app: WSGIApplication, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    """Status line, headers and whole body of what ``app`` answers."""
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


def nobody(request: str) -> Answer:
    """The answer while no emulator is mounted. It is no 5xx, since a client would try again and again."""
    LOG.warning("%s came while no test was running that asked for notify_mock", request)
    error = MalformedRequest(what="no test is running that asked for notify_mock")
    body = error.body()
    return Answer(error.status, edge(at=time.time(), content_type=ERROR_JSON, length=len(body)), body)


class Connection(WSGIRequestHandler):
    """werkzeug's own handler closes after every answer, and answers HTML to what it can't read.

    ``server`` is a listener with ``app`` and ``mounted``.
    """

    server: Any
    raw_requestline: bytes
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = 64 * 1024
    timeout = _IDLE_SECONDS

    def handle_expect_100(self) -> bool:
        """Postponed to the moment when the body is wanted."""
        return True

    def parse_request(self) -> bool:
        """Blank lines before a request are passed over (RFC 9112, 2.2)."""
        for _ in range(_MOST_BLANK_LINES):
            if self.raw_requestline not in (b"\r\n", b"\n"):
                break
            self.raw_requestline = self.rfile.readline(_LONGEST_LINE + 1)
        if len(self.raw_requestline) > _LONGEST_LINE:
            self.command = ""
            self.send_error(414)
            return False
        return super().parse_request()

    def run_wsgi(self) -> None:
        try:
            self._check_head()
            body = read_body(self.headers, self.rfile, self._continue)
            environ = self._environ()
        except TwilioError as error:
            self._refuse(error)
            return
        handover = Handover(self._wait)
        environ.pop("HTTP_TRANSFER_ENCODING", None)
        environ.update(
            {
                "RAW_URI": self.path,
                "REQUEST_URI": self.path,
                "CONTENT_LENGTH": str(len(body)),
                "wsgi.input": BytesIO(body),
                HANDOVER: handover,
            }
        )
        status, headers, content = _run(self.server.app, environ)
        self._carry_out(handover.wire or Wire(), status, headers, content)

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

    def _check_head(self) -> None:
        """http.client drops what stands behind a malformed header line, the end of the head included."""
        rest = self.headers.get_payload()
        if any(isinstance(defect, _HEAD_DEFECTS) for defect in self.headers.defects) or (
            isinstance(rest, str) and rest
        ):
            raise MalformedRequest("a header line is malformed", what="invalid header")

    def _environ(self) -> dict[str, Any]:
        try:
            return self.make_environ()
        except ValueError as error:
            raise MalformedRequest("the request target is no URL", what="invalid request target") from error

    def _continue(self) -> None:
        if self.headers.get("expect", "").lower().strip() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            self.wfile.flush()

    def _refuse(self, error: TwilioError) -> None:
        """Answer a request that can't be played, and close: where the next one would begin isn't known."""
        self.close_connection = True
        known = bool(self.command)
        if known and is_control(origin_form(self.path)):
            answer = refusal(error.status, error.reason or error.text)
        else:
            answer = self._refused(error, known=known)
        reason = HTTP_STATUS_CODES.get(answer.status, "error").upper()
        self._write(f"{answer.status} {reason}", answer.headers, answer.body)
        self._drain()

    def _refused(self, error: TwilioError, *, known: bool) -> Answer:
        """The emulator's answer to what couldn't be read; whether method and target are ``known``."""
        mounted: Served | None = self.server.mounted
        call = read(
            self.command if known else "-",
            self.path if known else "/",
            host=f"{self.server.host}:{self.server.port}",
            headers={},
            defect=error,
        )
        return mounted.handle(call) if mounted is not None else nobody("what is no HTTP")

    def _wait(self, seconds: float, hold: Hold) -> None:
        """Keep the call waiting, while its client is there. Raises ``Released``."""
        hold.wait(seconds, self._is_gone)

    def _is_gone(self) -> bool:
        """Whether the client has closed its end."""
        try:
            with selectors.DefaultSelector() as selector:
                selector.register(self.connection, selectors.EVENT_READ)
                return bool(selector.select(0)) and self.connection.recv(1, socket.MSG_PEEK) == b""
        except OSError:
            return True

    def _carry_out(self, wire: Wire, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        """Write the answer as far as ``wire`` lets it, and do to the connection what it says."""
        promised = dict(headers).get("Content-Length")
        if wire.ending or wire.sent is not None or (body and promised not in (None, str(len(body)))):
            self.close_connection = True
        if wire.ending == "reset":
            self.server.reset(self.connection)
        if wire.ending:
            return
        if wire.pieces <= 1:
            self._write(status, headers, body[: wire.sent])
        else:
            self._dribble(wire, status, headers, body[: wire.sent])

    def _dribble(self, wire: Wire, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        mounted: Served | None = self.server.mounted
        hold = mounted.holds.take() if mounted is not None else Holds().take()
        size = max(1, -(-len(body) // wire.pieces))
        self._write(status, headers, body[:size])
        for start in range(size, len(body), size):
            try:
                self._wait(wire.over / wire.pieces, hold)
            except Released:
                self.close_connection = True
                return
            self.wfile.write(body[start : start + size])
            self.wfile.flush()

    def _write(self, status: str, headers: list[tuple[str, str]], body: bytes) -> None:
        connection = f"Connection: {'close' if self.close_connection else 'keep-alive'}"
        if self.command == "HEAD":
            body = b""
        lines = [f"HTTP/1.1 {status}"]
        for name, value in headers:
            lines.append(f"{name}: {value}")
            if name.lower() == "content-length":
                lines.append(connection)
        if connection not in lines:
            lines += [connection] if status[:3] in _BODILESS else [f"Content-Length: {len(body)}", connection]
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
