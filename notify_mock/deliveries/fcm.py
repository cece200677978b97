"""FCM and GCM: ``data`` with Twilio's ``twi_`` keys, priority and time to live, and a limit of 4 KB."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from notify_mock.deliveries.channel import Channel, Rendered, merged, present, size
from notify_mock.deliveries.delivery import Rendering
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service
from notify_mock.twilio_api.delivery_errors import Problem

LIMIT = 4096
"""Maximum size of ``data`` and ``notification`` in bytes. Source: Firebase's documentation of the legacy HTTP API."""

_TOKEN = re.compile(r"[\w:.%-]+", re.ASCII)
_RESERVED = ("from", "message_type")
_RESERVED_PREFIXES = ("google", "gcm")
_PRIORITY = {"high": "high", "low": "normal"}


def _fcm(notification: Notification, _service: Service, _now: float) -> Rendered:
    return _render(notification, notification.fcm)


def _gcm(notification: Notification, _service: Service, _now: float) -> Rendered:
    return _render(notification, notification.gcm)


def _render(notification: Notification, override: Mapping[str, Any] | None) -> Rendered:
    """Source: the descriptions of the parameters in Twilio's OpenAPI file (documented)."""
    data = {
        **(notification.data or {}),
        **present(
            twi_title=notification.title,
            twi_body=notification.body,
            twi_sound=notification.sound,
            twi_action=notification.action,
        ),
    }
    message = {"data": data, "priority": _PRIORITY[notification.priority], "time_to_live": notification.ttl}
    payload = merged(message, override)
    return Rendering(json.dumps(payload)), _refused(payload)


def _refused(payload: Mapping[str, Any]) -> Problem | None:
    data = payload.get("data")
    for key in data if isinstance(data, dict) else ():
        if key in _RESERVED or key.startswith(_RESERVED_PREFIXES):
            return Problem(52107, f"data has the key {key!r}, which the provider reserves")
    length = size({key: payload[key] for key in ("data", "notification") if key in payload})
    return Problem(52106, f"{length} bytes, the limit is {LIMIT}") if length > LIMIT else None


def _check(address: str) -> Problem | None:
    """Registration tokens are opaque: only characters that no token contains are rejected (inferred)."""
    return (
        None if _TOKEN.fullmatch(address) else Problem(52102, "a registration token must not contain spaces or accents")
    )


FCM = Channel("fcm", True, _fcm, _check)
GCM = Channel("gcm", True, _gcm, _check)
