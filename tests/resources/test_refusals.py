"""What a client is told about a bad parameter, and what the journal tells the developer about it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.calls import ask
from helpers.pem import Pair, apn

from notify_mock import Emulator

IS, CR, MG = "IS" + "0" * 32, "CR" + "1" * 32, "MG" + "1" * 32
KINDS = "apn, gcm, sms, fcm, facebook-messenger, alexa"
TWICE = ["a", "b"]

Row = tuple[dict[str, Any], str, str]
"""The parameters that differ from good ones, the name of the bad one, and the reason in the journal."""


def twice(*names: str) -> list[Row]:
    return [({name: TWICE}, name, f"{name} was sent 2 times") for name in names]


def refused(emulator: Emulator, method: str, target: str, **form: Any) -> tuple[int, int, str, str | None]:
    """Return status, code and message of the response, and the reason in the journal (without a note on its size)."""
    answer = ask(emulator, method, target, **form)
    error = json.loads(answer.body)
    return answer.status, error["code"], error["message"], emulator.journal.last.reason.partition("; its body of")[0]


def invalid(resource: str, name: str, reason: str) -> tuple[int, int, str, str]:
    text = f"Can not convert incoming parameters to {resource} object: Parameter '{name}' is invalid"
    return 400, 20001, text, reason


@pytest.fixture
def emulator() -> Emulator:
    emulator = Emulator()
    emulator.services.add(sid=IS)
    return emulator


CREDENTIALS: list[Row] = [
    *twice("Type", "FriendlyName", "Certificate", "PrivateKey", "Sandbox"),
    ({"FriendlyName": "n" * 65}, "FriendlyName", "FriendlyName has 65 characters, the limit is 64"),
    ({"Sandbox": "yes"}, "Sandbox", "Sandbox must be true or false"),
    ({"Type": "fcm", "Secret": TWICE}, "Secret", "Secret was sent 2 times"),
    ({"Type": "gcm", "ApiKey": TWICE}, "ApiKey", "ApiKey was sent 2 times"),
    ({"Type": "gcm", "ApiKey": "a\0"}, "ApiKey", "ApiKey contains a NUL character"),
]


@pytest.mark.parametrize(("form", "name", "reason"), CREDENTIALS)
def test_a_bad_parameter_of_a_credential(
    emulator: Emulator, pair: Pair, form: dict[str, Any], name: str, reason: str
) -> None:
    good = {"Type": "apn", **apn(pair)}
    assert refused(emulator, "POST", "/v1/Credentials", **{**good, **form}) == invalid("Credential", name, reason)


@pytest.mark.parametrize(
    ("form", "code", "message", "reason"),
    [
        ({"Type": []}, 20001, "Missing required parameter Type in the post body", "Type is missing"),
        (
            {"Type": "webpush"},
            70105,
            "Invalid Type Specified in the Request",
            "unknown Type 'webpush'; expected one of: apn, gcm, fcm",
        ),
        ({"Certificate": "x"}, 20001, "Could not parse certificate", "Certificate: no BEGIN and END markers"),
        ({"PrivateKey": "x"}, 20001, "Could not parse private key", "PrivateKey: no BEGIN and END markers"),
    ],
)
def test_a_refused_credential(
    emulator: Emulator, pair: Pair, form: dict[str, Any], code: int, message: str, reason: str
) -> None:
    good = {"Type": "apn", **apn(pair)}
    assert refused(emulator, "POST", "/v1/Credentials", **{**good, **form}) == (400, code, message, reason)


@pytest.mark.parametrize(
    ("kind", "name"), [("apn", "Certificate"), ("apn", "PrivateKey"), ("gcm", "ApiKey"), ("fcm", "Secret")]
)
def test_a_missing_secret_is_named_in_create_and_update(emulator: Emulator, pair: Pair, kind: str, name: str) -> None:
    secrets = {"apn": apn(pair), "gcm": {"ApiKey": "k"}, "fcm": {"Secret": "s"}}[kind]
    text, reason = f"credentials record. '{name}' must be present", f"{name} is missing or empty"
    for value in ("", []):
        form = {"Type": kind, **secrets, name: value}
        assert refused(emulator, "POST", "/v1/Credentials", **form) == (400, 20001, f"Cannot create {text}", reason)
    sid = emulator.credentials.add(type=kind).sid
    found = refused(emulator, "POST", f"/v1/Credentials/{sid}", **{name: ""})
    assert found == (400, 20001, f"Cannot update {text}", reason)


SERVICES: list[Row] = [
    *twice("FriendlyName", "FacebookMessengerPageId", "AlexaSkillId", "DeliveryCallbackUrl", "LogEnabled"),
    *twice(*(f"Default{kind}NotificationProtocolVersion" for kind in ("Apn", "Gcm", "Fcm", "Alexa"))),
    ({"FriendlyName": "n" * 65}, "FriendlyName", "FriendlyName has 65 characters, the limit is 64"),
    ({"MessagingServiceSid": CR}, "MessagingServiceSid", "MessagingServiceSid must be MG followed by 32 hex digits"),
    *[
        ({name: MG}, name, f"{name} must be CR followed by 32 hex digits")
        for name in ("ApnCredentialSid", "GcmCredentialSid", "FcmCredentialSid")
    ],
    *[({name: "1"}, name, f"{name} must be true or false") for name in ("LogEnabled", "DeliveryCallbackEnabled")],
]


@pytest.mark.parametrize(("form", "name", "reason"), SERVICES)
def test_a_bad_parameter_of_a_service(emulator: Emulator, form: dict[str, Any], name: str, reason: str) -> None:
    for target in ("/v1/Services", f"/v1/Services/{IS}"):
        assert refused(emulator, "POST", target, **form) == invalid("Service", name, reason)


BINDINGS: list[Row] = [
    *twice("Identity", "BindingType", "Address", "NotificationProtocolVersion", "CredentialSid", "Endpoint"),
    ({"BindingType": "pager"}, "BindingType", f"BindingType must be one of: {KINDS}"),
    ({"CredentialSid": MG}, "CredentialSid", "CredentialSid must be CR followed by 32 hex digits"),
    ({"Tag": [str(number) for number in range(21)]}, "Tag", "Tag was sent 21 times, the limit is 20"),
    ({"Tag": ""}, "Tag", "Tag has an empty value"),
    ({"Tag": ["vip", "a\0b"]}, "Tag", "Tag contains a NUL character"),
]


@pytest.mark.parametrize(("form", "name", "reason"), BINDINGS)
def test_a_bad_parameter_of_a_binding(emulator: Emulator, form: dict[str, Any], name: str, reason: str) -> None:
    good = {"Identity": "alice", "BindingType": "sms", "Address": "+49"}
    found = refused(emulator, "POST", f"/v1/Services/{IS}/Bindings", **{**good, **form})
    assert found == invalid("Binding", name, reason)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("Identity", "Identity is missing or empty"),
        ("BindingType", "BindingType is missing"),
        ("Address", "Address is missing or empty"),
    ],
)
def test_a_missing_parameter_of_a_binding(emulator: Emulator, name: str, reason: str) -> None:
    form: dict[str, Any] = {"Identity": "alice", "BindingType": "sms", "Address": "+49", name: []}
    found = refused(emulator, "POST", f"/v1/Services/{IS}/Bindings", **form)
    assert found == (400, 20001, f"Missing required parameter {name} in the post body", reason)


def test_the_limits_of_an_account_and_an_identity(emulator: Emulator) -> None:
    for _ in range(20):
        emulator.bindings.add(identity="alice", binding_type="sms", address="+49")
    form = {"Identity": "alice", "BindingType": "sms", "Address": "+49"}
    text = "Cannot create Binding: the limit of 20 bindings for an identity is reached"
    found = refused(emulator, "POST", f"/v1/Services/{IS}/Bindings", **form)
    assert found == (400, 20001, text, "delete one first")
    for _ in range(999):
        emulator.services.add()
    text = "Cannot create Service: the limit of 1000 services is reached"
    assert refused(emulator, "POST", "/v1/Services") == (400, 20001, text, "delete one first")


@pytest.mark.parametrize(
    ("query", "name", "reason"),
    [
        ("StartDate=soon", "StartDate", "StartDate must be a date such as 2030-01-31"),
        ("EndDate=2030-02-30", "EndDate", "EndDate must be a date such as 2030-01-31"),
        ("EndDate=a&EndDate=b", "EndDate", "EndDate was sent 2 times"),
        ("&".join(f"Tag={number}" for number in range(6)), "Tag", "Tag was sent 6 times, the limit is 5"),
        ("Tag=", "Tag", "Tag has an empty value"),
        (
            "&".join(f"Identity={number}" for number in range(1001)),
            "Identity",
            "Identity was sent 1001 times, the limit is 1000",
        ),
    ],
    ids=["no date", "no such day", "two dates", "six tags", "empty tag", "1001 identities"],
)
def test_a_bad_filter_of_bindings(emulator: Emulator, query: str, name: str, reason: str) -> None:
    found = refused(emulator, "GET", f"/v1/Services/{IS}/Bindings?{query}")
    assert found == invalid("Binding", name, reason)


def test_a_bad_filter_of_services(emulator: Emulator) -> None:
    found = refused(emulator, "GET", "/v1/Services?FriendlyName=a&FriendlyName=b")
    assert found == invalid("Service", "FriendlyName", "FriendlyName was sent 2 times")


NOTIFICATIONS: list[Row] = [
    *twice("Ttl", "Priority", "Body", "Title", "Sound", "Action", "DeliveryCallbackUrl", "Data", "Sms"),
    ({"Identity": [str(number) for number in range(21)]}, "Identity", "Identity was sent 21 times, the limit is 20"),
    ({"Identity": ["alice", ""]}, "Identity", "Identity has an empty value"),
    ({"Tag": list("abcdef")}, "Tag", "Tag was sent 6 times, the limit is 5"),
    ({"Tag": ""}, "Tag", "Tag has an empty value"),
    ({"Tag": ["vip", "a\0b"]}, "Tag", "Tag contains a NUL character"),
    ({"Ttl": "2419201"}, "Ttl", "Ttl must be a whole number from 0 to 2419200"),
    ({"Priority": "urgent"}, "Priority", "Priority must be one of: high, low"),
    *[
        ({name: "[]"}, name, f"{name} must be a JSON object")
        for name in ("Data", "Apn", "Gcm", "Fcm", "Sms", "FacebookMessenger", "Alexa")
    ],
    *[
        ({name: '{"twi_x": 1}'}, name, f"{name} has the key 'twi_x': twi_ is reserved for Twilio")
        for name in ("Data", "Apn", "Gcm", "Fcm", "Sms", "FacebookMessenger", "Alexa")
    ],
    *[
        ({name: '{"data": {"twi_x": 1}}'}, name, f"{name} has the key 'twi_x': twi_ is reserved for Twilio")
        for name in ("Gcm", "Fcm")
    ],
    *[
        ({name: f'{{"{key}": 1}}'}, name, f"{name} has the reserved key '{key}'")
        for name, keys in {
            "Data": ["aps"],
            "Gcm": ["to", "registration_ids", "notification_key"],
            "Fcm": ["to", "registration_ids", "condition", "notification_key"],
        }.items()
        for key in keys
    ],
    ({"Sms": '{"media_urls": "x"}'}, "Sms", "media_urls in Sms must be an array of texts"),
    ({"Sms": '{"media_urls": ["x", 1]}'}, "Sms", "media_urls in Sms must be an array of texts"),
]


@pytest.mark.parametrize(("form", "name", "reason"), NOTIFICATIONS)
def test_a_bad_parameter_of_a_notification(emulator: Emulator, form: dict[str, Any], name: str, reason: str) -> None:
    found = refused(emulator, "POST", f"/v1/Services/{IS}/Notifications", **{"Identity": "alice", **form})
    assert found == invalid("Notification", name, reason)


@pytest.mark.parametrize(
    ("direct", "reason"),
    [
        ("x", "ToBinding cannot be read as JSON"),
        ("[]", "ToBinding must be a JSON object"),
        ('{"binding_type": "sms"}', f"ToBinding must have a binding_type ({KINDS}) and an address"),
        ('{"binding_type": "sms", "address": ""}', f"ToBinding must have a binding_type ({KINDS}) and an address"),
        (["{}"] * 10_001, "ToBinding was sent 10001 times, the limit is 10000"),
    ],
    ids=["no JSON", "no object", "no address", "empty address", "10001 addresses"],
)
def test_a_bad_direct_address(emulator: Emulator, direct: Any, reason: str) -> None:
    found = refused(emulator, "POST", f"/v1/Services/{IS}/Notifications", ToBinding=direct)
    assert found == invalid("Notification", "ToBinding", reason)


@pytest.mark.parametrize(
    ("form", "reason"),
    [
        ({}, "give an Identity, a Tag or a ToBinding"),
        ({"Tag": "x", "ToBinding": "{}"}, "ToBinding cannot be combined with Identity or Tag"),
        ({"Identity": "x", "ToBinding": "{}"}, "ToBinding cannot be combined with Identity or Tag"),
    ],
)
def test_the_targets_of_a_notification(emulator: Emulator, form: dict[str, str], reason: str) -> None:
    found = refused(emulator, "POST", f"/v1/Services/{IS}/Notifications", **form)
    assert (found[0], found[1], found[3]) == (400, 20001, reason)


@pytest.mark.parametrize(
    ("query", "code", "reason"),
    [
        ("PageSize=0", 20001, "PageSize is 0, the minimum is 1"),
        ("PageSize=x", 20001, "PageSize must be a single whole number"),
        ("PageSize=1001", 20007, "PageSize is 1001, the limit is 1000"),
        ("Page=1&Page=2", 20001, "Page must be a single whole number"),
        ("Page=7", 20001, "Page is 7; follow next_page_url instead of counting pages"),
        ("PageToken=PA&PageToken=PB", 20001, "PageToken was sent more than once"),
        ("PageToken=PA", 20001, "PageToken matches no record of this list; use the one in next_page_url"),
    ],
)
def test_bad_paging(emulator: Emulator, query: str, code: int, reason: str) -> None:
    found = refused(emulator, "GET", f"/v1/Services?{query}")
    assert (found[0], found[1], found[3]) == (400, code, reason)


@pytest.mark.parametrize(
    ("method", "target", "path", "reason"),
    [
        ("GET", f"/v1/Credentials/{CR}", f"/Credentials/{CR}", f"no credential {CR}"),
        ("POST", f"/v1/Credentials/{CR}", f"/Credentials/{CR}", f"no credential {CR}"),
        ("DELETE", f"/v1/Credentials/{CR}", f"/Credentials/{CR}", f"no credential {CR}"),
        ("GET", "/v1/Services/IS1/Bindings", "/Services/IS1/Bindings", "no service IS1"),
        ("POST", "/v1/Services/IS1/Bindings", "/Services/IS1/Bindings", "no service IS1"),
        ("GET", f"/v1/Services/{IS}/Bindings/BS1", f"/Services/{IS}/Bindings/BS1", "no binding BS1"),
    ],
)
def test_what_was_not_found(emulator: Emulator, method: str, target: str, path: str, reason: str) -> None:
    text = f"The requested resource {path} was not found"
    assert refused(emulator, method, target) == (404, 20404, text, reason)
