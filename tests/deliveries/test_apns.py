"""APNs: the headers of a push, and topics and environments that do not fit each other."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from helpers.calls import ask

from notify_mock import Delivery, Emulator, UsageError, apn_pair
from notify_mock.deliveries.apn import App
from notify_mock.push_keys.apn_pair import ApnPair
from notify_mock.twilio_api.delivery_errors import Problem

TOKEN = "ab" * 32
OTHER = "cd" * 32
TOPIC = "com.example.app"
UNUSUAL = "a name that is not Apple's"
VOIP = f"VoIP Services: {TOPIC}"


Given = dict[str, Any] | None
"""The arguments of ``pair``, or None for a credential without a certificate."""


@cache
def pair(name: str | None = None, topic: str | None = None, sandbox: bool | None = None) -> ApnPair:
    return apn_pair(name, topic=topic, sandbox=sandbox)


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


def prepare(emulator: Emulator, given: Given = None, **credential: Any) -> str:
    """Add a credential, a service and a binding, and return the SID of the credential."""
    secrets = pair(**given)._asdict() if given is not None else {}
    sid = emulator.credentials.add(type="apn", **secrets, **credential).sid
    service = emulator.services.add(apn_credential_sid=sid)
    emulator.bindings.add(identity="alice", binding_type="apn", address=TOKEN, service_sid=service.sid)
    return sid


def send(emulator: Emulator, **parameters: Any) -> Delivery:
    service = list(emulator.services)[-1]
    values = {"Identity": "alice", "Body": "B", **parameters}
    assert ask(emulator, "POST", f"/v1/Services/{service}/Notifications", **values).status == 201
    return emulator.deliveries.last


# --- headers ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "topic"),
    [
        ({}, TOPIC),
        ({"topic": "com.example.other"}, "com.example.other"),
        ({"sandbox": False}, TOPIC),
        ({"name": VOIP}, f"{TOPIC}.voip"),
        ({"name": UNUSUAL, "topic": "com.example.other"}, "com.example.other"),
        ({"name": UNUSUAL}, None),
        (None, None),
    ],
    ids=["current", "given", "production", "voip", "UID", "no topic", "no certificate"],
)
def test_the_topic_is_the_main_one_of_the_certificate(emulator: Emulator, given: Given, topic: str | None) -> None:
    prepare(emulator, given)
    sent = send(emulator)
    assert (sent.state, sent.headers.get("apns-topic")) == ("sent", topic)
    assert sent.headers["apns-push-type"] == ("voip" if topic == f"{TOPIC}.voip" else "alert")
    assert sent.describe()["headers"] == sent.headers


def test_every_credential_of_a_notification_has_its_own_topic(emulator: Emulator) -> None:
    prepare(emulator, {})
    other = emulator.credentials.add(type="apn", **pair(topic="com.example.other")._asdict())
    emulator.bindings.add(identity="alice", binding_type="apn", address=OTHER, credential_sid=other.sid)
    send(emulator)
    topics = [one.headers["apns-topic"] for one in emulator.deliveries]
    assert topics == [TOPIC, "com.example.other"]


@pytest.mark.parametrize(
    ("parameters", "kind"),
    [
        ({}, "alert"),
        ({"Body": [], "Sound": "ping"}, "alert"),
        ({"Body": [], "Apn": '{"aps": {"badge": 0}}'}, "alert"),
        ({"Body": [], "Apn": '{"aps": {"content-available": 1}}'}, "background"),
        ({"Body": [], "Apn": '{"aps": {"content-available": 1}}', "Data": '{"room": 7}'}, "background"),
        ({"Body": [], "Apn": '{"aps": {"content-available": 0}}'}, "alert"),
        ({"Body": [], "Apn": '{"aps": {"content-available": 2}}'}, "alert"),
        ({"Apn": '{"aps": {"content-available": 1}}'}, "alert"),
        ({"Body": [], "Data": '{"room": 7}'}, "alert"),
        ({"Apn": '{"aps": "text"}'}, "alert"),
    ],
)
def test_a_push_that_shows_nothing_is_in_the_background(
    emulator: Emulator, parameters: dict[str, Any], kind: str
) -> None:
    prepare(emulator)
    assert send(emulator, **parameters).headers["apns-push-type"] == kind


# --- the certificate and the credential -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "sandbox", "reason"),
    [
        ({}, True, None),
        ({}, False, None),
        ({"sandbox": True}, True, None),
        ({"sandbox": False}, False, None),
        ({"sandbox": True}, False, "the certificate is for sandbox, the credential has Sandbox=False"),
        ({"sandbox": False}, True, "the certificate is for production, the credential has Sandbox=True"),
        ({"name": UNUSUAL}, True, None),
        (None, True, None),
    ],
)
def test_a_certificate_must_be_for_the_environment_of_its_credential(
    emulator: Emulator, given: Given, sandbox: bool, reason: str | None
) -> None:
    prepare(emulator, given, sandbox=sandbox)
    assert send(emulator).problem == (Problem(52134, reason) if reason else None)
    assert len(emulator.bindings) == 1


def test_an_update_of_sandbox_mends_the_credential(emulator: Emulator) -> None:
    sid = prepare(emulator, {"sandbox": True})
    assert send(emulator).code == 52134
    ask(emulator, "POST", f"/v1/Credentials/{sid}", Sandbox="true")
    assert send(emulator).state == "sent"


def test_an_expired_certificate_is_named_before_its_environment(emulator: Emulator) -> None:
    prepare(emulator)
    (credential,) = emulator.credentials
    old = apn_pair(sandbox=True, expired=True)
    ask(emulator, "POST", f"/v1/Credentials/{credential}", Certificate=old.certificate, PrivateKey=old.private_key)
    assert send(emulator).problem == Problem(52131, "the certificate has expired")


# --- the device token and the credential ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("app", "problem"),
    [
        ({"topic": TOPIC}, None),
        ({"topic": TOPIC, "sandbox": False}, None),
        ({"sandbox": False}, None),
        (
            {"topic": "com.example.other"},
            Problem(52143, "the device token is for com.example.other, the certificate for com.example.app"),
        ),
        (
            {"topic": f"{TOPIC}.voip"},
            Problem(52143, "the device token is for com.example.app.voip, the certificate for com.example.app"),
        ),
        (
            {"topic": "com.example.other", "sandbox": True},
            Problem(52134, "the device token is for sandbox, the credential has Sandbox=False"),
        ),
    ],
)
def test_a_token_belongs_to_an_app_and_an_environment(
    emulator: Emulator, app: dict[str, Any], problem: Problem | None
) -> None:
    prepare(emulator, {})
    emulator.providers.apns.register(TOKEN, **app)
    failed = send(emulator)
    assert (failed.problem, failed.binding_change) == (problem, None)
    emulator.providers.apns.register(TOKEN)
    assert send(emulator).state == "sent"


@pytest.mark.parametrize("given", [{"name": UNUSUAL}, None], ids=["no topic", "no certificate"])
def test_without_a_topic_only_the_environment_is_compared(emulator: Emulator, given: Given) -> None:
    prepare(emulator, given, sandbox=True)
    emulator.providers.apns.register(TOKEN, topic="com.example.other")
    assert send(emulator).state == "sent"
    emulator.providers.apns.register(TOKEN, topic="com.example.other", sandbox=False)
    problem = Problem(52134, "the device token is for production, the credential has Sandbox=True")
    assert send(emulator).problem == problem


def test_only_pushes_to_the_token_itself_fail(emulator: Emulator) -> None:
    prepare(emulator, {})
    emulator.bindings.add(identity="alice", binding_type="apn", address=OTHER)
    emulator.providers.apns.register(TOKEN, topic="com.example.other")
    send(emulator)
    assert [(one.address, one.code) for one in emulator.deliveries] == [(TOKEN, 52143), (OTHER, None)]


def test_the_right_certificate_mends_a_wrong_topic(emulator: Emulator) -> None:
    sid = prepare(emulator, {})
    emulator.providers.apns.register(TOKEN, topic="com.example.other")
    assert send(emulator).code == 52143
    right = pair(topic="com.example.other")
    ask(emulator, "POST", f"/v1/Credentials/{sid}", Certificate=right.certificate, PrivateKey=right.private_key)
    assert send(emulator).state == "sent"


def test_an_unregistered_token_is_that_whatever_its_app(emulator: Emulator) -> None:
    prepare(emulator, {})
    emulator.providers.apns.register(TOKEN, topic="com.example.other")
    emulator.providers.apns.unregister(TOKEN)
    assert send(emulator).code == 52141


@pytest.mark.parametrize(("arranged", "bound"), [(TOKEN.upper(), TOKEN), (TOKEN, TOKEN.upper())])
@pytest.mark.parametrize(
    ("act", "code"),
    [
        (lambda apns, token: apns.unregister(token), 52141),
        (lambda apns, token: apns.throttle(token), 52140),
        (lambda apns, token: apns.register(token, sandbox=True), 52134),
        (lambda apns, token: apns.change({"unregistered": [token]}), 52141),
        (lambda apns, token: apns.change({"throttled": [token]}), 52140),
        (lambda apns, token: apns.change({"registered": {token: {"sandbox": True}}}), 52134),
    ],
)
def test_upper_and_lower_case_are_the_same_token(
    emulator: Emulator, arranged: str, bound: str, act: Callable[[Any, str], None], code: int
) -> None:
    prepare(emulator, {})
    direct = json.dumps({"binding_type": "apn", "address": bound})
    act(emulator.providers.apns, arranged)
    assert send(emulator, Identity=[], ToBinding=direct).code == code
    emulator.providers.apns.register(bound)
    assert send(emulator, Identity=[], ToBinding=direct).state == "sent"


def test_only_device_tokens_of_apns_have_several_spellings(emulator: Emulator) -> None:
    emulator.providers.apns.unregister("Not-Hex")
    assert emulator.providers.apns.describe()["unregistered"] == ["Not-Hex"]
    emulator.providers.fcm.unregister(TOKEN.upper())
    assert emulator.providers.fcm.outcome(TOKEN, None) is None


def test_a_revoked_certificate_fails_to_authenticate(emulator: Emulator) -> None:
    emulator.providers.apns.revoke(prepare(emulator, {}))
    assert send(emulator).code == 52145
    assert len(emulator.bindings) == 1


def test_the_app_of_a_token_follows_checkpoint_and_reset(emulator: Emulator) -> None:
    apns = emulator.providers.apns
    apns.register(TOKEN, topic=TOPIC)
    with emulator.checkpoint():
        apns.register(TOKEN, sandbox=True)
        assert apns.apps.get(TOKEN) == App(None, True)
    assert apns.apps.get(TOKEN) == App(TOPIC, None)
    assert apns.describe()["registered"] == {TOKEN: {"topic": TOPIC, "sandbox": None}}
    emulator.reset()
    assert (apns.apps.get(TOKEN), apns.busy) == (None, False)


def test_a_snapshot_holds_the_apps_of_tokens(emulator: Emulator) -> None:
    apns = emulator.providers.apns
    apns.register(TOKEN, topic=TOPIC)
    kept = apns.snapshot()
    for _ in range(2):
        apns.recover()
        assert apns.apps == {}
        apns.restore(kept)
        assert (apns.apps, apns.busy) == ({TOKEN: App(TOPIC)}, True)
        apns.register(OTHER, sandbox=True)


@pytest.mark.parametrize(
    ("address", "app", "message"),
    [
        (TOKEN, {"topic": ""}, "providers.apns, topic: expected a bundle ID, got ''"),
        (TOKEN, {"topic": 7}, "providers.apns, topic: expected a bundle ID, got 7"),
        (TOKEN, {"sandbox": "True"}, "providers.apns, sandbox: expected true or false, got 'True'"),
        ("", {"topic": TOPIC}, "providers.apns: expected an address, got ''"),
    ],
)
def test_a_bad_app_is_refused(emulator: Emulator, address: str, app: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        emulator.providers.apns.register(address, **app)
    assert str(caught.value) == message
    assert not emulator.providers.apns.busy


@pytest.mark.parametrize("name", ["fcm", "gcm", "sms"])
def test_only_apns_has_topics(emulator: Emulator, name: str) -> None:
    provider = getattr(emulator.providers, name)
    with pytest.raises(UsageError, match=rf"providers\.{name}: topic and sandbox is possible for apns only"):
        provider.register("token", topic=TOPIC)
    with pytest.raises(UsageError, match=rf"providers\.{name}: registered is possible for apns only"):
        provider.change({"registered": {"token": {"topic": TOPIC}}})
    assert not provider.busy


def test_a_direct_address_is_checked_too(emulator: Emulator) -> None:
    prepare(emulator, {})
    emulator.providers.apns.register(OTHER, sandbox=True)
    direct = json.dumps({"binding_type": "apn", "address": OTHER})
    assert send(emulator, Identity=[], ToBinding=direct).code == 52134
