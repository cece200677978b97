"""Who may use the control API: not the pages of a browser, and beyond loopback only who has the token."""

from __future__ import annotations

import hmac
import re

from flask import request

from notify_mock.support.address import is_loopback
from notify_mock.support.usage import shown

TOKEN_HEADER = "X-Notify-Mock-Token"  # noqa: S105 - a header's name

_HOST = re.compile(r"(\[[^\[\]]*\]|[^\[\]:]*)(?::[0-9]*)?")


class Refused(Exception):
    """A control request that isn't obeyed; ``allow`` are the methods that would be."""

    def __init__(self, status: int, message: str, field: str = "", allow: str = "") -> None:
        self.status, self.message, self.field, self.allow = status, message, field, allow
        super().__init__(message)


def check_origin() -> None:
    """Any page in a browser can reach a loopback port, so a foreign Origin or Host is refused (DNS rebinding).

    The port in Host may be any, since a container or a tunnel changes it; names are what can be rebound. An Origin on
    another port is another origin.
    """
    host = str(request.environ.get("HTTP_HOST", "127.0.0.1"))
    found = _HOST.fullmatch(host)
    if _is_local() and not (found and is_loopback(found[1].strip("[]"))):
        raise Refused(403, f"Host {shown(host)} is foreign; ask for 127.0.0.1 or localhost", "Host")
    origin = request.headers.get("Origin")
    if origin is not None and origin.lower() not in (f"http://{host.lower()}", f"https://{host.lower()}"):
        raise Refused(403, "the control API takes no requests from pages of another origin", "Origin")


def check_token(token: str | None) -> None:
    """Needed where it is set, and always where the server listens on more than loopback."""
    if not token:
        if _is_local():
            return
        raise Refused(401, "beyond loopback this needs a control token; start with control_token", TOKEN_HEADER)
    given = request.headers.get(TOKEN_HEADER, "")
    if not hmac.compare_digest(given.encode("latin-1", "replace"), token.encode()):
        raise Refused(401, f"this needs the control token, in the header {TOKEN_HEADER}", TOKEN_HEADER)


def _is_local() -> bool:
    """Whether the server listens on loopback only; a caller from elsewhere shows that it doesn't."""
    environ = request.environ
    return all(is_loopback(str(environ.get(name, "127.0.0.1"))) for name in ("SERVER_NAME", "REMOTE_ADDR"))
