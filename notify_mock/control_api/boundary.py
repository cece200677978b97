"""The edge of the control API: which requests are for it, and its errors. A server needs no Flask for these."""

from __future__ import annotations

import json
import re
from typing import Any

from notify_mock.twilio_api.hosts import is_twilio, read_destination
from notify_mock.twilio_api.messages import Answer

_TARGET = re.compile(r"/_mock(?:[/?]|\Z)")


def is_control(target: str) -> bool:
    """Whether a path or request target belongs to the control API."""
    return bool(_TARGET.match(target))


def wants_page(method: str, host: str, accept: str) -> bool:
    """Whether a request for ``/`` comes from a browser, which is then sent to the inspector's page.

    Requests for Twilio's hosts never are.
    """
    if method not in ("GET", "HEAD") or "text/html" not in accept.lower():
        return False
    destination = read_destination(host, 80)
    return destination is not None and not is_twilio(destination.host)


def to_page(root: str = "") -> Answer:
    """Return the redirect to the inspector's page. ``root`` is the path that the app is mounted at."""
    headers = [("Location", f"{root}/_mock/"), ("Cache-Control", "no-store"), ("Content-Length", "0")]
    return Answer(302, headers, b"")


def error_body(message: str, field: str) -> dict[str, Any]:
    return {"error": {"message": message} | ({"field": field} if field else {})}


def refusal(status: int, message: str, field: str = "body", allow: str = "") -> Answer:
    """Return the response to a control request that is refused before an action of the control API takes it."""
    body = json.dumps(error_body(message, field)).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return Answer(status, [*headers, ("Allow", allow)] if allow else headers, body)
