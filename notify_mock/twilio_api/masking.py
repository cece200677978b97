"""Mask push secrets in logged requests, by parameter name and by the look of the value."""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "[secret]"
_SECRET_NAME = re.compile(r"secret|key|certificate|password|authorization|authtoken|credential.?json")
_SECRET_LOOK = re.compile(r"-----BEGIN|private_key|AAAA[\w-]{7}:APA91|AIza[\w-]{30}|://[^/\s@]+:[^/\s@]+@")
_PLAIN_NAME = re.compile(r"[A-Za-z][\w.\[\]-]{0,60}")
_KNOWN = frozenset(
    {
        *("Type", "FriendlyName", "Sandbox", "PageSize", "Page", "PageToken"),
        *("Identity", "BindingType", "Address", "Tag", "Endpoint", "StartDate", "EndDate"),
        *("ApnCredentialSid", "GcmCredentialSid", "FcmCredentialSid", "MessagingServiceSid", "CredentialSid"),
        *("Body", "Title", "Sound", "Action", "Data", "ToBinding", "Ttl", "Priority", "DeliveryCallbackUrl"),
    }
)
_MAX_LENGTH = 120


def is_secret(name: str) -> bool:
    """Return whether a parameter or header with this name is a secret, in any spelling."""
    return bool(_SECRET_NAME.search(re.sub(r"[^a-z]", "", name.lower())))


def show_text(value: str, max_length: int = _MAX_LENGTH) -> str:
    """Return ``value`` for one log line: masked if it looks like a secret, escaped, and shortened to ``max_length``."""
    if _SECRET_LOOK.search(value):
        return MASK
    shown = value if value.isprintable() else value.encode("unicode_escape").decode()
    return shown if len(shown) <= max_length else f"{shown[:max_length]}... ({len(shown)} characters)"


def show_pairs(pairs: Iterable[tuple[str, str]], between: str = " ") -> str:
    """Return a list of parameters as text, with secrets masked: ``Type=fcm Secret=[secret]``.

    Unknown names without a value are not shown: one may be the rest of a secret with an unencoded ``&``.
    """
    return between.join(_show_pair(name, value) for name, value in pairs)


def _show_pair(name: str, value: str) -> str:
    if is_secret(name) and _PLAIN_NAME.fullmatch(name):
        return f"{name}={MASK}"
    if not value.strip("=") and name not in _KNOWN:
        return "(a name without a value)"
    if not _PLAIN_NAME.fullmatch(name):
        return "(unreadable name)"
    return f"{name}={show_text(value)}"
