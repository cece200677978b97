"""The inspector's page: its HTML, its static files, and the login where a control token is needed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from hashlib import blake2b
from pathlib import Path

from flask import Blueprint, Response, request
from jinja2 import Environment, FileSystemLoader

from notify_mock.control_api.boundary import refusal
from notify_mock.control_api.guard import Access, Refused, cookie_name
from notify_mock.support.usage import shown
from notify_mock.support.version import __version__

NAME = "inspector"
"""The name of the blueprint, and the first part of its endpoints."""

ENDPOINTS = frozenset(f"{NAME}.{view}" for view in ("index", "login", "logout", "static_file"))

_FOLDER = Path(__file__).parent
_MAX_FORM_BYTES = 8192
_TYPES = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
}
_BARE = (".js", ".css")
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Resource-Policy": "same-origin",
    # Not no-referrer: browsers would then send "Origin: null" with our own form.
    "Referrer-Policy": "same-origin",
}
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def page_blueprint(access: Access, end_events: Callable[[], None]) -> Blueprint:
    """Return the blueprint for ``/_mock/``, ``/_mock/static/...``, ``/_mock/login`` and ``/_mock/logout``.

    ``end_events`` ends the streams of events. It is called after a logout, since a cookie may have opened them.
    """
    blueprint, page = Blueprint(NAME, __name__, url_prefix="/_mock"), _Page(access, end_events)
    views = (
        ("/", page.index, ("GET",)),
        ("/login", page.login, ("GET", "POST")),
        ("/logout", page.logout, ("POST",)),
        ("/static/<path:name>", page.static_file, ("GET",)),
    )
    for path, view, methods in views:
        blueprint.add_url_rule(path, view.__name__, view, methods=methods, provide_automatic_options=False)
    blueprint.register_error_handler(Refused, _refused)
    return blueprint


class _Page:
    """The views. Page and files contain no data, so they need no token; without it, the page is the login form."""

    def __init__(self, access: Access, end_events: Callable[[], None]) -> None:
        self._access, self._end_events = access, end_events

    def index(self) -> Response:
        self._check()
        if not request.path.endswith("/"):
            return _to_page()
        if self._access.is_open_to(request.environ):
            return _page("index.html", can_log_out=self._access.token is not None)
        return self._login_form()

    def login(self) -> Response:
        self._check()
        if request.method != "POST":
            return _to_page() if self._access.is_open_to(request.environ) else self._login_form()
        if (request.content_length or 0) > _MAX_FORM_BYTES:
            raise Refused(413, f"the form is larger than the limit of {_MAX_FORM_BYTES} bytes", "body")
        cookie = self._access.log_in(request.form.get("token", ""))
        if cookie is None:
            return self._login_form("This is not the control token of this server.")
        return _with_cookie(_to_page(), cookie)

    def logout(self) -> Response:
        self._access.check(request.environ)
        self._access.log_out()
        self._end_events()
        return _with_cookie(_to_page(), "")

    def static_file(self, name: str) -> Response:
        self._access.check(request.environ, needs_token=False)
        file = _files().get(name)
        if file is None:
            raise Refused(404, f"the inspector has no file {shown(name)}")
        content = _bare(file.read_text(encoding="utf-8")).encode() if file.suffix in _BARE else file.read_bytes()
        response = Response(content, content_type=_TYPES[file.suffix])
        response.headers.update({**_HEADERS, "Cache-Control": "no-cache"})  # cached, and checked by the ETag
        response.set_etag(blake2b(content, digest_size=16).hexdigest())
        response.make_conditional(request)
        return response

    def _check(self) -> None:
        self._access.check(request.environ, needs_token=False, may_navigate=True)

    def _login_form(self, wrong: str = "") -> Response:
        """``missing`` is set if nobody can log in, because the server has no token."""
        return _page(
            "login.html", 401 if wrong else 200, wrong=wrong, missing=self._access.needs_setting(request.environ)
        )


def _refused(error: Refused) -> Response:
    answer = refusal(error.status, error.message, error.field)
    return Response(answer.body, answer.status, dict(answer.headers))


@cache
def _files() -> Mapping[str, Path]:
    """Return the static files by name. No other file is ever looked up."""
    folder = _FOLDER / "static"
    found = sorted(file for file in folder.rglob("*") if file.suffix in _TYPES)
    return {file.relative_to(folder).as_posix(): file for file in found}


def _bare(text: str) -> str:
    """Return a script or style sheet without comments and indentation, which are an eighth of the page.

    Lines keep their numbers. Only a comment that begins a line and ends one is left out.
    """
    lines, is_comment = [], False
    for line in map(str.strip, text.splitlines()):
        is_comment = is_comment or line.startswith("/*")
        lines.append("" if is_comment else line)
        is_comment = is_comment and not line.endswith("*/")
    return "\n".join(lines)


@cache
def _templates() -> Environment:
    """Our own environment, since the app's also has the templates and globals of its user."""
    return Environment(loader=FileSystemLoader(_FOLDER / "templates"), autoescape=True)


def _page(template: str, status: int = 200, **values: object) -> Response:
    html = _templates().get_template(template).render(version=__version__, **values)
    response = Response(html, status, content_type="text/html; charset=utf-8")
    response.headers.update({**_HEADERS, **_PAGE_HEADERS})
    return response


def _to_page() -> Response:
    status = 302 if request.method in ("GET", "HEAD") else 303
    headers = {**_HEADERS, "Cache-Control": "no-store", "Location": f"{request.script_root}/_mock/"}
    return Response(status=status, headers=headers)


def _with_cookie(response: Response, value: str) -> Response:
    """Set the cookie, or delete it if ``value`` is "". Scripts can't read it, and no other site can send it."""
    response.set_cookie(
        cookie_name(request.environ),
        value,
        max_age=None if value else 0,
        path=f"{request.script_root}/_mock",
        secure=request.scheme == "https",
        httponly=True,
        samesite="Strict",
    )
    return response
