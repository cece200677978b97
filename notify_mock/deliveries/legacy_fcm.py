"""The legacy HTTP API of FCM and GCM, which Google shut down in June 2024: ``data``, priority and time to live."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from notify_mock.deliveries.channel import Channel, Rendered, merged
from notify_mock.deliveries.delivery import Rendering
from notify_mock.deliveries.fcm import PRIORITY, check_token, data_of, refused
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service


def _fcm(notification: Notification, _service: Service, _now: float) -> Rendered:
    return _render(notification, notification.fcm)


def _gcm(notification: Notification, _service: Service, _now: float) -> Rendered:
    return _render(notification, notification.gcm)


def _render(notification: Notification, override: Mapping[str, Any] | None) -> Rendered:
    """Source: the descriptions of the parameters in Twilio's OpenAPI file (documented)."""
    priority = PRIORITY[notification.priority]
    message = {"data": data_of(notification), "priority": priority, "time_to_live": notification.ttl}
    payload = merged(message, override)
    return Rendering(json.dumps(payload)), refused(payload)


LEGACY_FCM = Channel("fcm", True, _fcm, check_token)
"""For an fcm credential with a legacy server key."""

GCM = Channel("gcm", True, _gcm, check_token)
