"""Mask secrets in what is logged and shown: by parameter name, and by the look of the value."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

from notify_mock.support.masked_url import MASK, masked_url
from notify_mock.twilio_api.channels import CALLBACK_PARAMETERS

PLAIN = frozenset(
    [
        *("Type", "FriendlyName", "Sandbox", "PageSize", "Page", "PageToken", "Limit", "Identity", "Tag"),
        *("BindingType", "Address", "Endpoint", "CredentialSid", "NotificationProtocolVersion", "Body"),
        *("Title", "Sound", "Action", "Data", "Priority", "Ttl", "Apn", "Gcm", "Fcm", "Sms", "Alexa"),
        *("FacebookMessenger", "Segment", "ToBinding", "DeliveryCallbackUrl", "DeliveryCallbackEnabled"),
        *("LogEnabled", "StartDate", "EndDate", "ApnCredentialSid", "GcmCredentialSid", "FcmCredentialSid"),
        *("MessagingServiceSid", "FacebookMessengerPageId", "AlexaSkillId"),
        *("DefaultApnNotificationProtocolVersion", "DefaultGcmNotificationProtocolVersion"),
        *("DefaultFcmNotificationProtocolVersion", "DefaultAlexaNotificationProtocolVersion"),
    ]
)
"""The parameters of Notify v1 that are shown as they are, unless they look like a secret (documented names)."""

SHOWN = PLAIN.union(CALLBACK_PARAMETERS)
"""With those of the delivery callback."""

_SECRET_NAME = re.compile(r"secret|key|certificate|passw|(?<!page)token|authorization|cookie|credential.?json")
_SECRET_LOOK = re.compile(r"-----BEGIN|private_key|AAAA[\w-]{7}:APA91|AIza[\w-]{30}|://(?!\[secret\]@)[^/\s@]+@")
_URL = re.compile(r"\s{0,8}[a-z][a-z0-9+.-]{0,20}://", re.IGNORECASE)
_PLAIN_NAME = re.compile(r"[A-Za-z][\w.\[\]-]{0,60}")
_MAX_LENGTH = 120
_MAX_BODY_LENGTH = 10_000


def is_secret(name: str) -> bool:
    """Return whether a parameter or header with this name is a secret, in any spelling."""
    return bool(_SECRET_NAME.search(re.sub(r"[^a-z]", "", name.lower())))


def show_text(value: str, max_length: int = _MAX_LENGTH) -> str:
    """Return ``value`` for one log line: masked if it looks like a secret, escaped, and shortened to ``max_length``.

    Of a URL, the password and the values in the query are masked.
    """
    if "://" in value and _URL.match(value):
        value = masked_url(value)
    if _SECRET_LOOK.search(value):
        return MASK
    if len(value) <= max_length and value.isprintable():
        return value
    shown = value[: max_length + 1]
    shown = shown if shown.isprintable() else shown.encode("unicode_escape").decode()
    return shown if len(shown) <= max_length else f"{shown[:max_length]}... ({len(value)} characters)"


def show_json(body: bytes) -> str:
    """Return a response body for one log line, with the values of secret names and texts that look secret masked."""
    text = body.decode(errors="replace")
    try:
        shown = json.dumps(_without_secrets(json.loads(text)))
    except (ValueError, RecursionError):
        return show_text(text)
    return shown if len(shown) <= _MAX_BODY_LENGTH else f"{shown[:_MAX_BODY_LENGTH]}... ({len(shown)} characters)"


def _without_secrets(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            show_text(name): MASK if is_secret(name) and isinstance(inner, (str, int)) else _without_secrets(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_secrets(inner) for inner in value]
    return show_text(value, _MAX_BODY_LENGTH) if isinstance(value, str) else value


def show_value(name: str, value: str, max_length: int = _MAX_LENGTH) -> str:
    """Return the value of a parameter for one log line: masked if the parameter is a secret or not one of Twilio's."""
    if name not in SHOWN:
        return MASK
    return show_text(masked_url(value) if name == "DeliveryCallbackUrl" else value, max_length)


def show_pairs(pairs: Iterable[tuple[str, str]], between: str = " ") -> str:
    """Return a list of parameters as text, with secrets masked: ``Type=fcm Secret=[secret]``.

    Unknown names without a value are not shown: one may be the rest of a secret with an unencoded ``&``.
    """
    return between.join([_show_pair(name, value) for name, value in pairs])


def _show_pair(name: str, value: str) -> str:
    if name in PLAIN or (_PLAIN_NAME.fullmatch(name) and (value.strip("=") or is_secret(name))):
        return f"{name}={show_value(name, value)}"
    return "(a name without a value)" if not value.strip("=") else "(unreadable name)"
