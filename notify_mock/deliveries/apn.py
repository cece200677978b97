"""APNs: ``aps`` with the alert, custom keys next to it, two headers, and a limit of 4 KB."""

from __future__ import annotations

import json
import re

from notify_mock.deliveries.channel import Channel, Rendered, merged, present, size
from notify_mock.deliveries.delivery import Rendering
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service
from notify_mock.support.counted import counted
from notify_mock.twilio_api.delivery_errors import Problem

LIMIT = 4096
"""Maximum size of a payload in bytes. Source: Apple's documentation."""

_TOKEN = re.compile(r"[0-9a-fA-F]{64}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_PRIORITY = {"high": "10", "low": "5"}


def _render(notification: Notification, _service: Service, now: float) -> Rendered:
    """Source: the descriptions of the parameters in Twilio's OpenAPI file (documented)."""
    alert = present(title=notification.title, body=notification.body)
    aps = present(alert=alert or None, sound=notification.sound, category=notification.action)
    payload = merged({**(notification.data or {}), "aps": aps}, notification.apn)
    headers = (("apns-priority", _PRIORITY[notification.priority]), ("apns-expiration", _expiration(notification, now)))
    return Rendering(json.dumps(payload), headers), _refused(payload)


def _expiration(notification: Notification, now: float) -> str:
    """Return seconds since 1970, or 0 for "deliver now or discard" (Apple's documentation)."""
    return str(int(now) + notification.ttl) if notification.ttl else "0"


def _refused(payload: dict[str, object]) -> Problem | None:
    if payload == {"aps": {}}:
        return Problem(52136, "nothing to show and no data")
    length = size(payload)
    return Problem(52138, f"{length} bytes, the limit is {LIMIT}") if length > LIMIT else None


def _check(address: str) -> Problem | None:
    """A device token is 32 bytes in hex. The error codes for invalid tokens are inferred."""
    if _TOKEN.fullmatch(address):
        return None
    if _HEX.fullmatch(address):
        return Problem(52133, f"the device token has {counted(len(address), 'hex digit')} instead of 64")
    return Problem(52134, "a device token must be 64 hex digits")


APN = Channel("apn", True, _render, _check)
