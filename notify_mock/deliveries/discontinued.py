"""Discontinued channels: their bindings are accepted, and deliveries to them fail."""

from __future__ import annotations

from notify_mock.deliveries.channel import Channel, Rendered
from notify_mock.deliveries.delivery import Rendering
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service
from notify_mock.twilio_api.delivery_errors import Problem


def _messenger(_notification: Notification, _service: Service, _now: float) -> Rendered:
    return Rendering("{}"), Problem(52202, "Facebook Messenger is no longer supported")


def _alexa(_notification: Notification, _service: Service, _now: float) -> Rendered:
    return Rendering("{}"), Problem(52309, "Alexa is no longer supported")


def _check(_address: str) -> None:
    return None


MESSENGER = Channel("facebook-messenger", False, _messenger, _check)
ALEXA = Channel("alexa", False, _alexa, _check)
