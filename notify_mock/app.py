"""The Flask app: a thin front that turns a WSGI request into a call and an answer into a response."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask, Response, request
from werkzeug.datastructures import Headers
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from notify_mock.call import BODY_LIMIT, Answer, Call, read
from notify_mock.errors import EntityTooLarge, InternalError, TwilioError
from notify_mock.routes import ROUTES


class WireResponse(Response):
    """A response whose headers go out as they are: werkzeug would take ``Content-Length: 0`` from a 204."""

    def get_wsgi_headers(self, environ: Any) -> Headers:  # noqa: ARG002 - werkzeug's signature
        return self.headers


def create_app(handle: Callable[[Call], Answer]) -> Flask:
    """The app for one emulator's ``handle``.

    Its ``url_map`` is made from the route table, so that a hook of a user's own sees ``request.endpoint`` as
    ``credential.create@chat/v2``, or ``credential.create@v1`` where the host tells the product. Where werkzeug finds no
    rule, the emulator still has the answer.
    """
    app = Flask("notify_mock", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = BODY_LIMIT
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False

    def serve(**_sids: str) -> Response:
        return _write(handle(_read()))

    def stray(error: HTTPException) -> Response:
        if error.code in (404, 405):
            return serve()
        return _write(handle(_read(InternalError("the emulator failed; the traceback is in its log"))))

    for (pattern, method), endpoint in _rules().items():
        app.add_url_rule(pattern, endpoint, serve, methods=[method], provide_automatic_options=False)
    app.register_error_handler(HTTPException, stray)
    return app


def _rules() -> dict[tuple[str, str], str]:
    """Endpoints by pattern and method: under ``/chat/v2`` for any host, and under ``/v2`` for Twilio's own."""
    rules: dict[tuple[str, str], str] = {}
    for route in ROUTES:
        for prefix in (route.door, route.door.partition("/")[2]):
            rules.setdefault((f"/{prefix}{route.pattern}", route.method), f"{route.name}@{prefix}")
    return rules


def _read(defect: TwilioError | None = None) -> Call:
    """The call in the current request. The raw target is taken where the server gives it, to see bad escapes."""
    environ = request.environ
    target = environ.get("RAW_URI") or environ.get("REQUEST_URI") or request.full_path
    body = b""
    if defect is None:
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
    return WireResponse(answer.body, answer.status, answer.headers)
