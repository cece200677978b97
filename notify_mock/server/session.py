"""HTTP on one connection: reads requests, has them answered in order, and stays open for the next."""

from __future__ import annotations

import math
import time

from notify_mock.control_api.boundary import is_control, refusal, to_page, wants_page
from notify_mock.control_api.guard import Environ, Refused
from notify_mock.events.stream import HEADERS, is_stream, open_reader
from notify_mock.http1.requests import LOG, BadRequest, Head, RequestReader
from notify_mock.http1.responses import CONTINUE, head_of
from notify_mock.server.channel import Channel
from notify_mock.server.context import Context
from notify_mock.server.loop import in_thread
from notify_mock.server.proxy import Refusal
from notify_mock.server.purposes import Here, Tunnel, find_purpose
from notify_mock.server.relay import ESTABLISHED, Relay, forwarded_head, forwarded_length, relay_to
from notify_mock.server.responder import Responder, Served
from notify_mock.server.streams import Stream
from notify_mock.server.wsgi import call_app, environ_of
from notify_mock.twilio_api.errors import MalformedRequest, TwilioError
from notify_mock.twilio_api.hosts import Destination
from notify_mock.twilio_api.masking import show_text
from notify_mock.twilio_api.messages import Answer, edge_answer, origin_form, read

_MAX_AHEAD = 64 * 1024
"""Bytes that a client may send while its last request is answered, before the server stops reading."""


