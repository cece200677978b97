"""Push secrets are kept for assertions but never shown: not in responses, reprs, journals, logs or errors."""

from __future__ import annotations

import json

import pytest
from helpers.calls import basic
from helpers.pem import Pair
from hypothesis import given, settings
from hypothesis import strategies as st
from twilio.base.exceptions import TwilioRestException

from notify_mock import Emulator
from notify_mock.cli.logs import json_line, text_line
from notify_mock.twilio_api.masking import MASK, is_secret, show_text
from notify_mock.twilio_api.messages import read

NAMES = ["Certificate", "PrivateKey", "ApiKey", "Secret"]


def shown(emulator: Emulator) -> str:
    """Return everything that the emulator can print."""
    records = list(emulator.credentials.values())
    exchanges = list(emulator.journal)
    things = [emulator, emulator.journal, emulator.accounts, emulator.credentials, records, exchanges]
    things += [exchange.call for exchange in exchanges] + [exchange.call.form for exchange in exchanges]
    with pytest.raises(AssertionError) as caught:
        emulator.journal.expect("credential.update", Secret="sought-s3cr3t")
    return "\n".join([*map(repr, things), *map(str, exchanges), str(emulator.journal), str(caught.value)])


@settings(max_examples=80, deadline=None)
@given(
    secret=st.text(st.characters(exclude_categories=["Cs"]), min_size=8, max_size=60).map(lambda text: f"s3cr3t{text}"),
    name=st.sampled_from([*NAMES, "secret", "api_key", "PRIVATE-KEY", "private_key"]),
    place=st.sampled_from(["form", "query", "header"]),
    kind=st.sampled_from(["apn", "gcm", "fcm", "nonsense"]),
)
def test_a_secret_is_never_shown(secret: str, name: str, place: str, kind: str) -> None:
    from urllib.parse import urlencode

    emulator = Emulator()
    fields = [("Type", kind), ("FriendlyName", "name")]
    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": basic(*emulator.auth)}
    query = ""
    if place == "form":
        fields.append((name, secret))
    elif place == "query":
        query = "?" + urlencode([(name, secret)])
    else:
        headers["authorization"] = basic(emulator.auth[0], secret)
    answer = emulator.handle(
        read("POST", f"/v1/Credentials{query}", host="x", headers=headers, body=urlencode(fields).encode())
    )
    assert "s3cr3t" not in answer.body.decode() + repr(answer.headers)
    assert "s3cr3t" not in shown(emulator).replace("sought-s3cr3t", "")


def test_a_body_with_the_wrong_content_type_is_not_shown() -> None:
    emulator = Emulator()
    body = json.dumps({"Type": "fcm", "Secret": "hush-hush"}).encode()
    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": basic(*emulator.auth)}
    emulator.handle(read("POST", "/v1/Credentials", host="x", headers=headers, body=body))
    assert "hush" not in shown(emulator)
    assert "(a name without a value)" in str(emulator.journal)


@pytest.mark.parametrize(
    "body", ["Type=fcm&Secret=abc&hush-tail", "Type=fcm&Secret=abc&hushtail==", "hushalone", "Credential[Secret]=hush"]
)
def test_the_rest_of_an_unencoded_secret_is_not_shown(body: str) -> None:
    emulator = Emulator()
    headers = {"content-type": "application/x-www-form-urlencoded", "authorization": basic(*emulator.auth)}
    emulator.handle(read("POST", "/v1/Credentials", host="x", headers=headers, body=body.encode()))
    assert "hush" not in shown(emulator)


def test_a_secret_in_the_wrong_parameter_is_masked_in_the_json_log() -> None:
    emulator = Emulator()
    with pytest.raises(TwilioRestException):
        emulator.client().notify.v1.credentials.create(type="-----BEGIN PRIVATE KEY-----hush")
    assert "hush" not in json_line(emulator.journal.last)


def test_secrets_of_every_type_stay_out_of_a_records_repr(pair: Pair) -> None:
    emulator = Emulator()
    create = emulator.client().notify.v1.credentials.create
    create(type="apn", certificate=pair.certificate, private_key=pair.private_key)
    create(type="gcm", api_key="hush-gcm")
    create(type="fcm", secret="hush-fcm")
    text = repr(list(emulator.credentials.values()))
    assert "hush" not in text
    assert "BEGIN" not in text
    assert "BEGIN" not in shown(emulator)


def test_tokens_stay_out_of_reprs() -> None:
    emulator = Emulator(accounts={"AC" + "1" * 32: "hush-token"})
    emulator.client().notify.v1.credentials.list()
    assert "hush" not in repr(emulator.accounts) + repr(emulator.accounts["AC" + "1" * 32]) + shown(emulator)


def test_a_log_line_has_no_secret_in_either_format() -> None:
    emulator = Emulator()
    emulator.client().notify.v1.credentials.create(type="fcm", secret="hush-hush")
    as_json = json.loads(json_line(emulator.journal.last))
    assert as_json["call"] == "credential.create"
    assert as_json["status"] == 201
    assert as_json["parameters"] == f"Type=fcm Secret={MASK}"
    assert "hush" not in text_line(emulator.journal.last) + json.dumps(as_json)


@pytest.mark.parametrize("name", [*NAMES, "secret", "api-key", "Api_Key", "Authorization"])
def test_a_secret_is_recognized_by_its_name_in_any_spelling(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize(
    "value",
    [
        "-----BEGIN RSA PRIVATE KEY-----MII",
        '{"type": "service_account", "private_key": "x"}',
        "AAAAabcdefg:APA91bHPRgkF",
    ],
)
def test_a_secret_in_the_wrong_parameter_is_recognized_by_its_look(value: str) -> None:
    assert show_text(value) == MASK


def test_a_call_is_shown_on_one_line_without_control_characters() -> None:
    shown = str(read("GE\x9b31mT", "/v1/\x1b?FriendlyName=%1b%0a", host="x", headers={}))
    assert shown.isprintable()
    assert shown.startswith("GE\\x9b31mT /v1/")


def test_shown_text_is_one_line_and_short() -> None:
    assert show_text("a\nb\x1b[31m") == "a\\nb\\x1b[31m"
    assert len(show_text("a" * 5000)) < 200
