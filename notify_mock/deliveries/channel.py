"""A channel: how a notification is rendered for its provider, and what the provider would refuse."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from notify_mock.deliveries.delivery import Rendering
from notify_mock.protocol.delivery_errors import Problem
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service

Rendered = tuple[Rendering, Problem | None]
"""A rendering, and what the provider would say against it."""

VERSIONS = ("1", "2", "3", "4")
"""Notification protocol versions that a push binding may have (inferred); what they change isn't documented."""


@dataclass(frozen=True)
class Channel:
    """``render`` takes the notification, its service and the time; ``check`` says what is wrong with an address.

    ``is_push``: it wants a credential of its type and knows protocol versions.
    """

    name: str
    is_push: bool
    render: Callable[[Notification, Service, float], Rendered]
    check: Callable[[str], Problem | None]


def merged(base: Mapping[str, Any], override: Mapping[str, Any] | None) -> dict[str, Any]:
    """``base`` with the values of ``override``; objects in both are merged, so that one attribute can be overridden
    (documented: "overrides corresponding attributes"; the depth is inferred)."""
    result = dict(base)
    for key, value in (override or {}).items():
        old = result.get(key)
        result[key] = merged(old, value) if isinstance(old, dict) and isinstance(value, dict) else value
    return result


def present(**values: Any) -> dict[str, Any]:
    """Those that aren't None."""
    return {name: value for name, value in values.items() if value is not None}


def size(payload: Mapping[str, Any]) -> int:
    """Bytes of its JSON as it is sent: compact, in UTF-8."""
    return len(json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode())