class Session:
    """The requests of one channel. They are answered one at a time."""

    def __init__(self, context: Context, channel: Channel) -> None:
        self._context, self._channel = context, channel
        self._reader = RequestReader()
        self._tunnel: Destination | None = None
        self._begun: tuple[Head, Here] | None = None
        self._responder: Responder | Stream | None = None
        self._is_reading, self._is_full, self._is_at_end = True, False, False

    def received(self, data: bytes) -> None:
        self._reader.feed(data)
        if self._is_reading and not self._is_full:
            self._go_on()
        elif self._reader.waiting > _MAX_AHEAD:
            self._channel.transport.pause_reading()

    def ended(self) -> None:
        self._is_at_end = True
        if self._responder is not None:
            self._responder.client_is_gone()
        else:
            self._go_on()

    def lost(self) -> None:
        self._is_reading = False
        if self._responder is not None:
            self._responder.client_is_gone()

    def writable(self, is_writable: bool) -> None:
        self._is_full = not is_writable
        if is_writable:
            self._channel.transport.resume_reading()
            self._go_on()

    def _go_on(self) -> None:
        """Answer what has arrived, until a response must wait or more must arrive."""
        try:
            while self._is_reading and not self._is_full and (self._reader.waiting or self._begun is not None):
                if not self._next():
                    break
            if self._is_at_end and self._is_reading and not self._is_full:
                self._check_end()
        except BadRequest as error:
            self._refuse(error)

    def _next(self) -> bool:
        """Answer the next request, if it has arrived. Raises ``BadRequest``."""
        if self._begun is None:
            head = self._reader.head()
            if head is None:
                return False
            here = self._begin(head)
            if here is None:
                return True
        else:
            head, here = self._begun
        try:
            body = self._reader.body(head.fields)
        except TwilioError as error:
            raise BadRequest(error, head.method, head.target) from error
        if self._begun is None and head.expects_continue:
            self._channel.write(CONTINUE)
        if body is None:
            self._begun = head, here
            return False
        self._begun = None
        self._answer(head, here, body)
        return True

    def _begin(self, head: Head) -> Here | None:
        """Return where a request is answered, or None if it is for another host. Raises ``BadRequest``."""
        context = self._context
        try:
            purpose = find_purpose(head, self._channel.scheme, self._tunnel, context.address, context.policy)
            if isinstance(purpose, Here):
                return purpose
            if not isinstance(purpose, Tunnel):
                self._forward(head, purpose.destination)
            elif purpose.is_emulated:
                self._stand_in(purpose.destination)
            else:
                self._relay(purpose.destination, self._reader.take(), greeting=ESTABLISHED)
        except Refusal as error:
            LOG.warning("refused: %s", error)
            self._reply(f"403 {error}", f"notify-mock: {error}")  # most clients show only the status line
        except TwilioError as error:
            raise BadRequest(error, head.method, head.target) from error
        return None

    def _answer(self, head: Head, here: Here, body: bytes) -> None:
        context, channel = self._context, self._channel
        served, target = context.mounted, origin_form(head.target)
        self._is_reading = False
        self._responder = responder = Responder(
            context.loop,
            context.commits,
            channel,
            self._answered,
            is_head=head.method == "HEAD",
            keeps_open=head.keeps_open,
        )
        if served is None:
            responder.send(no_emulator(f"{head.method} {target.partition('?')[0]}"))
        elif is_control(target) or served.has_route(head.method, target):
            environ = environ_of(head, here, body, own=context.address, peer=channel.peer)
            if is_stream(environ):
                self._stream(environ, served, responder)
            else:
                in_thread(
                    context.loop,
                    lambda: call_app(served.app, environ),
                    lambda found: responder.write_found(served, found),
                )
        elif target == "/" and wants_page(head.method, here.host, head.fields.headers.get("accept", "")):
            responder.send(to_page())
        else:
            host, fields = here.host or str(context.address), head.fields.headers
            call = read(head.method, head.target, host=host, headers=fields, body=body, scheme=here.scheme)
            responder.play(served, served.play(call))
        channel.is_busy = self._responder is not None
        if self._is_at_end and self._responder is not None:
            self._responder.client_is_gone()

    def _stream(self, environ: Environ, served: Served, responder: Responder) -> None:
        """Send the events, or refuse to. HEAD gets only the headers."""
        stream = Stream(self._context.loop, self._channel, self._answered)
        try:
            if environ["REQUEST_METHOD"] == "HEAD":
                open_reader(environ, served, lambda: None).close()
                responder.write("200 OK", HEADERS, b"")
            else:
                stream.start(environ, served)
                self._responder = stream
        except Refused as error:
            responder.send(refusal(error.status, error.message, error.field, error.allow))

    def _answered(self, keeps_open: bool) -> None:
        """The response has been sent: read on, unless ``_go_on`` is doing so."""
        channel = self._channel
        self._responder = None
        if not keeps_open or not channel.is_open:
            channel.close()
            return
        self._is_reading = True
        if channel.is_busy:
            channel.is_busy = False
            channel.transport.resume_reading()
            self._go_on()

    def _stand_in(self, destination: Destination) -> None:
        """Answer for ``destination`` on this connection from now on."""
        self._tunnel = destination
        self._channel.write(ESTABLISHED)
        if self._channel.scheme == "http":  # there is no TLS inside TLS
            self._channel.may_start_tls(destination.host)
            if self._reader.waiting:
                self._channel.data_received(self._reader.take())

    def _forward(self, head: Head, destination: Destination) -> None:
        """Send one request on, then close the connection: the next request may be for Twilio."""
        length = forwarded_length(head)
        body = self._reader.take(length)
        greeting = CONTINUE if head.expects_continue else b""
        self._relay(destination, forwarded_head(head, destination) + body, greeting, limit=length - len(body))

    def _relay(self, destination: Destination, opening: bytes, greeting: bytes, limit: float = math.inf) -> None:
        self._is_reading = False
        relay = Relay(self._channel, greeting=greeting, opening=opening, limit=limit)
        relay_to(self._context.loop, destination, self._channel, relay, self._unreachable)

    def _unreachable(self, reason: str) -> None:
        self._reply("502 BAD GATEWAY", f"notify-mock: {reason}")

    def _reply(self, status: str, text: str) -> None:
        """Send a response of the proxy itself, and close the connection."""
        body = f"{text}\n".encode()
        head, _ = head_of(status, [("Content-Type", "text/plain; charset=utf-8")], body, keeps_open=False)
        self._is_reading = False
        self._channel.write(head + body)
        self._channel.close_after_reading()

    def _refuse(self, refused: BadRequest) -> None:
        """Answer a request that cannot be read, and close: the start of the next request is unknown."""
        error, served = refused.error, self._context.mounted
        self._is_reading = False
        self._responder = responder = Responder(
            self._context.loop,
            self._context.commits,
            self._channel,
            lambda _: self._channel.close_after_reading(),
            is_head=refused.method == "HEAD",
            keeps_open=False,
        )
        if is_control(origin_form(refused.target)):
            responder.send(refusal(error.status, error.reason or error.text))
        elif served is None:
            responder.send(no_emulator("a malformed request"))
        else:
            method, target = refused.method or "-", refused.target or "/"
            call = read(method, target, host=str(self._context.address), headers={}, defect=error)
            responder.play(served, served.play(call))

    def _check_end(self) -> None:
        """The client sends nothing more: close, or refuse what is incomplete. Raises ``BadRequest``."""
        if self._begun is not None:
            head, _ = self._begun
            error = MalformedRequest("the body is shorter than its Content-Length", what="incomplete body")
            raise BadRequest(error, head.method, head.target)
        if self._reader.waiting:
            raise BadRequest(MalformedRequest("the request is incomplete", what="not HTTP/1.1"))
        self._channel.close()


def no_emulator(request: str) -> Answer:
    """Return the response while no emulator is mounted. Not a 5xx, since clients would keep retrying."""
    LOG.warning("%s: no test that uses notify_mock is running", show_text(request))
    return edge_answer(MalformedRequest(what="no test that uses notify_mock is running"), time.time())
