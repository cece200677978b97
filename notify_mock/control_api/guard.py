"""Access checks of the control API: no web pages of other origins, no delivery callbacks, and the token."""

from __future__ import annotations

import hmac
import re

from flask import request

from notify_mock.support.address import is_loopback
from notify_mock.support.usage import shown

TOKEN_HEADER = "X-Notify-Mock-Token"  # noqa: S105 - a header's name

_SET_TOKEN = "start the server with --control-token or NOTIFY_MOCK_CONTROL_TOKEN, or Emulator(control_token=...)"  # noqa: S105 - a text
_SIGNATURE = "X-Twilio-Signature"
_SITE = "Sec-Fetch-Site"

_HOST = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::[0-9]*)?")


class Refused(Exception):
    """A control request is refused; ``allow`` lists the allowed methods."""

    def __init__(self, status: int, message: str, field: str = "", allow: str = "") -> None:
        self.status, self.message, self.field, self.allow = status, message, field, allow
        super().__init__(message)


def check_origin() -> None:
    """Refuse a foreign Origin or Host, since any web page can reach a loopback port (DNS rebinding).

    Host may have any port, since containers and tunnels change it and only names can be rebound. Another port in
    Origin is another origin.
    """
    host = str(request.environ.get("HTTP_HOST", "127.0.0.1"))
    found = _HOST.fullmatch(host)
    if _is_local() and not (found and is_loopback(found[1].strip("[]"))):
        raise Refused(403, f"Host {shown(host)} is not this machine; use 127.0.0.1 or localhost", "Host")
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        raise Refused(403, "the control API does not accept requests from pages of another origin", "Origin")


def check_site() -> None:
    """Refuse requests that a page of another site or port caused; the browser says so in ``Sec-Fetch-Site``.

    Some of them have no ``Origin``, such as that of an image or a link. ``none`` is the address bar, which only sends
    GET. Clients that are not browsers do not send the header.
    """
    site = request.headers.get(_SITE, "same-origin")
    if site != "same-origin" and not (site == "none" and request.method in ("GET", "HEAD")):
        wrong = f"the control API does not accept requests from other pages ({_SITE}: {shown(site)})"
        raise Refused(403, f"{wrong}; enter its address in the address bar", _SITE)


def check_callback() -> None:
    """Refuse delivery callbacks, also those of another emulator: whoever names a callback URL must not command this."""
    if _SIGNATURE in request.headers:
        raise Refused(403, f"the control API does not accept delivery callbacks ({_SIGNATURE})", _SIGNATURE)


def check_token(token: str | None) -> None:
    """Require the token if one is set, and always if the server listens beyond loopback."""
    if not token:
        if _is_local():
            return
        raise Refused(401, f"a control token is required beyond loopback; {_SET_TOKEN}", TOKEN_HEADER)
    given = request.headers.get(TOKEN_HEADER, "")
    if not hmac.compare_digest(given.encode("latin-1", "replace"), token.encode()):
        raise Refused(401, f"the control token is required in the header {TOKEN_HEADER}", TOKEN_HEADER)


def _is_local() -> bool:
    """Whether the server listens only on loopback. A caller from another machine proves otherwise."""
    environ = request.environ
    return all(is_loopback(str(environ.get(name, "127.0.0.1"))) for name in ("SERVER_NAME", "REMOTE_ADDR"))
