"""Keys for tests have the shapes of Apple's and Google's."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest

from notify_mock import UsageError, apn_pair, fcm_service_account
from notify_mock.push_keys import topics_extension
from notify_mock.push_keys.certificate import check_certificate
from notify_mock.push_keys.push_certificate import KINDS, PushCertificate, read_push_certificate
from notify_mock.support.crypto import serialization

BOTH = ("sandbox", "production")


def now() -> float:
    return datetime.now(timezone.utc).timestamp()


def test_a_pair_is_apples_current_kind_by_default() -> None:
    topics = ("com.example.app", "com.example.app.voip", "com.example.app.complication")
    assert read_push_certificate(apn_pair().certificate) == PushCertificate(
        "Apple Push Services: com.example.app", "push", "com.example.app", topics, BOTH
    )


@pytest.mark.parametrize(
    ("sandbox", "name", "environment"),
    [
        (True, "Apple Development IOS Push Services: com.x", "sandbox"),
        (False, "Apple Production IOS Push Services: com.x", "production"),
    ],
)
def test_a_pair_can_be_for_one_environment(sandbox: bool, name: str, environment: str) -> None:
    found = read_push_certificate(apn_pair(topic="com.x", sandbox=sandbox).certificate)
    assert found == PushCertificate(name, "push", "com.x", ("com.x",), (environment,))


def test_a_name_of_apples_is_followed() -> None:
    found = read_push_certificate(apn_pair("VoIP Services: com.x").certificate)
    assert found == PushCertificate("VoIP Services: com.x", "voip", "com.x.voip", ("com.x.voip",), BOTH)


def test_another_name_claims_nothing() -> None:
    assert read_push_certificate(apn_pair("mine").certificate) == PushCertificate("mine", None, None, (), ())


def test_another_name_can_have_a_topic() -> None:
    found = read_push_certificate(apn_pair("mine", topic="com.x").certificate)
    assert (found.kind, found.topic, found.environments) == (None, "com.x", BOTH)


def test_a_long_topic_is_kept_whole() -> None:
    topic = "com." + "x" * 150
    found = read_push_certificate(apn_pair(topic=topic).certificate)
    assert found.topics == (topic, f"{topic}.voip", f"{topic}.complication")


@pytest.mark.parametrize(("days", "expired"), [(365, False), (1, True), (365, True)])
def test_a_pair_can_be_expired(days: int, expired: bool) -> None:
    problem = check_certificate(*apn_pair(days=days, expired=expired), now())
    assert (problem is not None) is expired


@pytest.mark.parametrize(("expired", "reason"), [(False, None), (True, "the certificate has expired")])
def test_a_pair_can_be_for_a_clock_in_the_past(expired: bool, reason: str | None) -> None:
    at = datetime(2019, 2, 3, tzinfo=timezone.utc)
    problem = check_certificate(*apn_pair(at=at, expired=expired), at.timestamp())
    assert (problem and problem.reason) == reason


def test_a_time_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match=r"apn_pair, at: 'soon' is not a point in time"):
        apn_pair(at="soon")


@pytest.mark.parametrize("name", KINDS)
def test_a_name_of_apples_says_kind_and_environments(name: str) -> None:
    found = read_push_certificate(apn_pair(f"{name}: com.x").certificate)
    assert (found.kind, found.environments) == KINDS[name]


@pytest.mark.parametrize(
    "der", [b"", b"\x30", b"\x30\x82", b"\x30\x05\x0c\x09ab", b"\x30\x84\xff\xff\xff\xff", b"\x05\x00"]
)
def test_a_broken_list_of_topics_is_empty(der: bytes) -> None:
    assert topics_extension.decode(der) == ()


def test_a_text_without_a_certificate_is_an_error() -> None:
    with pytest.raises(ValueError, match="BEGIN and END"):
        read_push_certificate("mine")


def test_a_service_account_is_complete_and_its_key_can_be_read() -> None:
    account = json.loads(fcm_service_account("my-app"))
    assert account["project_id"] == "my-app"
    assert account["client_email"].endswith("@my-app.iam.gserviceaccount.com")
    assert account["token_uri"] == "https://oauth2.googleapis.com/token"
    assert account["client_id"].isdecimal()
    assert len(account["client_id"]) == 21
    assert len(account["private_key_id"]) == 40
    assert account["private_key"].startswith("-----BEGIN PRIVATE KEY-----\n")
    serialization.load_pem_private_key(account["private_key"].encode(), None)


def test_service_accounts_share_a_key_and_are_told_apart() -> None:
    one, again, other = (json.loads(fcm_service_account(name)) for name in ("one", "one", "other"))
    assert one == again
    assert one["private_key"] == other["private_key"]
    assert {name for name in one if one[name] != other[name]} == {
        "project_id",
        "private_key_id",
        "client_email",
        "client_id",
        "client_x509_cert_url",
    }


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"name": ""}, "apn_pair, name: expected 1 to 64 characters, got ''"),
        ({"name": "x" * 65}, "apn_pair, name: expected 1 to 64 characters"),
        ({"topic": 5}, "apn_pair, topic: expected a bundle ID, got 5"),
        ({"days": "2"}, "apn_pair, days: expected a number of days, got '2'"),
        ({"days": 10**9}, "apn_pair, days: expected a number of days, got 1000000000"),
        ({"days": -1}, "apn_pair: no certificate is valid from "),
        ({"at": "1950-01-01"}, "apn_pair: no certificate is valid from 1949-12-31 to 1950-12-31"),
        ({"at": "0002-01-02", "expired": True}, "apn_pair: no certificate is valid from "),
        ({"sandbox": "True"}, "apn_pair, sandbox: expected True, False or None, got 'True'"),
    ],
)
def test_what_no_certificate_can_have_is_a_usage_error(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as error:
        apn_pair(**options)
    assert str(error.value).startswith(message)
