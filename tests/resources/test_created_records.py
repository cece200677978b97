"""Every parameter of a create ends up in its own field: of the record, and of the response."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import fields, replace
from typing import Any

import pytest
from helpers.calls import ask
from helpers.pem import Pair, apn

from notify_mock import Emulator
from notify_mock.resources import BINDING as BINDING_RESOURCE
from notify_mock.resources import RESOURCES
from notify_mock.resources.resource import shown_fields

IS, CR, MG = "IS" + "0" * 32, "CR" + "1" * 32, "MG" + "1" * 32
NOW = "2030-01-01T00:00:00Z"

BINDING = {
    "Identity": "alice",
    "BindingType": "fcm",
    "Address": "token",
    "Tag": ["vip", "de"],
    "NotificationProtocolVersion": "2",
    "CredentialSid": CR,
    "Endpoint": "phone",
}
SERVICE = {
    "FriendlyName": "chat",
    "ApnCredentialSid": CR,
    "GcmCredentialSid": "CR" + "2" * 32,
    "FcmCredentialSid": "CR" + "3" * 32,
    "MessagingServiceSid": MG,
    "FacebookMessengerPageId": "page",
    "AlexaSkillId": "skill",
    "DefaultApnNotificationProtocolVersion": "11",
    "DefaultGcmNotificationProtocolVersion": "12",
    "DefaultFcmNotificationProtocolVersion": "13",
    "DefaultAlexaNotificationProtocolVersion": "14",
    "LogEnabled": "false",
    "DeliveryCallbackUrl": "http://localhost/callback",
    "DeliveryCallbackEnabled": "true",
}
JSON = {name: {name.lower(): 1} for name in ("Data", "Apn", "Gcm", "Fcm", "Sms", "FacebookMessenger", "Alexa")}
NOTIFICATION = {
    "Identity": ["alice", "bob"],
    "Tag": ["vip"],
    "Priority": "low",
    "Ttl": "60",
    "DeliveryCallbackUrl": "http://localhost/callback",
    **{name: name.upper() for name in ("Body", "Title", "Sound", "Action")},
    **{name: json.dumps(value) for name, value in JSON.items()},
}


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator(frozen=NOW)
    emulator.services.add(sid=IS)
    return emulator


def create(emulator: Emulator, path: str, form: dict[str, Any]) -> dict[str, Any]:
    answer = ask(emulator, "POST", path, **form)
    assert answer.status == 201, answer.body
    return json.loads(answer.body)  # type: ignore[no-any-return]


def own(record: Any) -> dict[str, Any]:
    """Return the fields of a record, except for those that every record has."""
    common = ("sid", "account_sid", "region", "service_sid", "date_created", "date_updated")
    return {one.name: getattr(record, one.name) for one in fields(record) if one.name not in common}


def test_a_service(emulator: Emulator) -> None:
    made = create(emulator, "/v1/Services", SERVICE)
    expected = {
        "friendly_name": "chat",
        "apn_credential_sid": CR,
        "gcm_credential_sid": "CR" + "2" * 32,
        "fcm_credential_sid": "CR" + "3" * 32,
        "messaging_service_sid": MG,
        "facebook_messenger_page_id": "page",
        "alexa_skill_id": "skill",
        "default_apn_notification_protocol_version": "11",
        "default_gcm_notification_protocol_version": "12",
        "default_fcm_notification_protocol_version": "13",
        "default_alexa_notification_protocol_version": "14",
        "log_enabled": False,
        "delivery_callback_url": "http://localhost/callback",
        "delivery_callback_enabled": True,
    }
    assert own(emulator.services[made["sid"]]) == {**expected, "callback_origin": ""}
    url = f"https://notify.twilio.com/v1/Services/{made['sid']}"
    assert made == expected | {
        "sid": made["sid"],
        "account_sid": emulator.auth[0],
        "url": url,
        "date_created": NOW,
        "date_updated": NOW,
        "links": {name.lower(): f"{url}/{name}" for name in ("Notifications", "Bindings", "Segments", "Users")},
    }


@pytest.mark.parametrize("name", [name for name in SERVICE if "Enabled" not in name])
def test_an_empty_value_unsets_a_parameter_of_a_service_or_leaves_it(emulator: Emulator, name: str) -> None:
    full = create(emulator, "/v1/Services", SERVICE)
    changed = json.loads(ask(emulator, "POST", f"/v1/Services/{full['sid']}", **{name: ""}).body)
    different = {key: value for key, value in changed.items() if full[key] != value}
    if "Version" in name:
        assert different == {}
    else:
        assert list(different.values()) == ["" if name == "FriendlyName" else None]


def test_a_filter_by_name_finds_the_whole_name_only(emulator: Emulator) -> None:
    made = {name: create(emulator, "/v1/Services", {"FriendlyName": name})["sid"] for name in ("", "a", "A", "ab")}
    for name, sid in made.items():
        page = json.loads(ask(emulator, "GET", f"/v1/Services?FriendlyName={name}").body)
        assert [one["sid"] for one in page["services"]] == [sid]


def test_a_binding(emulator: Emulator) -> None:
    made = create(emulator, f"/v1/Services/{IS}/Bindings", BINDING)
    shown = {
        "identity": "alice",
        "binding_type": "fcm",
        "address": "token",
        "notification_protocol_version": "2",
        "credential_sid": CR,
    }
    stored = own(emulator.bindings[made["sid"]])
    assert stored == {**shown, "tags": ("vip", "de"), "given_endpoint": "phone", "disabled": False}
    service = f"https://notify.twilio.com/v1/Services/{IS}"
    assert made == shown | {
        "tags": ["vip", "de"],
        "endpoint": "phone",
        "sid": made["sid"],
        "account_sid": emulator.auth[0],
        "service_sid": IS,
        "url": f"{service}/Bindings/{made['sid']}",
        "date_created": NOW,
        "date_updated": NOW,
        "links": {"user": f"{service}/Users/alice"},
    }


@pytest.mark.parametrize("name", ["CredentialSid", "Endpoint", "NotificationProtocolVersion"])
def test_an_empty_parameter_of_a_binding_is_one_that_was_not_sent(emulator: Emulator, name: str) -> None:
    path, form = f"/v1/Services/{IS}/Bindings", {"Identity": "a", "BindingType": "fcm", "Address": "x"}
    empty = emulator.bindings[create(emulator, path, {**form, name: ""})["sid"]]
    without = emulator.bindings[create(emulator, path, form)["sid"]]
    assert own(empty) == own(without)


def test_a_notification(emulator: Emulator) -> None:
    made = create(emulator, f"/v1/Services/{IS}/Notifications", NOTIFICATION)
    shown = {
        **{name.lower(): name.upper() for name in ("Body", "Title", "Sound", "Action")},
        **{name.lower(): value for name, value in JSON.items() if name != "FacebookMessenger"},
        "facebook_messenger": JSON["FacebookMessenger"],
        "priority": "low",
        "ttl": 60,
    }
    stored = own(emulator.notifications[made["sid"]])
    assert stored == {
        **shown,
        "identities": ("alice", "bob"),
        "tags": ("vip",),
        "to_bindings": (),
        "delivery_callback_url": "http://localhost/callback",
    }
    assert made == shown | {
        "identities": ["alice", "bob"],
        "tags": ["vip"],
        "segments": [],
        "sid": made["sid"],
        "account_sid": emulator.auth[0],
        "service_sid": IS,
        "date_created": NOW,
    }


def test_the_limits_of_a_notification_are_accepted(emulator: Emulator) -> None:
    form = {"Identity": [str(number) for number in range(20)], "Tag": list("abcde"), "Ttl": "2419200"}
    assert create(emulator, f"/v1/Services/{IS}/Notifications", form)["ttl"] == 2419200


def test_an_empty_notification_has_defaults(emulator: Emulator) -> None:
    made = create(emulator, f"/v1/Services/{IS}/Notifications", {"Tag": "all", "DeliveryCallbackUrl": ""})
    stored = own(emulator.notifications[made["sid"]])
    given = {"tags": ("all",), "identities": (), "to_bindings": (), "priority": "high", "ttl": 2419200}
    assert {name: value for name, value in stored.items() if value is not None} == given


@pytest.mark.parametrize(
    ("direct", "credential_sid"),
    [
        ('{"binding_type": "sms", "address": "+49"}', None),
        (f'{{"binding_type": "sms", "address": "+49", "credential_sid": "{CR}"}}', CR),
        ('{"binding_type": "sms", "address": "+49", "credential_sid": 7}', None),
    ],
)
def test_a_direct_address(emulator: Emulator, direct: str, credential_sid: str | None) -> None:
    made = create(emulator, f"/v1/Services/{IS}/Notifications", {"ToBinding": direct})
    (found,) = emulator.notifications[made["sid"]].to_bindings
    assert (found.binding_type, found.address, found.credential_sid) == ("sms", "+49", credential_sid)
    assert (found.identity, found.sid, found.notification_protocol_version) == (None, None, None)


@pytest.mark.parametrize("name", ["Apn", "Sms", "FacebookMessenger", "Alexa"])
def test_keys_that_are_reserved_elsewhere_are_accepted(emulator: Emulator, name: str) -> None:
    content = '{"aps": {}, "to": 1, "registration_ids": 1, "condition": 1, "data": {"twi_x": 1}, "media_urls": []}'
    create(emulator, f"/v1/Services/{IS}/Notifications", {"Tag": "all", name: content})


@pytest.mark.parametrize("kind", ["apn", "gcm", "fcm"])
def test_a_credential(emulator: Emulator, pair: Pair, kind: str) -> None:
    secrets = {"apn": apn(pair), "gcm": {"ApiKey": "key"}, "fcm": {"Secret": "secret"}}
    all_of_them = {name: value for one in secrets.values() for name, value in one.items()}
    sent = {"Type": kind.upper(), "FriendlyName": "n", "Sandbox": "TRUE", **all_of_them}
    made = create(emulator, "/v1/Credentials", sent)
    sandbox = "True" if kind == "apn" else None
    fields_of = {"Certificate": "certificate", "PrivateKey": "private_key", "ApiKey": "api_key", "Secret": "secret"}
    expected = {field: all_of_them[name] if name in secrets[kind] else None for name, field in fields_of.items()} | {
        "type": kind,
        "friendly_name": "n",
        "sandbox": sandbox,
    }
    assert own(emulator.credentials[made["sid"]]) == expected
    assert made == {
        "sid": made["sid"],
        "account_sid": emulator.auth[0],
        "type": kind,
        "friendly_name": "n",
        "sandbox": sandbox,
        "url": f"https://notify.twilio.com/v1/Credentials/{made['sid']}",
        "date_created": NOW,
        "date_updated": NOW,
    }


def test_the_secrets_of_a_record_are_not_among_its_shown_fields() -> None:
    def names(shown: Iterable[Any]) -> set[str]:
        return {one.name for one in shown}

    secrets = {one.name: names(fields(one.record)) - names(shown_fields(one.record)) for one in RESOURCES}
    assert secrets == {
        "credential": {"certificate", "private_key", "api_key", "secret"},
        "service": set(),
        "binding": set(),
        "notification": {"to_bindings"},
    }


def test_the_repr_of_a_service_masks_its_callback_url(emulator: Emulator) -> None:
    made = emulator.services.add(friendly_name="chat", delivery_callback_url="http://user:hush@chat/?key=hush")
    shown = repr(made)
    head = f"Service(sid='{made.sid}', account_sid='{made.account_sid}', region='us1', date_created="
    assert (shown.startswith(head), shown.endswith(")")) == (True, True)
    assert ", friendly_name='chat', apn_credential_sid=None, " in shown
    assert "delivery_callback_url='http://[secret]@chat/?key=[secret]'" in shown


def test_a_binding_without_an_identity_is_shown(emulator: Emulator) -> None:
    made = replace(emulator.bindings.add(identity="alice", binding_type="sms", address="+49"), identity=None)
    shown = BINDING_RESOURCE.show(made, f"https://notify.twilio.com/v1/Services/{IS}/Bindings/{made.sid}")
    assert (shown["identity"], shown["links"]["user"]) == (None, f"https://notify.twilio.com/v1/Services/{IS}/Users/")


def test_every_resource_has_all_its_parents_before_it() -> None:
    for number, resource in enumerate(RESOURCES):
        assert resource.parent is None or resource.parent in RESOURCES[:number]


def test_a_created_record_has_its_own_time_account_and_region(emulator: Emulator) -> None:
    emulator.clock.freeze("2030-06-01T12:30:15.999Z")
    client = emulator.client("AC" + "b" * 32, "x", region="ie1", edge="dublin")
    made = client.notify.v1.services.create()
    record = emulator.services[made.sid]
    assert (record.account_sid, record.region) == ("AC" + "b" * 32, "ie1")
    assert record.date_created == record.date_updated == emulator.clock.now().replace(microsecond=0)
    emulator.clock.advance(1)
    client.notify.v1.services(made.sid).update(friendly_name="x")
    changed = emulator.services[made.sid]
    assert changed.date_created == record.date_created
    assert (changed.date_updated - record.date_updated).total_seconds() == 1
