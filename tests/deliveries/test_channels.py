"""What each channel rejects, with the whole reason; how payloads are merged and measured."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.calls import ask
from hypothesis import given
from hypothesis import strategies as st

from notify_mock import Delivery, Emulator
from notify_mock.deliveries.channel import merged, present, size
from notify_mock.twilio_api.delivery_errors import Problem

TOKEN = "ab" * 32
MG = "MG" + "0" * 32
ADDRESSES = {"apn": TOKEN, "sms": "+4912345"}
RESERVED = "data has the key '{}', which the provider reserves"
NO_NUMBER = "Address of sms binding must be a valid phone number"
FCM_DATA = '{"data":{"twi_body":""}}'


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator(frozen="2030-01-01T00:00:00Z")
    own = {f"{kind}_credential_sid": emulator.credentials.add(type=kind).sid for kind in ("apn", "fcm", "gcm")}
    emulator.services.add(messaging_service_sid=MG, **own)
    return emulator


def deliver(emulator: Emulator, kind: str, address: str | None = None, **parameters: Any) -> Delivery:
    """Send to one address, and return the delivery. The body is "B" unless it is given."""
    direct: dict[str, Any] = {"binding_type": kind, "address": address or ADDRESSES.get(kind, "token")}
    direct |= {"credential_sid": parameters.pop("credential_sid", None)}
    (service,) = emulator.services
    target = f"/v1/Services/{service}/Notifications"
    answer = ask(emulator, "POST", target, **{"Body": "B", "ToBinding": json.dumps(direct), **parameters})
    assert answer.status == 201, answer.body
    return emulator.deliveries.last


@pytest.mark.parametrize(
    ("kind", "parameters", "problem"),
    [
        ("apn", {"address": "ABcd" * 16}, None),
        ("apn", {"address": "ab"}, Problem(52133, "the device token has 2 hex digits instead of 64")),
        ("apn", {"address": "g" * 64}, Problem(52134, "a device token must be 64 hex digits")),
        ("apn", {"Body": []}, Problem(52136, "nothing to show and no data")),
        ("apn", {"Body": [], "Sound": "ping"}, None),
        ("apn", {"Body": [], "Apn": '{"aps": {"badge": 1}}'}, None),
        ("apn", {"Body": "x" * 4068}, Problem(52138, "4097 bytes, the limit is 4096")),
        ("apn", {"Body": "x" * 4067}, None),
        ("fcm", {"address": "a-Z_0:.%"}, None),
        ("fcm", {"address": "a b"}, Problem(52102, "a registration token must not contain spaces or accents")),
        ("gcm", {"address": "é"}, Problem(52102, "a registration token must not contain spaces or accents")),
        ("fcm", {"Body": "x" * (4096 - len(FCM_DATA))}, None),
        ("fcm", {"Body": "x" * (4097 - len(FCM_DATA))}, Problem(52106, "4097 bytes, the limit is 4096")),
        (
            "fcm",
            {"Body": [], "Fcm": json.dumps({"notification": {"body": "x" * 4096}})},
            Problem(52106, "4134 bytes, the limit is 4096"),
        ),
        ("fcm", {"Fcm": json.dumps({"android": {"notification": {"icon": "x" * 5000}}})}, None),
        *[
            (
                "gcm",
                {"Data": f'{{"{key}": 1}}'},
                Problem(52107, f"data has the key '{key}', which the provider reserves"),
            )
            for key in ("from", "message_type", "google.x", "gcm", "gcm_x")
        ],
        *[("fcm", {"Data": f'{{"{key}": "1"}}'}, None) for key in ("from_x", "my_google", "to")],
        ("sms", {"address": "12345"}, Problem(52001, "Address of sms binding must be a valid phone number")),
        (
            "sms",
            {"address": " 4912345"},
            Problem(
                52001, "Address of sms binding must be a valid phone number; in a form, + means a space: write %2B"
            ),
        ),
        ("sms", {"Body": []}, Problem(52309, "a message needs a body or media_urls")),
        ("sms", {"Body": []} | {"Sms": '{"media_urls": []}'}, Problem(52309, "a message needs a body or media_urls")),
        ("sms", {"Body": []} | {"Sms": '{"media_urls": ["u"]}'}, None),
        ("sms", {"Body": []} | {"Sms": '{"body": "x"}'}, None),
        ("facebook-messenger", {}, Problem(52202, "Facebook Messenger is no longer supported")),
        ("alexa", {}, Problem(52309, "Alexa is no longer supported")),
    ],
)
def test_a_problem_has_a_code_and_a_reason(
    emulator: Emulator, kind: str, parameters: dict[str, Any], problem: Problem | None
) -> None:
    assert deliver(emulator, kind, **parameters).problem == problem


@pytest.mark.parametrize(
    ("kind", "headers", "payload"),
    [
        (
            "apn",
            {"apns-priority": "10", "apns-expiration": "1895875200", "apns-push-type": "alert"},
            {"aps": {"alert": {"body": "B"}}},
        ),
        (
            "fcm",
            {},
            {
                "message": {
                    "token": "token",
                    "data": {"twi_body": "B"},
                    "android": {"priority": "high", "ttl": "2419200s"},
                }
            },
        ),
        ("gcm", {}, {"to": "token", "data": {"twi_body": "B"}, "priority": "high", "time_to_live": 2419200}),
        ("sms", {}, {"to": "+4912345", "messaging_service_sid": MG, "body": "B"}),
        ("facebook-messenger", {}, {"to": "token"}),
        ("alexa", {}, {"to": "token"}),
    ],
)
def test_what_the_provider_receives(
    emulator: Emulator, kind: str, headers: dict[str, str], payload: dict[str, Any]
) -> None:
    sent = deliver(emulator, kind)
    assert (sent.headers, sent.payload) == (headers, payload)


@pytest.mark.parametrize("kind", ["fcm", "gcm"])
def test_fcm_and_gcm_have_their_own_overrides(emulator: Emulator, kind: str) -> None:
    sent = deliver(emulator, kind, Fcm='{"collapse_key": "fcm"}', Gcm='{"collapse_key": "gcm"}')
    assert (sent.payload["message"]["android"] if kind == "fcm" else sent.payload)["collapse_key"] == kind


def test_an_sms_can_override_four_parameters(emulator: Emulator) -> None:
    own = {"body": "S", "media_urls": ["u"], "status_callback": "c", "max_price": "1"}
    sent = deliver(emulator, "sms", Sms=json.dumps({**own, "from": "x", "messaging_service_sid": "x"}))
    assert sent.payload == {"to": "+4912345", "messaging_service_sid": MG, **own}


def test_without_a_messaging_service_there_is_no_sms(emulator: Emulator) -> None:
    (service,) = emulator.services
    ask(emulator, "POST", f"/v1/Services/{service}", MessagingServiceSid="")
    sent = deliver(emulator, "sms")
    assert sent.problem == Problem(52182, "the service has no MessagingServiceSid")
    assert sent.payload == {"to": "+4912345", "body": "B"}


# --- credentials -----------------------------------------------------------------------------------------------------


def test_the_credential_of_a_binding_takes_precedence(emulator: Emulator) -> None:
    own = emulator.credentials.add(type="fcm").sid
    (service,) = emulator.services.values()
    assert deliver(emulator, "fcm", credential_sid=own).credential_sid == own
    assert deliver(emulator, "fcm").credential_sid == service.fcm_credential_sid
    assert deliver(emulator, "sms", credential_sid=own).credential_sid is None


def test_why_a_credential_cannot_be_used(emulator: Emulator) -> None:
    (service,) = emulator.services
    account, other = emulator.auth[0], "AC" + "9" * 32
    foreign = emulator.credentials.add(type="fcm", account_sid=other).sid
    elsewhere = emulator.credentials.add(type="fcm", account_sid=account, region="ie1").sid
    missing = "CR" + "0" * 32
    gcm = emulator.credentials.add(type="gcm").sid
    rows = {
        foreign: Problem(52162, f"{foreign} belongs to another account or region"),
        elsewhere: Problem(52162, f"{elsewhere} belongs to another account or region"),
        missing: Problem(52002, f"there is no credential {missing}"),
        gcm: Problem(52003, "Can not use credentialType='gcm' credentials for FCM notifications"),
    }
    for sid, problem in rows.items():
        assert deliver(emulator, "fcm", credential_sid=sid).problem == problem
    ask(emulator, "POST", f"/v1/Services/{service}", FcmCredentialSid="")
    reason = "neither the binding nor the service has a credential for fcm"
    assert deliver(emulator, "fcm").problem == Problem(52004, reason)


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, None),
        ({"certificate": "x"}, None),
        ({"private_key": "x"}, None),
        ({"certificate": "x", "private_key": "x"}, 52131),
    ],
)
def test_a_certificate_is_checked_with_its_key_only(emulator: Emulator, given: dict[str, str], code: int) -> None:
    sid = emulator.credentials.add(type="apn", **given).sid
    assert deliver(emulator, "apn", credential_sid=sid).code == code


# --- payloads --------------------------------------------------------------------------------------------------------

VALUES = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(st.sampled_from("abc"), VALUES, max_size=3)


@given(base=OBJECTS, override=OBJECTS)
def test_merging_keeps_what_is_not_overridden(base: dict[str, Any], override: dict[str, Any]) -> None:
    result = merged(base, override)
    assert set(result) == {*base, *override}
    for key, value in result.items():
        if key not in override:
            assert value == base[key]
        elif isinstance(base.get(key), dict) and isinstance(override[key], dict):
            assert value == merged(base[key], override[key])
        else:
            assert value == override[key]
    assert merged(result, override) == result
    assert merged(base, None) == merged(base, {}) == base


@given(payload=OBJECTS)
def test_the_size_is_that_of_compact_json(payload: dict[str, Any]) -> None:
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    assert size(payload) == len(text.encode())


def test_the_size_counts_bytes_and_no_spaces() -> None:
    assert size({"a": [1, 2], "b": "é"}) == len(b'{"a":[1,2],"b":"xx"}')


def test_present_leaves_out_none_only() -> None:
    assert present(a=None, b="", c=0, d=False) == {"b": "", "c": 0, "d": False}
