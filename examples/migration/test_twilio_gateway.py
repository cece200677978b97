"""The gateway of today, where it differs from what takes its place: callbacks, and a Binding that is gone already."""

from __future__ import annotations

import json

from notifier import Device
from notifier.callbacks import create_app
from notifier.twilio_notify import TwilioNotifyGateway
from twilio.request_validator import RequestValidator
from worlds import NotifyWorld

from notify_mock import Refuse

PIXEL = Device("p", "alice", "fcm", "pixel-token")


def test_a_binding_that_somebody_else_deleted_is_no_error(notify: NotifyWorld) -> None:
    notify.gateway.register(PIXEL)
    notify.emulator.faults.add("binding.delete", Refuse(20404))
    notify.gateway.forget(PIXEL)


def test_a_callback_through_a_proxy_is_accepted(notify: NotifyWorld) -> None:
    assert isinstance(notify.gateway, TwilioNotifyGateway)
    token = notify.emulator.auth[1]
    headers = {"X-Twilio-Signature": RequestValidator(token).compute_signature("https://app.example/deliveries", {})}
    client = create_app(notify.gateway, token).test_client()
    assert client.post("http://10.0.0.5:8080/deliveries", headers=headers).status_code == 204


def test_a_callback_without_a_valid_signature_removes_nothing(notify: NotifyWorld) -> None:
    notify.gateway.register(PIXEL)
    assert isinstance(notify.gateway, TwilioNotifyGateway)
    client = create_app(notify.gateway, notify.emulator.auth[1]).test_client()
    forged = {"status": "FAILED", "error_code": 52103, "identity": PIXEL.user, "address": PIXEL.token}
    assert client.post("/deliveries", data={"DeliveryState": json.dumps(forged)}).status_code == 403
    assert notify.gateway.devices("alice") == [PIXEL]
