"""Notifications: accepted and refused parameters, and the responses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.calls import ask

from notify_mock import Emulator, UsageError

KEYS = [
    *("body", "sound", "sms", "alexa", "facebook_messenger", "tags", "title", "segments", "ttl", "gcm", "account_sid"),
    *("priority", "apn", "data", "sid", "action", "date_created", "service_sid", "identities", "fcm"),
]
INVALID = "Can not convert incoming parameters to Notification object: Parameter '{}' is invalid"


@pytest.fixture
def service(emulator: Emulator) -> str:
    return emulator.services.add(friendly_name="chat").sid


def send(emulator: Emulator, service: str, **parameters: Any) -> Any:
    answer = ask(emulator, "POST", f"/v1/Services/{service}/Notifications", **parameters)
    return answer.status, json.loads(answer.body)


def test_a_created_notification_has_the_observed_form(emulator: Emulator, service: str) -> None:
    status, made = send(emulator, service, Identity=["davew"], Body="x")
    assert (status, list(made)) == (201, KEYS)
    assert (made["ttl"], made["priority"]) == (2419200, "high")
    assert (made["identities"], made["tags"], made["segments"]) == (["davew"], [], [])
    assert {made[key] for key in ("sms", "gcm", "fcm", "apn", "alexa", "facebook_messenger", "data")} == {None}
    assert made["sid"] in emulator.notifications


def test_json_parameters_are_returned_as_json(emulator: Emulator, service: str) -> None:
    own = {"Data": '{"room": {"id": 7}, "é": "ü"}', "Apn": '{"aps": {"badge": 1}}', "Sms": '{"media_urls": ["u"]}'}
    _, made = send(emulator, service, Tag="all", Ttl="0", Priority="low", **own)
    assert made["data"] == {"room": {"id": 7}, "é": "ü"}
    assert made["apn"] == {"aps": {"badge": 1}}
    assert (made["ttl"], made["priority"], made["sms"]) == (0, "low", {"media_urls": ["u"]})


def test_the_sdk_creates_a_notification(emulator: Emulator, service: str) -> None:
    made = (
        emulator.client()
        .notify.v1.services(service)
        .notifications.create(identity=["alice"], tag=["all"], body="Hi", data={"a": 1}, to_binding=None, ttl=60)
    )
    assert (made.data, made.ttl, made.identities) == ({"a": 1}, 60, ["alice"])


def test_a_notification_without_recipients_is_refused(emulator: Emulator, service: str) -> None:
    status, error = send(emulator, service, Body="x", Segment="s")
    text = "Failed to create notification: At least one parameter among Identity, Tag, and ToBinding must be specified"
    assert (status, error["code"], error["message"]) == (400, 20001, text)


def test_direct_and_query_targets_cannot_be_combined(emulator: Emulator, service: str) -> None:
    direct = '{"binding_type": "sms", "address": "+49123"}'
    status, error = send(emulator, service, Identity="a", ToBinding=direct)
    text = "Direct notifications and query notifications can not be requested together"
    assert (status, error["code"], error["message"]) == (400, 20001, text)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ToBinding", "+49123"),
        ("ToBinding", "[]"),
        ("ToBinding", "{}"),
        ("ToBinding", '{"binding_type": "pager", "address": "x"}'),
        ("ToBinding", '{"binding_type": ["sms"], "address": "x"}'),
        ("ToBinding", '{"binding_type": "sms"}'),
        ("ToBinding", '{"binding_type": "sms", "address": 49}'),
        ("Identity", [f"u{number}" for number in range(21)]),
        ("Tag", list("abcdef")),
        ("Ttl", "2419201"),
        ("Ttl", "-1"),
        ("Ttl", "1.5"),
        ("Ttl", ""),
        ("Priority", "urgent"),
        ("Data", "hello"),
        ("Data", "[1]"),
        ("Data", "null"),
        ("Data", ""),
        ("Data", '{"a": NaN}'),
        ("Data", '{"a": 1e999}'),
        ("Data", '{"a": ' * 65 + "1" + "}" * 65),
        ("Data", '{"a": 1' + "0" * 5000 + "}"),
        ("Data", '{"a": "\\ud800"}'),
        ("Data", "[" * 100_000),
        ("Data", '{"twi_body": "x"}'),
        ("Data", '{"aps": {}}'),
        ("Apn", '{"twi_x": 1}'),
        ("Fcm", '{"to": "x"}'),
        ("Fcm", '{"registration_ids": []}'),
        ("Fcm", '{"condition": "x"}'),
        ("Fcm", '{"notification_key": "x"}'),
        ("Fcm", '{"data": {"twi_body": "x"}}'),
        ("Gcm", '{"to": "x"}'),
        ("Sms", '{"media_urls": "u"}'),
        ("Sms", '{"media_urls": [1]}'),
        ("Body", "a\0b"),
        ("Body", ["a", "b"]),
    ],
)
def test_a_bad_parameter_is_refused_and_nothing_is_sent(
    emulator: Emulator, service: str, name: str, value: Any
) -> None:
    emulator.bindings.add(identity="alice", binding_type="sms", address="+49123")
    target = {} if name == "ToBinding" else {"Identity": "alice"}
    status, error = send(emulator, service, **{**target, name: value})
    assert (status, error["code"], error["message"]) == (400, 20001, INVALID.format(name))
    assert (len(emulator.notifications), len(emulator.deliveries)) == (0, 0)


def test_deep_json_on_both_sides_is_merged(emulator: Emulator, service: str) -> None:
    emulator.bindings.add(identity="a", binding_type="apn", address="ab" * 32)
    deep = '{"a": ' * 64 + "1" + "}" * 64
    assert send(emulator, service, Identity="a", Data=deep, Apn=deep)[0] == 201
    assert len(emulator.deliveries) == 1


def test_gcm_accepts_a_condition(emulator: Emulator, service: str) -> None:
    assert send(emulator, service, Identity="a", Gcm='{"condition": "x"}')[0] == 201


def test_ten_thousand_addresses_are_accepted_and_one_more_is_refused(emulator: Emulator, service: str) -> None:
    direct = [f'{{"binding_type":"sms","address":"+49{number}"}}' for number in range(10_001)]
    assert send(emulator, service, ToBinding=direct[1:], Body="x")[0] == 201
    assert len(emulator.deliveries) == 10_000
    assert send(emulator, service, ToBinding=direct, Body="x")[1]["message"] == INVALID.format("ToBinding")


def test_more_than_a_megabyte_is_a_413(emulator: Emulator, service: str) -> None:
    assert send(emulator, service, Identity="a", Body="x" * 1024 * 1024)[0] == 413


def test_notifications_can_only_be_created(emulator: Emulator, service: str) -> None:
    path = f"/v1/Services/{service}/Notifications"
    assert ask(emulator, "GET", path).status == 405
    assert ask(emulator, "GET", f"{path}/NT{'0' * 32}").status == 404
    assert send(emulator, "IS" + "0" * 32, Identity="a")[0] == 404


def test_notifications_cannot_be_added_as_seed_data(emulator: Emulator) -> None:
    with pytest.raises(UsageError, match=r"notifications\.add: notifications cannot be added"):
        emulator.notifications.add(body="x")
    with pytest.raises(UsageError, match="unknown key 'notifications'"):
        Emulator(data={"notifications": []})


def test_a_notification_sent_twice_is_a_duplicate(emulator: Emulator, service: str) -> None:
    send(emulator, service, Identity="alice", Body="x")
    emulator.assert_no_duplicates()
    send(emulator, service, Identity="alice", Body="x")
    with pytest.raises(AssertionError, match="2 records are alike"):
        emulator.assert_no_duplicates()
