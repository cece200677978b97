"""Seed data of each resource: the fields that it may leave out, and the errors for bad values."""

from __future__ import annotations

from typing import Any

import pytest

from notify_mock import Emulator, UsageError

IS = "IS" + "0" * 32
BINDING = {"binding_type": "sms", "identity": "alice", "address": "+49"}
TEXT = "is not text; put it in quotes"
KINDS = "expected one of: apn, gcm, sms, fcm, facebook-messenger, alexa"
FLAG = "must be true or false"


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator()
    emulator.services.add(sid=IS)
    return emulator


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, ".type: is missing; expected one of: apn, gcm, fcm"),
        ({"type": "pager"}, ".type: 'pager' is not a credential type; expected one of: apn, gcm, fcm"),
        ({"type": "fcm", "typ": 1}, ": unknown key 'typ'; did you mean type?"),
        ({"type": "fcm", "friend": 1}, ": unknown key 'friend'; did you mean friendly_name?"),
        ({"type": "fcm", "sandboxed": 1}, ": unknown key 'sandboxed'; did you mean sandbox?"),
        *[
            ({"type": "apn", name: 7}, f".{name}: {TEXT}")
            for name in ("friendly_name", "certificate", "private_key", "api_key", "secret")
        ],
        ({"type": "fcm", "sandbox": True}, f".sandbox: {FLAG}; leave it out for gcm and fcm"),
        ({"type": "gcm", "sandbox": "False"}, f".sandbox: {FLAG}; leave it out for gcm and fcm"),
        ({"type": "apn", "sandbox": "maybe"}, f".sandbox: {FLAG}; leave it out for gcm and fcm"),
        ({"type": "apn", "friendly_name": "n" * 65}, ".friendly_name: has 65 characters; the limit is 64"),
    ],
)
def test_a_bad_credential(emulator: Emulator, values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        emulator.credentials.add(**values)
    assert str(caught.value) == f"credentials.add{message}"


@pytest.mark.parametrize(
    ("values", "sandbox"),
    [
        ({"type": "apn"}, "False"),
        ({"type": "apn", "sandbox": None}, "False"),
        ({"type": "apn", "sandbox": True}, "True"),
        ({"type": "apn", "sandbox": False}, "False"),
        ({"type": "apn", "sandbox": "True"}, "True"),
        ({"type": "apn", "sandbox": "False"}, "False"),
        ({"type": "gcm"}, None),
        ({"type": "fcm", "sandbox": None}, None),
    ],
)
def test_only_an_apn_credential_has_a_sandbox(emulator: Emulator, values: dict[str, Any], sandbox: str | None) -> None:
    assert emulator.credentials.add(**values).sandbox == sandbox


def test_a_credential_keeps_what_it_is_given(emulator: Emulator) -> None:
    values = {name: name for name in ("certificate", "private_key", "api_key", "secret")}
    made = emulator.credentials.add(type="apn", friendly_name="n" * 64, **values)
    assert {name: getattr(made, name) for name in values} == values
    assert made.friendly_name == "n" * 64


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"friend": "x"}, ": unknown key 'friend'; did you mean friendly_name?"),
        ({"friendly_name": 7}, f".friendly_name: {TEXT}"),
        ({"log_enabled": "true"}, f".log_enabled: {FLAG}"),
        ({"log_enabled": None}, f".log_enabled: {FLAG}"),
        ({"delivery_callback_enabled": 1}, f".delivery_callback_enabled: {FLAG}"),
        ({"friendly_name": "x" * 65}, ".friendly_name: is too long; the limit is 64 characters"),
        ({"fcm_credential_sid": 5}, f".fcm_credential_sid: {TEXT}"),
        (
            {"default_apn_notification_protocol_version": None},
            f".default_apn_notification_protocol_version: {TEXT}",
        ),
    ],
)
def test_a_bad_service(emulator: Emulator, values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        emulator.services.add(**values)
    assert str(caught.value) == f"services.add{message}"


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("friendly_name", ["x" * 64, "", None]),
        ("fcm_credential_sid", ["CR1", None]),
        ("default_fcm_notification_protocol_version", ["2"]),
        ("log_enabled", [True, False]),
    ],
)
def test_a_service_keeps_what_it_is_given(emulator: Emulator, name: str, values: list[Any]) -> None:
    assert [getattr(emulator.services.add(**{name: value}), name) for value in values] == values


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"binding_type": None}, f".binding_type: is missing; {KINDS}"),
        ({"binding_type": "pager"}, f".binding_type: 'pager' is not a binding type; {KINDS}"),
        ({"adress": 1}, ": unknown key 'adress'; did you mean address?"),
        ({"binding_typ": 1}, ": unknown key 'binding_typ'; did you mean binding_type?"),
        ({"tag": 1}, ": unknown key 'tag'; did you mean tags?"),
        ({"identity": ""}, ".identity: is missing"),
        ({"address": None}, ".address: is missing"),
        *[
            ({name: 7}, f".{name}: {TEXT}")
            for name in ("identity", "address", "notification_protocol_version", "credential_sid", "endpoint")
        ],
        ({"disabled": None}, ".disabled: must be true or false"),
        ({"disabled": "true"}, ".disabled: must be true or false"),
        ({"tags": "x"}, ".tags: is not a list of text"),
        ({"tags": {"a": 1}}, ".tags: is not a list of text"),
        ({"tags": ["a", 1]}, ".tags: is not a list of text"),
        ({"tags": ["a", ""]}, ".tags: is not a list of text"),
        ({"tags": [str(number) for number in range(21)]}, ".tags: has 21 tags; the limit is 20"),
    ],
)
def test_a_bad_binding(emulator: Emulator, values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        emulator.bindings.add(**{**BINDING, **values})
    assert str(caught.value) == f"bindings.add{message}"


def test_a_binding_keeps_what_it_is_given(emulator: Emulator) -> None:
    values = {"notification_protocol_version": "2", "credential_sid": "CR1", "endpoint": "phone"}
    made = emulator.bindings.add(**BINDING, **values, tags=["b", "a", "b"])
    assert {name: getattr(made, name) for name in (*BINDING, *values)} == {**BINDING, **values}
    assert made.tags == ("b", "a")
    many = [str(number) for number in range(20)]
    assert emulator.bindings.add(**BINDING, tags=many).tags == tuple(many)


@pytest.mark.parametrize("nothing", [{}, {"tags": None, "credential_sid": None, "endpoint": None}, {"endpoint": ""}])
def test_a_binding_without_optional_fields(emulator: Emulator, nothing: dict[str, Any]) -> None:
    made = emulator.bindings.add(**BINDING, **nothing)
    assert (made.tags, made.credential_sid, made.given_endpoint, made.disabled) == ((), None, None, False)
    assert made.endpoint == made.sid[2:]


@pytest.mark.parametrize("kind", ["gcm", "fcm", "sms", "facebook-messenger", "alexa"])
@pytest.mark.parametrize("nothing", [{}, {"notification_protocol_version": None}])
def test_the_protocol_version_of_a_binding_is_3_for_push_channels(
    emulator: Emulator, kind: str, nothing: dict[str, None]
) -> None:
    made = emulator.bindings.add(**{**BINDING, "binding_type": kind}, **nothing)
    assert made.notification_protocol_version == ("3" if kind in ("gcm", "fcm") else "default")
