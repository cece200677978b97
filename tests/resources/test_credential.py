"""The Credential resource, driven by the real Twilio SDK over the in-process client."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from typing import Any

import pytest
from helpers.pem import SERIAL, Pair, make_pair
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from notify_mock import Emulator, apn_pair

SERVICE_ACCOUNT = json.dumps({"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\nx\n"})


@pytest.fixture
def client(emulator: Emulator) -> Client:
    return emulator.client()


def refusal(call: Any, *args: Any, **kwargs: Any) -> tuple[int, int, str]:
    """Return status, code and message of the error that the SDK raises."""
    with pytest.raises(TwilioRestException) as caught:
        call(*args, **kwargs)
    return caught.value.status, caught.value.code, caught.value.msg.partition(": ")[2]


def test_create_fetch_list_update_delete_and_fetch_again(client: Client, pair: Pair) -> None:
    credentials = client.notify.v1.credentials
    apn = credentials.create(
        type="apn", friendly_name="iOS", certificate=pair.certificate, private_key=pair.private_key, sandbox=True
    )
    gcm = credentials.create(type="gcm", api_key="AIzaGcmKey")
    fcm = credentials.create(type="fcm", secret="AAAAlegacy", friendly_name="Android")
    assert [apn.type, gcm.type, fcm.type] == ["apn", "gcm", "fcm"]
    assert [apn.sandbox, gcm.sandbox, fcm.sandbox] == ["True", None, None]
    assert [apn.friendly_name, gcm.friendly_name, fcm.friendly_name] == ["iOS", None, "Android"]
    assert credentials(apn.sid).fetch().friendly_name == "iOS"
    assert [one.sid for one in credentials.list(page_size=1)] == [apn.sid, gcm.sid, fcm.sid]
    assert credentials(gcm.sid).update(friendly_name="renamed").friendly_name == "renamed"
    assert credentials(fcm.sid).delete() is True
    assert refusal(credentials(fcm.sid).fetch) == (
        404,
        20404,
        f"The requested resource /Credentials/{fcm.sid} was not found",
    )
    assert [one.sid for one in credentials.list()] == [apn.sid, gcm.sid]


def test_a_response_has_the_eight_fields_and_no_secret(emulator: Emulator, client: Client, pair: Pair) -> None:
    created = client.notify.v1.credentials.create(
        type="apn", certificate=pair.certificate, private_key=pair.private_key
    )
    response = client.http_client.request(
        "GET", f"https://notify.twilio.com/v1/Credentials/{created.sid}", auth=emulator.auth
    )
    assert list(json.loads(response.text)) == [
        "date_updated",
        "friendly_name",
        "account_sid",
        "url",
        "sandbox",
        "sid",
        "date_created",
        "type",
    ]
    assert created.sandbox == "False"
    assert created.account_sid == emulator.auth[0]
    assert created.date_created == created.date_updated


def test_secrets_are_kept_for_assertions(emulator: Emulator, client: Client, pair: Pair) -> None:
    apn = client.notify.v1.credentials.create(type="apn", certificate=pair.certificate, private_key=pair.pkcs1)
    fcm = client.notify.v1.credentials.create(type="fcm", secret=SERVICE_ACCOUNT)
    assert emulator.credentials[apn.sid].certificate == pair.certificate
    assert emulator.credentials[apn.sid].private_key == pair.pkcs1
    assert emulator.credentials[fcm.sid].secret == SERVICE_ACCOUNT


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ({}, (400, 20001, "Missing required parameter Type in the post body")),
        ({"type": ""}, (400, 20001, "Missing required parameter Type in the post body")),
        ({"type": "webpush"}, (400, 70105, "Invalid Type Specified in the Request")),
        ({"type": "fcm"}, (400, 20001, "Cannot create credentials record. 'Secret' must be present")),
        ({"type": "fcm", "secret": ""}, (400, 20001, "Cannot create credentials record. 'Secret' must be present")),
        ({"type": "gcm"}, (400, 20001, "Cannot create credentials record. 'ApiKey' must be present")),
        ({"type": "gcm", "secret": "x"}, (400, 20001, "Cannot create credentials record. 'ApiKey' must be present")),
        ({"type": "apn"}, (400, 20001, "Cannot create credentials record. 'Certificate' must be present")),
        (
            {"type": "apn", "certificate": "PEM"},
            (400, 20001, "Cannot create credentials record. 'PrivateKey' must be present"),
        ),
        ({"type": "apn", "certificate": "no PEM", "private_key": "PEM"}, (400, 20001, "Could not parse certificate")),
        ({"type": "APN", "certificate": "no PEM", "private_key": "PEM"}, (400, 20001, "Could not parse certificate")),
        ({"type": "apn", "certificate": "PEM", "private_key": "no PEM"}, (400, 20001, "Could not parse private key")),
        (
            {"type": "fcm", "secret": "x", "friendly_name": "n" * 65},
            (
                400,
                20001,
                "Can not convert incoming parameters to Credential object: Parameter 'FriendlyName' is invalid",
            ),
        ),
        (
            {"type": "apn", "certificate": "PEM", "private_key": "PEM", "sandbox": "yes"},
            (400, 20001, "Can not convert incoming parameters to Credential object: Parameter 'Sandbox' is invalid"),
        ),
        (
            {"type": "fcm", "secret": "x\0y"},
            (400, 20001, "Can not convert incoming parameters to Credential object: Parameter 'Secret' is invalid"),
        ),
    ],
)
def test_a_create_that_is_refused_changes_nothing(
    emulator: Emulator, client: Client, pair: Pair, form: dict[str, str], answer: tuple[int, int, str]
) -> None:
    real = {"certificate": pair.certificate, "private_key": pair.private_key}
    form = {name: real.get(name, value) if value == "PEM" else value for name, value in form.items()}
    form.setdefault("type", None)  # type: ignore[arg-type]
    assert refusal(client.notify.v1.credentials.create, **form) == answer
    assert len(emulator.credentials) == 0
    assert emulator.journal.last.reason


@pytest.mark.parametrize("length", [0, 1, 64])
def test_a_friendly_name_of_up_to_64_characters_is_accepted(client: Client, length: int) -> None:
    name = "ü" * length
    assert client.notify.v1.credentials.create(type="fcm", secret="x", friendly_name=name).friendly_name == name


def spelled(pem: str) -> dict[str, str]:
    """Return a PEM text in every accepted spelling."""
    return {
        "real newlines": pem,
        "windows newlines": pem.replace("\n", "\r\n"),
        "escaped newlines": pem.replace("\n", "\\n"),
        "one line": pem.replace("\n", ""),
        "text around": f"Bag Attributes\n  friendlyName: push\n{pem}\nmore",
    }


@pytest.mark.parametrize(
    "spelling", ["real newlines", "windows newlines", "escaped newlines", "one line", "text around"]
)
def test_pem_is_accepted_in_every_spelling(client: Client, pair: Pair, spelling: str) -> None:
    for key in (pair.private_key, pair.pkcs1):
        created = client.notify.v1.credentials.create(
            type="apn", certificate=spelled(pair.certificate)[spelling], private_key=spelled(key)[spelling]
        )
        assert created.type == "apn"


@pytest.mark.parametrize(
    "damage",
    [
        lambda pem: pem.replace("-----BEGIN CERTIFICATE-----", ""),
        lambda pem: "".join(line for line in pem.splitlines() if "-----" not in line),
        lambda pem: pem[:200] + pem[300:],
        lambda pem: pem.replace("\n", " ").replace("M", "*", 3),
        lambda pem: "-----BEGIN CERTIFICATE-----é-----END CERTIFICATE-----",
        lambda pem: pem.replace("CERTIFICATE", "PRIVATE KEY"),
    ],
)
def test_a_damaged_certificate_is_refused(client: Client, pair: Pair, damage: Any) -> None:
    create = client.notify.v1.credentials.create
    form = {"type": "apn", "certificate": damage(pair.certificate), "private_key": pair.private_key}
    assert refusal(create, **form) == (400, 20001, "Could not parse certificate")


def test_markers_without_an_end_are_read_in_linear_time(client: Client, pair: Pair) -> None:
    """A pattern that looks for both markers at once takes minutes for this."""
    form = {"type": "apn", "certificate": "-----BEGIN CERTIFICATE-----" * 30_000, "private_key": pair.private_key}
    assert refusal(client.notify.v1.credentials.create, **form) == (400, 20001, "Could not parse certificate")


def altered(pem: str, old: bytes, new: bytes) -> str:
    body = b64decode("".join(line for line in pem.splitlines() if "-----" not in line))
    assert old in body
    changed = b64encode(body.replace(old, new, 1)).decode()
    return f"-----BEGIN CERTIFICATE-----{changed}-----END CERTIFICATE-----"


def test_a_certificate_of_an_unknown_version_is_refused(client: Client, pair: Pair) -> None:
    certificate = altered(pair.certificate, b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x05")
    form = {"type": "apn", "certificate": certificate, "private_key": pair.private_key}
    assert refusal(client.notify.v1.credentials.create, **form) == (400, 20001, "Could not parse certificate")


def test_a_certificate_that_cryptography_only_warns_about_is_accepted(client: Client, pair: Pair) -> None:
    negative = b"\x81" + SERIAL[1:]
    form = {
        "type": "apn",
        "certificate": altered(pair.certificate, SERIAL, negative),
        "private_key": pair.private_key,
    }
    assert client.notify.v1.credentials.create(**form).type == "apn"


def test_a_key_that_breaks_openssl_is_refused(client: Client, pair: Pair) -> None:
    key = "MC4CAQAwBQYDK2VvBCIEIGhoTP/4CDPt+hwUYZTX1LWo4q+pGTt6rIvqDXU0TZ/H"
    form = {
        "type": "apn",
        "certificate": pair.certificate,
        "private_key": f"-----BEGIN PRIVATE KEY-----{key}-----END PRIVATE KEY-----",
    }
    assert refusal(client.notify.v1.credentials.create, **form) == (400, 20001, "Could not parse private key")


def test_a_generated_test_pair_is_accepted(client: Client) -> None:
    pair = apn_pair()
    assert client.notify.v1.credentials.create(type="apn", **pair._asdict()).type == "apn"


def test_an_encrypted_key_is_refused(client: Client, pair: Pair) -> None:
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(pair.private_key.encode(), None)
    for kind in (serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL):
        encrypted = key.private_bytes(
            serialization.Encoding.PEM, kind, serialization.BestAvailableEncryption(b"pw")
        ).decode()
        form = {"type": "apn", "certificate": pair.certificate, "private_key": encrypted}
        assert refusal(client.notify.v1.credentials.create, **form) == (400, 20001, "Could not parse private key")


def test_an_expired_certificate_with_another_pairs_key_is_accepted(client: Client, pair: Pair) -> None:
    other = make_pair(expired=True)
    created = client.notify.v1.credentials.create(
        type="apn", certificate=other.certificate, private_key=pair.private_key
    )
    assert client.notify.v1.credentials(created.sid).fetch().type == "apn"


def test_an_update_changes_only_what_is_sent(emulator: Emulator, client: Client, pair: Pair) -> None:
    emulator.clock.freeze("2030-01-01T00:00:00Z")
    credentials = client.notify.v1.credentials
    apn = credentials.create(
        type="apn", friendly_name="a", certificate=pair.certificate, private_key=pair.private_key, sandbox=True
    )
    other = make_pair()
    emulator.clock.advance("1h30m")
    updated = credentials(apn.sid).update(certificate=other.certificate)
    assert (updated.friendly_name, updated.sandbox) == ("a", "True")
    assert f"{updated.date_created:%H:%M} {updated.date_updated:%H:%M}" == "00:00 01:30"
    assert emulator.credentials[apn.sid].certificate == other.certificate
    assert emulator.credentials[apn.sid].private_key == pair.private_key
    assert credentials(apn.sid).update(sandbox=False).sandbox == "False"
    assert credentials(apn.sid).update().friendly_name == "a"


def test_an_update_ignores_type_and_what_belongs_to_another_type(emulator: Emulator, client: Client) -> None:
    fcm = client.notify.v1.credentials.create(type="fcm", secret="first")
    response = client.http_client.request(
        "POST",
        f"https://notify.twilio.com/v1/Credentials/{fcm.sid}",
        data={"Type": "apn", "ApiKey": "key", "Sandbox": "true", "Unknown": "1", "secret": "wrong case"},
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        auth=emulator.auth,
    )
    assert response.status_code == 200
    record = emulator.credentials[fcm.sid]
    assert (record.type, record.secret, record.api_key, record.sandbox) == ("fcm", "first", None, None)


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({"secret": ""}, "Cannot update credentials record. 'Secret' must be present"),
        (
            {"friendly_name": "n" * 65},
            "Can not convert incoming parameters to Credential object: Parameter 'FriendlyName' is invalid",
        ),
    ],
)
def test_an_update_that_is_refused_changes_nothing(
    emulator: Emulator, client: Client, form: dict[str, str], message: str
) -> None:
    fcm = client.notify.v1.credentials.create(type="fcm", secret="first", friendly_name="name")
    before = emulator.credentials[fcm.sid]
    assert refusal(client.notify.v1.credentials(fcm.sid).update, **form) == (400, 20001, message)
    assert emulator.credentials[fcm.sid] is before


@pytest.mark.parametrize("sid", ["CR00", "CR" + "0" * 32, "cr" + "0" * 32, "IS" + "0" * 32, "CRü", "..", "a b"])
def test_a_sid_that_does_not_match_exactly_is_not_found(client: Client, sid: str) -> None:
    for act in ("fetch", "delete", "update"):
        status, code, _ = refusal(getattr(client.notify.v1.credentials(sid), act))
        assert (status, code) == (404, 20404)


def test_a_second_delete_is_not_found(client: Client) -> None:
    fcm = client.notify.v1.credentials.create(type="fcm", secret="x")
    assert client.notify.v1.credentials(fcm.sid).delete() is True
    assert refusal(client.notify.v1.credentials(fcm.sid).delete)[:2] == (404, 20404)


def test_all_six_apis_share_the_same_records(emulator: Emulator, client: Client) -> None:
    sid = client.notify.v1.credentials.create(type="fcm", secret="x").sid
    apis = {
        client.notify.v1: "https://notify.twilio.com/v1",
        client.conversations.v1: "https://conversations.twilio.com/v1",
        client.chat.v1: "https://chat.twilio.com/v1",
        client.chat.v2: "https://chat.twilio.com/v2",
    }
    for api, base in apis.items():
        assert api.credentials(sid).fetch().url == f"{base}/Credentials/{sid}"
        assert [one.sid for one in api.credentials.list()] == [sid]
    for base in ("https://ip-messaging.twilio.com/v1", "https://ip-messaging.twilio.com/v2"):
        response = client.http_client.request("GET", f"{base}/Credentials/{sid}", auth=emulator.auth)
        assert json.loads(response.text)["url"] == f"{base}/Credentials/{sid}"


def test_a_record_made_through_one_api_is_deleted_through_another(client: Client) -> None:
    sid = client.conversations.v1.credentials.create(type="fcm", secret="x").sid
    assert client.chat.v2.credentials(sid).delete() is True
    assert refusal(client.notify.v1.credentials(sid).fetch)[:2] == (404, 20404)


def test_regions_and_accounts_have_their_own_records(emulator: Emulator) -> None:
    home = emulator.client()
    sid = home.notify.v1.credentials.create(type="fcm", secret="x").sid
    dublin = emulator.client(region="ie1", edge="dublin")
    frankfurt = emulator.client(edge="frankfurt")
    stranger = emulator.client("AC" + "f" * 32, "any")
    assert refusal(dublin.notify.v1.credentials(sid).fetch)[:2] == (404, 20404)
    assert refusal(stranger.notify.v1.credentials(sid).fetch)[:2] == (404, 20404)
    assert frankfurt.notify.v1.credentials(sid).fetch().url.startswith("https://notify.frankfurt.us1.twilio.com/v1/")
    made = dublin.notify.v1.credentials.create(type="fcm", secret="x")
    assert made.url == f"https://notify.dublin.ie1.twilio.com/v1/Credentials/{made.sid}"
    assert emulator.credentials[made.sid].region == "ie1"
