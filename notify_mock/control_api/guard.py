"""Access checks of the control API: no web pages of other origins, no delivery callbacks, and the token."""

from __future__ import annotations

import hmac
import os
import re
from collections.abc import Mapping
from typing import Any

from notify_mock.support.address import is_loopback
from notify_mock.support.usage import shown

TOKEN_HEADER = "X-Notify-Mock-Token"  # noqa: S105 - a header's name

_SET_TOKEN = "start the server with --control-token or NOTIFY_MOCK_CONTROL_TOKEN, or Emulator(control_token=...)"  # noqa: S105 - a text
_SIGNATURE = "X-Twilio-Signature"
_SITE = "Sec-Fetch-Site"
_READS = ("GET", "HEAD")

_HOST = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::([0-9]*))?")

Environ = Mapping[str, Any]
"""A WSGI environ. It is all that the checks need, so the asyncio server makes them without Flask."""


class Refused(Exception):
    """A control request is refused; ``allow`` lists the allowed methods."""

    def __init__(self, status: int, message: str, field: str = "", allow: str = "") -> None:
        self.status, self.message, self.field, self.allow = status, message, field, allow
        super().__init__(message)


class Access:
    """Who may use the control API of one emulator. ``token`` is None if none is set.

    A browser that has sent the token once gets a cookie instead, because it can't send the header with a navigation or
    an ``EventSource``. The cookie is derived from the token with a key that only this process knows, so it neither
    reveals the token nor outlives the process.
    """

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self._key = os.urandom(32)

    def check(self, environ: Environ, *, needs_token: bool = True, may_navigate: bool = False) -> None:
        """Raise ``Refused`` unless the request may use the control API.

        ``needs_token``: without the token it is refused. ``may_navigate``: a link on a page of another site may lead
        here, because the response depends on nothing and changes nothing.
        """
        _check_callback(environ)
        _check_origin(environ)
        if not (may_navigate and _is_navigation(environ)):
            _check_site(environ)
        if needs_token:
            self._check_token(environ)

    def is_open_to(self, environ: Environ) -> bool:
        """Whether the request needs no token, or has it."""
        try:
            self._check_token(environ)
        except Refused:
            return False
        return True

    def needs_setting(self, environ: Environ) -> str:
        """Return how to set a token, if one is required but none is set; otherwise ""."""
        return "" if self.token or _is_local(environ) else f"a control token is required beyond loopback; {_SET_TOKEN}"

    def log_in(self, given: str) -> str | None:
        """Return the cookie's value if ``given`` is the token, otherwise None."""
        is_token = self.token and hmac.compare_digest(given.encode(errors="replace"), self.token.encode())
        return self._cookie() if is_token else None

    def log_out(self) -> None:
        """Make every cookie invalid."""
        self._key = os.urandom(32)

    def _cookie(self) -> str:
        return hmac.digest(self._key, (self.token or "").encode(), "sha256").hex()

    def _check_token(self, environ: Environ) -> None:
        """Require the token if one is set, and always if the server listens beyond loopback."""
        if not self.token:
            if missing := self.needs_setting(environ):
                raise Refused(401, missing, TOKEN_HEADER)
            return
        given = environ.get("HTTP_X_NOTIFY_MOCK_TOKEN")
        if given is None and hmac.compare_digest(_cookie_in(environ), self._cookie().encode()):
            _check_page(environ)
        elif not hmac.compare_digest((given or "").encode("latin-1", "replace"), self.token.encode()):
            wrong = "is required in" if given is None else "is wrong in"
            raise Refused(401, f"the control token {wrong} the header {TOKEN_HEADER}", TOKEN_HEADER)


def cookie_name(environ: Environ) -> str:
    """Return the name of the cookie. Browsers send the cookies of all ports of a host, so the name has the port."""
    found = _HOST.fullmatch(_host(environ))
    return f"notify_mock_{found[2] if found and found[2] else 80}"


def _cookie_in(environ: Environ) -> bytes:
    wanted = cookie_name(environ)
    pairs = (pair.strip().partition("=") for pair in str(environ.get("HTTP_COOKIE", "")).split(";"))
    return next((value for name, _, value in pairs if name == wanted), "").encode("latin-1", "replace")


def _check_page(environ: Environ) -> None:
    """Refuse a change that is authenticated by the cookie, unless the browser says that our own page makes it."""
    is_own = "HTTP_ORIGIN" in environ or environ.get("HTTP_SEC_FETCH_SITE") == "same-origin"
    if environ["REQUEST_METHOD"] not in _READS and not is_own:
        raise Refused(403, f"a request with the cookie needs an Origin; use the header {TOKEN_HEADER}", "Origin")


def _check_origin(environ: Environ) -> None:
    """Refuse a foreign Origin or Host, since any web page can reach a loopback port (DNS rebinding).

    Host may have any port, since containers and tunnels change it and only names can be rebound. Another port in
    Origin is another origin.
    """
    host = _host(environ)
    found = _HOST.fullmatch(host)
    if _is_local(environ) and not (found and is_loopback(found[1].strip("[]"))):
        raise Refused(403, f"Host {shown(host)} is not this machine; use 127.0.0.1 or localhost", "Host")
    origin = environ.get("HTTP_ORIGIN")
    if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        raise Refused(403, "the control API does not accept requests from pages of another origin", "Origin")


def _check_site(environ: Environ) -> None:
    """Refuse requests that a page of another site or port caused; the browser says so in ``Sec-Fetch-Site``.

    Some of them have no ``Origin``, such as that of an image or a link. ``none`` is the address bar, which only sends
    GET. Clients that are not browsers do not send the header.
    """
    site = environ.get("HTTP_SEC_FETCH_SITE", "same-origin")
    if site != "same-origin" and not (site == "none" and environ["REQUEST_METHOD"] in _READS):
        wrong = f"the control API does not accept requests from other pages ({_SITE}: {shown(site)})"
        raise Refused(403, f"{wrong}; enter its address in the address bar", _SITE)


def _is_navigation(environ: Environ) -> bool:
    """Whether a browser shows the response as a page of its own, not in a frame, and sends nothing."""
    mode, shown_as = environ.get("HTTP_SEC_FETCH_MODE"), environ.get("HTTP_SEC_FETCH_DEST")
    return environ["REQUEST_METHOD"] == "GET" and (mode, shown_as) == ("navigate", "document")


def _check_callback(environ: Environ) -> None:
    """Refuse delivery callbacks, also those of another emulator: whoever names a callback URL must not command this."""
    if "HTTP_X_TWILIO_SIGNATURE" in environ:
        raise Refused(403, f"the control API does not accept delivery callbacks ({_SIGNATURE})", _SIGNATURE)


def _is_local(environ: Environ) -> bool:
    """Whether the server listens only on loopback. A caller from another machine proves otherwise."""
    return all(is_loopback(str(environ.get(name, "127.0.0.1"))) for name in ("SERVER_NAME", "REMOTE_ADDR"))


def _host(environ: Environ) -> str:
    return str(environ.get("HTTP_HOST", "127.0.0.1"))
