"""The Flask app: a thin front that turns a WSGI request into a call and an answer into a response."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import quote

from flask import Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.routing import BaseConverter, Rule

from notify_mock.control.api import Controlled, control_view, is_control
from notify_mock.core.pipeline import Wait
from notify_mock.core.routes import ROUTES
from notify_mock.protocol.errors import EntityTooLarge
from notify_mock.protocol.messages import BODY_LIMIT, Answer, Call, Wire, read
from notify_mock.protocol.products import APIS
from notify_mock.support.waits import Released

HANDOVER = "notify_mock.handover"
"""Where a server that can delay and break connections leaves its ``Handover`` in the WSGI environ."""


class Handover:
    """What app and server tell each other about one request: how to ``wait``, and what to do to the ``wire``."""

    def __init__(self, wait: Wait) -> None:
        self.wait = wait
        self.wire: Wire | None = None


class ApiConverter(BaseConverter):
    """``chat/v2`` on any host, ``v2`` on Twilio's own."""

    regex = "|".join(sorted({*APIS, *(api.partition("/")[2] for api in APIS)}))
    part_isolating = False


class CallRule(Rule):
    """A rule whose URL builder is compiled when ``url_for`` first wants it: that takes most of an app's making, and
    hardly anyone does."""

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        compile_now = super()._compile_builder

        def build(rule: CallRule, **values: Any) -> Any:
            return compile_now(append_unknown).__get__(rule, None)(**values)

        return build


class Handler(Controlled, Protocol):
    """An emulator."""

    def handle(self, call: Call, wait: Wait | None = None) -> Answer: ...
    def failed(self) -> Answer: ...


class WireResponse(Response):
    """A response whose headers go out as they are: werkzeug would take ``Content-Length: 0`` from a 204.

    What is to be done to the connection is left to the server; where it can't do that, a connection that should break
    raises ``ConnectionResetError`` out of the app.
    """

    wire: Wire | None = None

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        handover: Handover | None = environ.get(HANDOVER)
        if handover is not None:
            handover.wire = self.wire
        elif self.wire is not None and (self.wire.ending or self.wire.sent is not None):
            raise ConnectionResetError(f"a fault rule broke the connection: {self.wire}")
        return super().__call__(environ, start_response)

    def get_wsgi_headers(self, environ: Any) -> Headers:  # noqa: ARG002 - werkzeug's signature
        return self.headers


def create_app(emulator: Handler) -> Flask:
    """The app for one emulator, its control API under ``/_mock`` included.

    Its ``url_map`` is made from the route table, so that a hook of a user's own sees the call's name as
    ``request.endpoint``. Where werkzeug finds no rule, the emulator still has the answer.
    """
    app = Flask("notify_mock", static_folder=None)
    app.url_rule_class = CallRule
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False

    def serve(**_sids: str) -> Response:
        handover: Handover | None = request.environ.get(HANDOVER)
        try:
            return _write(emulator.handle(_read(), handover.wait if handover else None))
        except Released:
            return _write(Answer(0, [], b"", Wire("drop")))

    def stray(error: HTTPException) -> Response:
        return serve() if (error.code or 500) < 500 else _write(emulator.failed())

    control = control_view(emulator)

    @app.before_request
    def pass_to_control() -> Response | None:
        """Before any routing, so that a preflight or an odd method gets no answer of the emulated API."""
        return control(request.path.removeprefix("/_mock").removeprefix("/")) if is_control(request.path) else None

    app.url_map.converters["api"] = ApiConverter
    for pattern, method, name in dict.fromkeys((route.pattern, route.method, route.name) for route in ROUTES):
        app.add_url_rule(f"/<api:api>{pattern}", name, serve, methods=[method], provide_automatic_options=False)
    app.register_error_handler(HTTPException, stray)
    return app


def _read() -> Call:
    """The call in the current request. The raw target is taken where the server gives it, to see bad escapes."""
    environ = request.environ
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not target:
        target = quote(environ["PATH_INFO"].encode("latin-1")) + "?" + environ.get("QUERY_STRING", "")
    body, defect = b"", None
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        defect = EntityTooLarge(f"the body is over the limit of {BODY_LIMIT} bytes")
    return read(
        environ["REQUEST_METHOD"],
        target,
        host=environ.get("HTTP_HOST") or f"{environ['SERVER_NAME']}:{environ['SERVER_PORT']}",
        headers={name.lower(): value for name, value in request.headers},
        body=body,
        scheme=environ["wsgi.url_scheme"],
        defect=defect,
    )


def _write(answer: Answer) -> Response:
    """The headers are put back, since a Response corrects a Content-Length that a fault has made wrong."""
    response = WireResponse(answer.body, answer.status or 500, answer.headers)
    response.headers = Headers(answer.headers)
    response.wire = answer.wire
    return response
