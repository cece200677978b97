"""Messages for FCM's HTTP v1 API: how ``Fcm`` becomes a part of them, and what FCM refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.calls import ask

from notify_mock import Delivery, Emulator
from notify_mock.deliveries.delivery import Rendering
from notify_mock.twilio_api.delivery_errors import Problem

ANDROID = {"priority": "high", "ttl": "2419200s"}


def push(**parameters: Any) -> Delivery:
    emulator = Emulator(frozen="2030-01-01T00:00:00Z")
    service = emulator.services.add(fcm_credential_sid=emulator.credentials.add(type="fcm").sid).sid
    direct = json.dumps({"binding_type": "fcm", "address": "token"})
    given = {name: json.dumps(value) if isinstance(value, dict) else value for name, value in parameters.items()}
    answer = ask(emulator, "POST", f"/v1/Services/{service}/Notifications", ToBinding=direct, **given)
    assert answer.status == 201, answer.body
    return emulator.deliveries.last


@pytest.mark.parametrize(
    ("fcm", "part"),
    [
        ({"priority": "normal"}, {"android": {**ANDROID, "priority": "normal"}}),
        ({"time_to_live": 60}, {"android": {**ANDROID, "ttl": "60s"}}),
        ({"time_to_live": "60"}, {"android": {**ANDROID, "ttl": "60s"}}),
        ({"time_to_live": "60s"}, {"android": {**ANDROID, "ttl": "60s"}}),
        ({"time_to_live": None}, {"android": {**ANDROID, "ttl": None}}),
        ({"collapse_key": "chat"}, {"android": {**ANDROID, "collapse_key": "chat"}}),
        ({"restricted_package_name": "a.b"}, {"android": {**ANDROID, "restricted_package_name": "a.b"}}),
        ({"direct_boot_ok": True}, {"android": {**ANDROID, "direct_boot_ok": True}}),
        ({"content_available": True}, {"apns": {"payload": {"aps": {"content-available": 1}}}}),
        (
            {"mutable_content": True, "content_available": False},
            {"apns": {"payload": {"aps": {"mutable-content": 1, "content-available": 0}}}},
        ),
        ({"notification": {"title": "T", "body": "B", "image": "i"}}, None),
        (
            {"notification": {"title": "T", "icon": "i", "android_channel_id": "c"}},
            {
                "notification": {"title": "T"},
                "android": {**ANDROID, "notification": {"icon": "i", "channel_id": "c"}},
            },
        ),
        ({"data": {"a": "1"}}, {"data": {"twi_body": "Hi", "a": "1"}}),
        ({"android": {"ttl": "5s"}}, {"android": {"priority": "high", "ttl": "5s"}}),
        ({"apns": {"headers": {"apns-priority": "5"}}, "fcm_options": {"analytics_label": "x"}}, None),
        ({"webpush": {}}, None),
    ],
    ids=str,
)
def test_what_fcm_overrides_has_its_place_in_the_message(fcm: dict[str, Any], part: dict[str, Any] | None) -> None:
    sent = push(Body="Hi", Fcm=fcm)
    usual = {"token": "token", "data": {"twi_body": "Hi"}, "android": ANDROID}
    assert sent.payload == {"message": {**usual, **(fcm if part is None else part)}}
    assert sent.problem is None


def test_the_text_of_a_notification_is_read_if_twilios_keys_are_missing() -> None:
    sent = push(Fcm={"notification": {"title": "T", "body": "B"}}, Body="own")
    assert (sent.title, sent.body) == ("T", "own")


def not_an_object(name: str) -> Problem:
    return Problem(52118, f"Invalid value at 'message.{name}': {name} must be an object")


def bad_ttl(shown: str) -> Problem:
    return Problem(52118, f"Invalid value at 'message.android.ttl': expected seconds such as '60s', got {shown}")


def wrong(shown: str, key: str, number: int = 0, where: str = "data") -> Problem:
    value = f"message.{where}[{number}].value"
    text = f"Invalid value at '{value}' (TYPE_STRING){shown}: all values of data must be text, that of {key!r} is not"
    return Problem(52118, text)


@pytest.mark.parametrize(
    ("parameters", "problem"),
    [
        ({"Data": {"room": 12}}, wrong(", 12", "room")),
        ({"Data": {"a": "1", "room": 1.5}}, wrong(", 1.5", "room", 1)),
        ({"Data": {"room": True}}, wrong(", true", "room")),
        ({"Data": {"room": None}}, wrong(", null", "room")),
        ({"Data": {"room": {"secret": "x"}}}, wrong("", "room")),
        ({"Data": {"room": ["x"]}}, wrong("", "room")),
        ({"Fcm": {"data": {"room": 7}}}, wrong(", 7", "room")),
        ({"Data": {"room": 7}, "Fcm": {"data": {"room": "7"}}}, None),
        ({"Data": {"from": 7}}, wrong(", 7", "from")),
        ({"Fcm": {"data": "x"}}, Problem(52118, "Invalid value at 'message.data': data must be an object")),
        ({"Fcm": {"dry_run": True}}, Problem(52118, "Unknown name \"dry_run\" at 'message': Cannot find field")),
        ({"Data": {"gcm": "x"}}, Problem(52107, "data has the key 'gcm', which the provider reserves")),
        ({"Fcm": {"notification": "x"}}, not_an_object("notification")),
        ({"Fcm": {"priority": "high", "android": 5}}, not_an_object("android")),
        ({"Fcm": {"apns": ["x"]}}, not_an_object("apns")),
        ({"Fcm": {"data": None, "notification": None, "android": None, "webpush": None}}, None),
        ({"Fcm": {"android": {"data": {"a": 5}}}}, wrong(", 5", "a", where="android.data")),
        ({"Fcm": {"webpush": {"data": {"a": "1", "b": 5}}}}, wrong(", 5", "b", 1, where="webpush.data")),
        ({"Fcm": {"time_to_live": True}}, bad_ttl("True")),
        ({"Fcm": {"time_to_live": -5}}, bad_ttl("'-5s'")),
        ({"Fcm": {"time_to_live": "soon"}}, bad_ttl("'soon'")),
        ({"Fcm": {"android": {"ttl": 60}}}, bad_ttl("60")),
        ({"Data": {"a": 10**4000}}, wrong(", 1" + "0" * 39, "a")),
    ],
    ids=str,
)
def test_fcm_refuses_what_it_cannot_read(parameters: dict[str, Any], problem: Problem | None) -> None:
    assert push(**parameters).problem == problem


def test_the_payload_is_a_copy() -> None:
    sent = push(Body="B")
    sent.payload["message"]["data"]["twi_body"] = "changed"
    assert sent.body == "B"
    assert sent.rendering == Rendering(
        json.dumps({"message": {"data": {"twi_body": "B"}, "android": ANDROID}}), (), "example-app"
    )
