"""The edge of the control API: which requests are for it, and its errors. A server needs no Flask for these."""

from __future__ import annotations

import json
import re
from typing import Any

from notify_mock.twilio_api.messages import Answer

_TARGET = re.compile(r"/_mock(?:[/?]|\Z)")


def is_control(target: str) -> bool:
    """Whether a path or request target belongs to the control API."""
    return bool(_TARGET.match(target))


def error_body(message: str, field: str) -> dict[str, Any]:
    return {"error": {"message": message} | ({"field": field} if field else {})}


def refusal(status: int, message: str) -> Answer:
    """Return the response to a control request that can't be parsed."""
    body = json.dumps(error_body(message, "body")).encode()
    return Answer(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body)
