"""A channel: how a notification is rendered for its provider, and what the provider would reject."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from notify_mock.deliveries.delivery import Rendering
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service
from notify_mock.twilio_api.delivery_errors import Problem

Rendered = tuple[Rendering, Problem | None]
"""A rendering, and why the provider would reject it (or None)."""

VERSIONS = ("1", "2", "3", "4")
"""Notification protocol versions that a push binding can have (inferred). Their effects are not documented."""


@dataclass(frozen=True)
class Channel:
    """``render`` takes the notification, its service and the time. ``check`` returns what is wrong with an address.

    ``is_push``: the channel needs a credential of its type and supports protocol versions.
    """

    name: str
    is_push: bool
    render: Callable[[Notification, Service, float], Rendered]
    check: Callable[[str], Problem | None]


def merged(base: Mapping[str, Any], override: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return ``base`` with the values of ``override``. Objects in both are merged recursively (documented: "overrides
    corresponding attributes"; the depth is inferred)."""
    result = dict(base)
    for key, value in (override or {}).items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def present(**values: Any) -> dict[str, Any]:
    """Return the values that are not None."""
    return {name: value for name, value in values.items() if value is not None}


def size(payload: Mapping[str, Any]) -> int:
    """Return the size in bytes of the payload as compact JSON in UTF-8."""
    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
