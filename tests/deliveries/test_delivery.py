"""One delivery: what it shows of itself, as text and as data."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notify_mock import Delivery
from notify_mock.deliveries.delivery import Rendering
from notify_mock.twilio_api.delivery_errors import Problem

NUMBER = "0123456789abcdef0123456789abcdef"


def delivery(channel: str = "fcm", payload: dict[str, Any] | None = None, **values: Any) -> Delivery:
    own = {
        "sid": f"DL{NUMBER}",
        "identity": "alice",
        "address": "token",
        "binding_sid": "BS1",
        "notification_sid": "NT1",
        "service_sid": "IS1",
        "account_sid": "AC1",
        "credential_sid": "CR1",
        "at": 1893456000.5,
        "rendering": Rendering(json.dumps({} if payload is None else payload), (("name", "value"),)),
    }
    return Delivery(channel=channel, **{**own, **values})


def test_a_sent_delivery_as_data() -> None:
    assert delivery("apn", {"aps": {"alert": "Hi"}}).describe() == {
        "sid": f"DL{NUMBER}",
        "notification_sid": "NT1",
        "account_sid": "AC1",
        "service_sid": "IS1",
        "binding_sid": "BS1",
        "credential_sid": "CR1",
        "channel": "apn",
        "identity": "alice",
        "address": "token",
        "state": "sent",
        "code": None,
        "reason": None,
        "binding_change": None,
        "time": "2030-01-01T00:00:00.500000+00:00",
        "message_id": "01234567-89ab-cdef-0123-456789abcdef",
        "title": None,
        "body": "Hi",
        "headers": {"name": "value"},
        "payload": {"aps": {"alert": "Hi"}},
        "faults": [],
        "tags": [],
    }


def test_a_failed_delivery_as_data() -> None:
    failed = delivery(problem=Problem(52103, "gone"), faults=("mine",)).describe()
    names = ("state", "code", "reason", "binding_change", "message_id", "faults", "payload")
    assert [failed[name] for name in names] == ["failed", 52103, "gone", "disabled", None, ["mine"], {"to": "token"}]


@pytest.mark.parametrize(
    ("code", "binding", "change"),
    [
        (52103, "BS1", "disabled"),
        (52119, "BS1", "deleted"),
        (52141, "BS1", "deleted"),
        (52141, None, None),
        (52134, "BS1", None),
        (52143, "BS1", None),
    ],
)
def test_a_code_says_what_happens_to_the_binding(code: int, binding: str | None, change: str | None) -> None:
    assert delivery(problem=Problem(code, "gone"), binding_sid=binding).binding_change == change
    assert delivery(binding_sid=binding).binding_change is None


@pytest.mark.parametrize(
    ("channel", "message_id"),
    [
        ("apn", "01234567-89ab-cdef-0123-456789abcdef"),
        ("sms", f"SM{NUMBER}"),
        ("fcm", "0:0001250999896491%0123456789abcdef"),
        ("gcm", "0:0001250999896491%0123456789abcdef"),
    ],
)
def test_the_message_id_of_each_provider(channel: str, message_id: str) -> None:
    assert delivery(channel).message_id == message_id


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"payload": {"data": {"twi_body": "Hi"}}}, "NT1 fcm to token of alice: 'Hi' -> sent"),
        ({"identity": None}, "NT1 fcm to token: -> sent"),
        (
            {"problem": Problem(52103, "gone")},
            "NT1 fcm to token of alice: -> failed 52103 GCM/FCM client uninstalled or turned off notifications (gone),"
            " binding disabled",
        ),
        ({"faults": ("a", "b")}, "NT1 fcm to token of alice: -> sent [a, b]"),
        (
            {"problem": Problem(52181, "gone"), "faults": ("a",)},
            "NT1 fcm to token of alice: -> failed 52181 Too many SMS notification requests (gone) [a]",
        ),
        ({"address": "AIza" + "x" * 31, "identity": "a\nb"}, "NT1 fcm to [secret] of a\\nb: -> sent"),
        ({"payload": {"data": {"twi_body": "-----BEGIN"}}}, "NT1 fcm to token of alice: '[secret]' -> sent"),
    ],
)
def test_a_delivery_as_text(values: dict[str, Any], text: str) -> None:
    made = delivery(**values)
    assert str(made) == text
    assert repr(made) == f"<Delivery {text}>"


@pytest.mark.parametrize(
    ("channel", "payload", "title", "body"),
    [
        ("apn", {"aps": {"alert": {"title": "T", "body": "B"}}}, "T", "B"),
        ("apn", {"aps": {"alert": "B"}}, None, "B"),
        ("apn", {"aps": {"alert": {"body": 7}}}, None, None),
        ("apn", {"aps": []}, None, None),
        ("apn", {}, None, None),
        ("fcm", {"data": {"twi_title": "T", "twi_body": "B"}}, "T", "B"),
        ("gcm", {"data": {"twi_title": "T", "twi_body": "B"}}, "T", "B"),
        ("fcm", {"notification": {"title": "T", "body": "B"}}, "T", "B"),
        ("gcm", {"notification": {"title": "T"}, "data": {"twi_title": "own"}}, "own", None),
        ("fcm", {"data": 7, "notification": 7}, None, None),
        ("fcm", {"data": {"twi_body": 7}, "notification": {"body": "B"}}, None, None),
        ("sms", {"body": "B", "data": {"twi_body": "no"}}, None, "B"),
        ("sms", {"body": 7}, None, None),
    ],
)
def test_title_and_body_are_what_the_user_reads(
    channel: str, payload: dict[str, Any], title: str | None, body: str | None
) -> None:
    made = delivery(channel, payload)
    assert (made.title, made.body) == (title, body)
