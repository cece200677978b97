"""SMS: the parameters of a Message, sent through the service's Messaging Service."""

from __future__ import annotations

import json
import re

from notify_mock.deliveries.channel import Channel, Rendered, present
from notify_mock.deliveries.delivery import Rendering
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service
from notify_mock.twilio_api.delivery_errors import Problem

_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}")
_KEYS = ("body", "media_urls", "status_callback", "max_price")
"""The keys that ``Sms`` can override (documented); other keys are ignored (inferred)."""


def _render(notification: Notification, service: Service, _now: float) -> Rendered:
    """Title, sound, action, data, priority and ttl have no equivalent (documented)."""
    own = {key: value for key, value in (notification.sms or {}).items() if key in _KEYS}
    payload = {**present(messaging_service_sid=service.messaging_service_sid, body=notification.body), **own}
    rendering = Rendering(json.dumps(payload))
    if service.messaging_service_sid is None:
        return rendering, Problem(52182, "the service has no MessagingServiceSid")
    if not payload.get("body") and not payload.get("media_urls"):
        return rendering, Problem(52309, "a message needs a body or media_urls")
    return rendering, None


def _check(address: str) -> Problem | None:
    """The reason is Twilio's own text (observed in its Debugger), with a hint at the most frequent mistake."""
    if _NUMBER.fullmatch(address):
        return None
    hint = "; in a form, + means a space: write %2B" if address.startswith(" ") else ""
    return Problem(52001, f"Address of sms binding must be a valid phone number{hint}")


SMS = Channel("sms", False, _render, _check)
