"""FCM through its HTTP v1 API: ``message`` with ``data``, ``android`` and the overrides, and a limit of 4 KB."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from notify_mock.deliveries.channel import Channel, Rendered, merged, present, size
from notify_mock.deliveries.delivery import Rendering
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service
from notify_mock.support.usage import shown
from notify_mock.twilio_api.delivery_errors import Problem

LIMIT = 4096
"""Maximum size of ``data`` and ``notification`` in bytes. Source: Firebase's documentation of both APIs."""

PRIORITY = {"high": "high", "low": "normal"}

PROJECT = "example-app"
"""The Firebase project of a credential without a ``Secret``, which only tests have."""

_TOKEN = re.compile(r"[\w:.%-]+", re.ASCII)
_DURATION = re.compile(r"\d+(?:\.\d{1,9})?s", re.ASCII)
_MAX_SHOWN = 40
_RESERVED = ("from", "message_type")
_RESERVED_PREFIXES = ("google", "gcm")

_FIELDS = ("data", "notification", "android", "webpush", "apns", "fcm_options")
"""The fields of a message besides its target. Source: Firebase's reference of the HTTP v1 API."""

_PLACES: Mapping[str, tuple[str, ...]] = {
    "priority": ("android", "priority"),
    "time_to_live": ("android", "ttl"),
    "collapse_key": ("android", "collapse_key"),
    "restricted_package_name": ("android", "restricted_package_name"),
    "direct_boot_ok": ("android", "direct_boot_ok"),
    "content_available": ("apns", "payload", "aps", "content-available"),
    "mutable_content": ("apns", "payload", "aps", "mutable-content"),
}
"""Where a field of the legacy API is in a message. Source: Firebase's migration guide."""

_FOR_ALL = ("title", "body", "image")
"""The fields of a ``notification`` that are not for one platform only."""


def _render(notification: Notification, _service: Service, _now: float) -> Rendered:
    """Twilio's own messages are not public. The ``twi_`` keys are those of the parameters' descriptions (documented,
    with no mention of an API), the rest is inferred."""
    android = {"priority": PRIORITY[notification.priority], "ttl": f"{notification.ttl}s"}
    message = merged({"data": data_of(notification), "android": android}, _as_message(notification.fcm or {}))
    return Rendering(json.dumps({"message": message}), (), PROJECT), _refused(message)


def data_of(notification: Notification) -> dict[str, Any]:
    """Return ``data``. Source: the descriptions of the parameters in Twilio's OpenAPI file (documented)."""
    return {
        **(notification.data or {}),
        **present(
            twi_title=notification.title,
            twi_body=notification.body,
            twi_sound=notification.sound,
            twi_action=notification.action,
        ),
    }


def _as_message(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``Fcm``, which has the form of the legacy API (documented), as parts of a message. Other fields are kept,
    so that ``android`` and ``apns`` can be given (inferred)."""
    message: dict[str, Any] = {}
    for key, value in given.items():
        if key == "notification" and isinstance(value, dict):
            part = _notification(value)
        else:
            part = _value_of(key, value)
            for name in reversed(_PLACES.get(key, (key,))):
                part = {name: part}
        message = merged(message, part)
    return message


def _value_of(key: str, value: Any) -> Any:
    if key == "time_to_live":
        is_seconds = isinstance(value, (int, float)) and not isinstance(value, bool)
        return f"{value}s" if is_seconds or str(value).isdecimal() else value
    return int(value) if key in ("content_available", "mutable_content") and isinstance(value, bool) else value


def _notification(given: Mapping[str, Any]) -> dict[str, Any]:
    """Split a notification of the legacy API: what is for Android only has a place of its own."""
    shared = {key: value for key, value in given.items() if key in _FOR_ALL}
    names = {"android_channel_id": "channel_id"}
    android = {names.get(key, key): value for key, value in given.items() if key not in _FOR_ALL}
    return {"notification": shared, **({"android": {"notification": android}} if android else {})}


def _refused(message: Mapping[str, Any]) -> Problem | None:
    """FCM reads the message first, then checks it. Its texts are documented; that the code is 52118 is inferred from
    that error's causes."""
    unknown = next((key for key in message if key not in _FIELDS), None)
    if unknown is not None:
        return Problem(52118, f"Unknown name {json.dumps(unknown)} at 'message': Cannot find field")
    for name, part in message.items():
        if part is not None and not isinstance(part, dict):
            return Problem(52118, f"Invalid value at 'message.{name}': {name} must be an object")
    return _refused_parts(message) or refused(message)


def _refused_parts(message: Mapping[str, Any]) -> Problem | None:
    android = message.get("android") or {}
    ttl = android.get("ttl")
    if ttl is not None and not _DURATION.fullmatch(str(ttl)):
        return Problem(
            52118, f"Invalid value at 'message.android.ttl': expected seconds such as '60s', got {shown(ttl)}"
        )
    webpush = message.get("webpush") or {}
    maps = {"data": message.get("data"), "android.data": android.get("data"), "webpush.data": webpush.get("data")}
    return next(filter(None, (_not_text(where, data) for where, data in maps.items())), None)


def _not_text(where: str, data: Any) -> Problem | None:
    if not isinstance(data, dict):
        return None if data is None else Problem(52118, f"Invalid value at 'message.{where}': data must be an object")
    for number, (key, value) in enumerate(data.items()):
        if not isinstance(value, str):
            given = "" if isinstance(value, (dict, list)) else f", {json.dumps(value)[:_MAX_SHOWN]}"
            wrong = f"Invalid value at 'message.{where}[{number}].value' (TYPE_STRING){given}"
            return Problem(52118, f"{wrong}: all values of data must be text, that of {shown(key)} is not")
    return None


def refused(payload: Mapping[str, Any]) -> Problem | None:
    """Return why both APIs would refuse the payload: a reserved key, or its size."""
    data = payload.get("data")
    for key in data if isinstance(data, dict) else ():
        if key in _RESERVED or key.startswith(_RESERVED_PREFIXES):
            return Problem(52107, f"data has the key {key!r}, which the provider reserves")
    length = size({key: payload[key] for key in ("data", "notification") if key in payload})
    return Problem(52106, f"{length} bytes, the limit is {LIMIT}") if length > LIMIT else None


def check_token(address: str) -> Problem | None:
    """Registration tokens are opaque: only characters that no token contains are rejected (inferred)."""
    return (
        None if _TOKEN.fullmatch(address) else Problem(52102, "a registration token must not contain spaces or accents")
    )


FCM = Channel("fcm", True, _render, check_token)
