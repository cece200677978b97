"""A client's connection: reads requests, passes them to the app, and stays open for the next request."""

from __future__ import annotations

import time
from io import BytesIO
from typing import TYPE_CHECKING, Any

from werkzeug.http import HTTP_STATUS_CODES

from notify_mock.control_api.api import is_control, refusal
from notify_mock.server.app import HANDOVER, Handover
from notify_mock.server.body import read_body
from notify_mock.server.head import HeaderLines, check_fields, check_host, is_line
from notify_mock.server.outgoing import LOG, Served
from notify_mock.server.proxied import Proxied
from notify_mock.server.secured import TLS_HANDSHAKE
from notify_mock.twilio_api.errors import (
    HeadersTooLarge,
    MalformedRequest,
    TwilioError,
    UriTooLong,
)
from notify_mock.twilio_api.headers import ERROR_JSON, edge
from notify_mock.twilio_api.messages import Answer, Wire, origin_form, read

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

_IDLE_SECONDS = 60
_MAX_LINE = 65536
_MAX_BLANK_LINES = 8


def _run(app: WSGIApplication, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return the status line, headers and whole body of the app's response."""
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


def no_emulator(request: str) -> Answer:
    """Return the response while no emulator is mounted. Not a 5xx, since clients would keep retrying."""
    LOG.warning("%s: no test that uses notify_mock is running", request)
    error = MalformedRequest(what="no test that uses notify_mock is running")
    body = error.body()
    return Answer(error.status, edge(at=time.time(), content_type=ERROR_JSON, length=len(body)), body)


class Connection(Proxied):
    """Unlike werkzeug's handler, keeps connections open and answers malformed requests as Twilio does, not in HTML."""

    raw_requestline: bytes
    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS

    def handle(self) -> None:
        if not self.server.speaks_tls or self.begin():
            super().handle()

    def handle_expect_100(self) -> bool:
        """Do nothing: ``100 Continue`` is sent when the body is read."""
        return True

    def parse_request(self) -> bool:
        """Parse a request. Ignores blank lines before it (RFC 9112, 2.2)."""
        for _ in range(_MAX_BLANK_LINES):
            if self.raw_requestline != b"\r\n":
                break
            self.raw_requestline = self.rfile.readline(_MAX_LINE + 1)
        if self.raw_requestline.startswith(TLS_HANDSHAKE):
            LOG.warning("a client used TLS on the plain HTTP port; use --tls to accept it")
        if len(self.raw_requestline) > _MAX_LINE:
            self.command = ""
            self.send_error(414)
            return False
        if not self.raw_requestline:
            self.close_connection = True
            return False
        if not is_line(self.raw_requestline):
            self.command = ""
            self.send_error(400, "the request line is malformed")
            return False
        source, lines = self.rfile, HeaderLines(self.rfile)
        self.rfile = lines  # type: ignore[assignment]
        try:
            return super().parse_request()
        finally:
            self.rfile, self._is_malformed = source, lines.is_malformed

    def run_wsgi(self) -> None:
        try:
            self._check_head()
            if self.command == "CONNECT":
                self.connect()
                return
            place = self.absolute()
            if place is None:
                return
            body = read_body(self.headers, self.rfile, self.go_on)
            environ = self._environ(*place)
        except TwilioError as error:
            self._refuse(error)
            return
        with self.server.connections.busy(self.request):
            self._play(environ, body)

    def _play(self, environ: dict[str, Any], body: bytes) -> None:
        handover = Handover(self.wait)
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
        self.carry_out(handover.wire or Wire(), status, headers, content)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Report in Twilio's format what http.server could not parse. Cuts its messages, which quote the client."""
        reason = (message or "").partition("(")[0].strip()
        if code == 414:
            self._refuse(UriTooLong(reason))
        elif code == 431:
            self._refuse(HeadersTooLarge(explain or reason))
        else:
            self._refuse(MalformedRequest(reason, what="not HTTP/1.1"))

    def _check_head(self) -> None:
        """Raises ``MalformedRequest``. A CONNECT may lack a Host, as its target names the host."""
        if self._is_malformed:
            raise MalformedRequest("a header line is malformed", what="invalid header")
        check_fields(self.headers)
        check_host(self.headers, is_needed=self.request_version == "HTTP/1.1" and self.command != "CONNECT")

    def _environ(self, scheme: str, authority: str) -> dict[str, Any]:
        """A tunnel's host takes precedence over the target's, and that over the Host header (RFC 9112, 3.2.2)."""
        try:
            environ: dict[str, Any] = self.make_environ()
        except ValueError as error:
            raise MalformedRequest("the request target is not a URL", what="invalid request target") from error
        environ["wsgi.url_scheme"] = self.scheme if self.authority else scheme or self.scheme
        if self.authority or authority:
            environ["HTTP_HOST"] = self.authority or authority
        return environ

    def _refuse(self, error: TwilioError) -> None:
        """Answer a request that cannot be handled, and close: the start of the next request is unknown."""
        self.close_connection = True
        known = bool(self.command)
        if known and is_control(origin_form(self.path)):
            answer = refusal(error.status, error.reason or error.text)
        else:
            answer = self._refused(error, known=known)
        reason = HTTP_STATUS_CODES.get(answer.status, "error").upper()
        self.write(f"{answer.status} {reason}", answer.headers, answer.body)
        self.drain()

    def _refused(self, error: TwilioError, *, known: bool) -> Answer:
        """Return the emulator's response to an unreadable request. ``known``: its method and target were read."""
        mounted: Served | None = self.server.mounted
        call = read(
            self.command if known else "-",
            self.path if known else "/",
            host=f"{self.server.host}:{self.server.port}",
            headers={},
            defect=error,
        )
        return mounted.handle(call) if mounted is not None else no_emulator("a malformed request")
