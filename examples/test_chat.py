"""Tests of the chat app. The app does not import notify_mock: it is given a Twilio client, as in production."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from chat import create_app
from chat.certificates import Certificate, rotate
from twilio.request_validator import RequestValidator

from notify_mock import Refuse, apn_pair, fcm_service_account

IPHONE = {"user": "alice", "platform": "ios", "token": "ab" * 32, "id": "alices-iphone", "rooms": ["lobby"]}
PIXEL = {"user": "bob", "platform": "android", "token": "bobs-token", "id": "bobs-pixel", "rooms": ["lobby", "dev"]}


@pytest.fixture(scope="module")
def pair():
    """A real certificate and its private key, created once because generating a key takes time."""
    return apn_pair()


@pytest.fixture
def credential(notify_mock, pair):
    return notify_mock.credentials.add(type="apn", **pair._asdict())


@pytest.fixture
def chat(notify_mock, credential):
    """The test client of the app."""
    fcm = notify_mock.credentials.add(type="fcm", secret=fcm_service_account())
    service = notify_mock.services.add(apn_credential_sid=credential.sid, fcm_credential_sid=fcm.sid)
    app = create_app(notify_mock.client(), service.sid, notify_mock.auth[1], "https://chat.example")
    notify_mock.callbacks.mount(app)
    return app.test_client()


def test_a_message_reaches_the_phone(chat, notify_mock):
    chat.post("/devices", json=IPHONE)
    assert chat.post("/messages", json={"from": "bob", "to": "alice", "text": "Hello"}).status_code == 202

    (push,) = notify_mock.deliveries.expect(identity="alice", title="bob", body="Hello", count=1)
    assert push.payload["sender"] == "bob"
    assert push.headers["apns-priority"] == "10"


def test_a_message_to_a_room_reaches_every_platform(chat, notify_mock):
    for device in (IPHONE, PIXEL):
        chat.post("/devices", json=device)
    chat.post("/messages", json={"from": "carol", "room": "lobby", "text": "Hi"})
    chat.post("/messages", json={"from": "carol", "room": "dev", "text": "Ship it"})

    notify_mock.deliveries.expect(channel="apn", count=1)
    pushes = notify_mock.deliveries.expect(identity="bob", channel="fcm", count=2)
    assert [push.body for push in pushes] == ["Hi", "Ship it"]


def test_a_device_that_registers_again_gets_one_push(chat, notify_mock):
    chat.post("/devices", json=IPHONE)
    chat.post("/devices", json={**IPHONE, "token": "cd" * 32})
    chat.post("/messages", json={"from": "bob", "to": "alice", "text": "Hello"})

    notify_mock.deliveries.expect(identity="alice", address="cd" * 32, count=1)
    assert len(notify_mock.deliveries) == 1
    notify_mock.assert_no_duplicates()


def test_a_device_without_the_app_is_deleted(chat, notify_mock):
    chat.post("/devices", json=PIXEL)
    notify_mock.providers.fcm.unregister(PIXEL["token"])
    chat.post("/messages", json={"from": "alice", "to": "bob", "text": "Hello"})
    notify_mock.deliveries.expect(identity="bob", code=52103)

    notify_mock.callbacks.drain()

    assert len(notify_mock.bindings) == 0
    notify_mock.journal.expect("callback.post", count=1, status=204)


def test_a_callback_without_a_valid_signature_is_rejected(chat, notify_mock):
    chat.post("/devices", json=IPHONE)
    forged = {"status": "FAILED", "error_code": 52141, "identity": "alice", "address": IPHONE["token"]}
    assert chat.post("/deliveries", data={"DeliveryState": json.dumps(forged)}).status_code == 403
    assert len(notify_mock.bindings) == 1


def test_a_callback_through_a_proxy_is_accepted(chat, notify_mock):
    signature = RequestValidator(notify_mock.auth[1]).compute_signature("https://chat.example/deliveries", {})
    headers = {"X-Twilio-Signature": signature}
    assert chat.post("http://10.0.0.5:8080/deliveries", headers=headers).status_code == 204


def test_signing_out_twice_is_not_an_error(chat, notify_mock):
    sid = chat.post("/devices", json=IPHONE).get_json()["sid"]
    assert [chat.delete(f"/devices/{sid}").status_code for _ in range(2)] == [204, 204]


@pytest.mark.notify_fault("binding.create", Refuse(20429), times=1)
def test_a_device_can_retry_when_twilio_is_busy(chat):
    assert chat.post("/devices", json=IPHONE).status_code == 502
    assert chat.post("/devices", json=IPHONE).status_code == 201


def test_the_certificate_is_rotated_before_it_expires(chat, notify_mock, credential):
    chat.post("/devices", json=IPHONE)
    current = Certificate(credential.certificate, credential.private_key)

    def issue():
        return Certificate(*apn_pair(days=2 * 365))

    def next_day():
        nonlocal current
        notify_mock.clock.advance("1d")
        current = rotate(notify_mock.client(), credential.sid, current, issue, notify_mock.clock.now())
        chat.post("/messages", json={"from": "bob", "to": "alice", "text": "Good morning"})

    notify_mock.clock.set(current.expires() - timedelta(days=16))
    for _ in range(20):
        next_day()

    notify_mock.deliveries.expect(identity="alice", state="sent", count=20)
    notify_mock.journal.expect("credential.update", count=1)


def test_without_rotation_the_pushes_would_have_failed(chat, notify_mock, credential):
    chat.post("/devices", json=IPHONE)
    notify_mock.clock.set(Certificate(credential.certificate, credential.private_key).expires())
    chat.post("/messages", json={"from": "bob", "to": "alice", "text": "Hello"})
    (failed,) = notify_mock.deliveries.expect(code=52131)
    assert failed.reason == "the certificate has expired"
