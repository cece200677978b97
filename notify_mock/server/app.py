"""The Flask app: a thin front that turns a WSGI request into a call and an answer into a response."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol
from urllib.parse import quote, unquote

from flask import Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, MethodNotAllowed, NotFound, RequestEntityTooLarge
from werkzeug.routing import BaseConverter, RequestRedirect, Rule

from notify_mock.control_api.api import control_view
from notify_mock.control_api.boundary import is_control, refusal, to_page, wants_page
from notify_mock.control_api.controlled import Controlled
from notify_mock.control_api.guard import Refused
from notify_mock.engine.routes import CALL_NAMES, ROUTES
from notify_mock.events.hub import Hub
from notify_mock.events.stream import HEADERS, Stream, is_stream
from notify_mock.inspector import page
from notify_mock.twilio_api.errors import EntityTooLarge
from notify_mock.twilio_api.headers import phrase
from notify_mock.twilio_api.messages import BODY_LIMIT, Answer, Call, Wire, read
from notify_mock.twilio_api.products import APIS

_OWN_ENDPOINTS = page.ENDPOINTS.union(CALL_NAMES)


class ApiConverter(BaseConverter):
    """Matches ``chat/v2`` on any host, and ``v2`` on Twilio's hosts."""

    regex = "|".join(sorted({*APIS, *(api.partition("/")[2] for api in APIS)}))
    part_isolating = False


class CallRule(Rule):
    """A rule that compiles its URL builder on the first ``url_for``.

    Compiling takes most of the time to create an app, and ``url_for`` is rarely used.
    """

    def _compile_builder(self, append_unknown: bool = True) -> Any:
        compile_now = super()._compile_builder

        def build(rule: CallRule, **values: Any) -> Any:
            return compile_now(append_unknown).__get__(rule, None)(**values)

        return build


class Handler(Controlled, Protocol):
    """An emulator."""

    @property
    def events(self) -> Hub: ...
    def failed(self) -> Answer: ...


class WireResponse(Response):
    """A response with unchanged headers: werkzeug would remove ``Content-Length: 0`` from a 204.

    Raises ``ConnectionResetError`` where a fault breaks the connection, since a WSGI app can't do it.
    """

    wire: Wire | None = None

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        if self.wire is not None and (self.wire.ending or self.wire.sent is not None):
            raise ConnectionResetError(f"a fault rule broke the connection: {self.wire}")
        return super().__call__(environ, start_response)

    def get_wsgi_headers(self, environ: Any) -> Headers:  # noqa: ARG002 - werkzeug's signature
        return self.headers


def create_app(emulator: Handler) -> Flask:
    """Return the app for one emulator, with the control API under ``/_mock``.

    Its ``url_map`` is built from the route table, so that the user's Flask hooks see the call's name as
    ``request.endpoint``. The emulator also answers requests for which werkzeug finds no rule.
    """
    app = Flask("notify_mock", static_folder=None)
    app.url_rule_class = CallRule
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False

    def serve(**_sids: str) -> Response:
        return _write(emulator.handle(_read()))

    def stray(error: HTTPException) -> Response:
        return serve() if (error.code or 500) < 500 else _write(emulator.failed())

    control = control_view(emulator)

    @app.before_request
    def pass_to_control() -> Response | None:
        """Runs before routing, so that preflights and unknown methods do not reach the emulated API."""
        if request.endpoint in page.ENDPOINTS:
            return None
        if is_stream(request.environ):
            return _stream(emulator)
        if is_control(request.path):
            return control(request.path.removeprefix("/_mock").removeprefix("/"))
        if request.path == "/" and request.endpoint is None and wants_page(*_asked()):
            return _write(to_page(request.script_root))
        return None

    app.url_map.converters["api"] = ApiConverter
    for pattern, method, name in dict.fromkeys((route.pattern, route.method, route.name) for route in ROUTES):
        app.add_url_rule(f"/<api:api>{pattern}", name, serve, methods=[method], provide_automatic_options=False)
    app.register_blueprint(page.page_blueprint(emulator.access, lambda: emulator.events.end()))
    app.register_error_handler(HTTPException, stray)
    return app


def has_own_route(app: Flask, method: str, target: str) -> bool:
    """Whether a route that is not the emulator's matches a request."""
    if app.view_functions.keys() <= _OWN_ENDPOINTS:  # matching takes longer than a call
        return False
    try:
        endpoint, _ = app.url_map.bind("").match(unquote(target.partition("?")[0]), method)
    except (NotFound, MethodNotAllowed, RequestRedirect):
        return False
    except BaseException:  # noqa: BLE001 - a broken converter: the app fails in the same way, and answers for it
        return True
    return endpoint not in _OWN_ENDPOINTS


def _stream(emulator: Handler) -> Response:
    """Return the events. The server iterates over them in the thread of this request."""
    try:
        return Response(Stream(request.environ, emulator), headers=HEADERS)
    except Refused as error:
        return _write(refusal(error.status, error.message, error.field, error.allow))


def _asked() -> tuple[str, str, str]:
    return request.method, request.environ.get("HTTP_HOST", ""), request.headers.get("Accept", "")


def _read() -> Call:
    """Return the call in the current request. Prefers the raw target of the server, which shows bad escapes."""
    environ = request.environ
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI")
    if not target:
        target = quote(environ["PATH_INFO"].encode("latin-1")) + "?" + environ.get("QUERY_STRING", "")
    body, defect = b"", None
    try:
        body = request.get_data(cache=False)
    except RequestEntityTooLarge:
        defect = EntityTooLarge(f"the body is larger than the limit of {BODY_LIMIT} bytes")
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
    """Restores the headers, since a Response corrects a Content-Length that a fault has made wrong."""
    status = answer.status or 500
    response = WireResponse(answer.body, f"{status} {phrase(status) or 'UNKNOWN'}", answer.headers)
    response.headers = Headers(answer.headers)
    response.wire = answer.wire
    return response
