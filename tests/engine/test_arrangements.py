"""What the explanation of a code says about how to get it is true: every arrangement is made, and gives the code."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from helpers.calls import ask
from helpers.entries import URL, entry
from helpers.pem import make_pair

from notify_mock import Account, ApiKey, Emulator, Expire, RateLimit, Refuse, Undelivered, apn_pair
from notify_mock.twilio_api.delivery_errors import TITLES
from notify_mock.twilio_api.explain import explanations
from notify_mock.twilio_api.messages import Call

NOW = "2030-01-01T00:00:00Z"
ADDRESSES = {"apn": "ab" * 32, "sms": "+4912345"}
ACCOUNT, KEY = "AC" + "1" * 32, "SK" + "1" * 32
ALL = [(code, text) for code, one in explanations().items() for text in one.arrangements]


class Scene:
    """A service with a credential for every push channel, and one binding of the ``kind`` in question."""

    def __init__(self, kind: str = "apn", *, service: dict[str, Any] | None = None, **credential: Any) -> None:
        self.emulator = Emulator(frozen=NOW)
        own = {one: self.emulator.credentials.add(type=one, **(credential if one == kind else {})) for one in CHANNELS}
        sids = {f"{one}_credential_sid": made.sid for one, made in own.items()}
        given = {"messaging_service_sid": "MG" + "0" * 32, **sids} if service is None else service
        self.kind, self.address = kind, ADDRESSES.get(kind, "token")
        self.credential, self.service = own.get(kind), self.emulator.services.add(**given).sid

    def send(self, address: str = "", binding: dict[str, Any] | None = None, **parameters: Any) -> int | None:
        """Send a notification, and return the code of its delivery."""
        self.emulator.bindings.add(
            identity="alice",
            binding_type=self.kind,
            address=address or self.address,
            service_sid=self.service,
            **(binding or {}),
        )
        values = {"Identity": "alice", "Body": "x"} | parameters
        given = {name: value for name, value in values.items() if value is not None}
        assert ask(self.emulator, "POST", f"/v1/Services/{self.service}/Notifications", **given).status == 201
        (delivery,) = self.emulator.deliveries
        code: int | None = delivery.code
        return code


CHANNELS = ("apn", "fcm", "gcm")


def with_credential(**credential: Any) -> Scene:
    """A scene whose fcm credential is another one; without arguments, one that was deleted."""
    scene = Scene("fcm")
    sid = scene.emulator.credentials.add(**{"type": "fcm", **credential}).sid
    if not credential:
        ask(scene.emulator, "DELETE", f"/v1/Credentials/{sid}")
    scene.service = scene.emulator.services.add(fcm_credential_sid=sid).sid
    return scene


def without_subject() -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([]))
        .issuer_name(x509.Name([]))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=36500))
        .sign(key, hashes.SHA256())
    )
    pem, none = serialization.Encoding.PEM, serialization.NoEncryption()
    text = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, none).decode()
    return {"certificate": certificate.public_bytes(pem).decode(), "private_key": text}


def pair(**options: Any) -> dict[str, str]:
    made = make_pair(**options)
    return {"certificate": made.certificate, "private_key": made.private_key}


def alerted(scene: Scene, **parameters: Any) -> int:
    path = f"/v1/Services/{scene.service}/Notifications"
    assert ask(scene.emulator, "POST", path, Body="x", **parameters).status == 201
    (alert,) = scene.emulator.deliveries.alerts
    return alert.problem.code


def failed_callback() -> int:
    scene = Scene("fcm")
    with scene.emulator as emulator:
        scene.send(DeliveryCallbackUrl="http://127.0.0.1:1/")
        for _ in range(20):
            emulator.callbacks.drain()
            emulator.clock.advance("1d")
        return emulator.deliveries.alerts[0].problem.code


def twenty_first_binding() -> int | None:
    scene = Scene("fcm")
    for number in range(20):
        scene.emulator.bindings.add(
            identity="alice", binding_type="fcm", address=f"token{number}", service_sid=scene.service
        )
    given = {"Identity": "alice", "BindingType": "fcm", "Address": "token"}
    return refused("POST", f"/v1/Services/{scene.service}/Bindings", emulator=scene.emulator, **given)


def refused(method: str, path: str, emulator: Emulator | None = None, **parameters: Any) -> int | None:
    emulator = emulator or Emulator()
    ask(emulator, method, path, **parameters)
    return emulator.journal.last.code


def strict(account: Account, *auth: str) -> int | None:
    emulator = Emulator(accounts=[account])
    client = emulator.client(*auth)
    with pytest.raises(Exception, match="HTTP 40"):
        client.notify.v1.credentials.list()
    return emulator.journal.last.code


def unauthenticated() -> int | None:
    emulator = Emulator()
    emulator.handle(Call("GET", "notify.twilio.com", "/v1/Credentials"))
    return emulator.journal.last.code


def missed(tmp_path: Any) -> int | None:
    (tmp_path / "x.json").write_text(json.dumps({"version": 1, "interactions": [entry(uri=f"{URL}/CR1")]}))
    return refused("GET", "/v1/Credentials", emulator=Emulator(cassette=tmp_path / "x.json"))


CREDENTIALS = "/v1/Credentials"
BY_TEXT: dict[str, Callable[[], int | None]] = {
    "a parameter that is missing, invalid or given twice": lambda: refused("POST", CREDENTIALS, Type="fcm"),
    "a certificate or private key that cannot be parsed": lambda: refused(
        "POST", CREDENTIALS, Type="apn", Certificate="x", PrivateKey="x"
    ),
    "a record over a limit, such as a 21st Binding for an identity": twenty_first_binding,
    "no Authorization header": unauthenticated,
    "with accounts=: an unknown account, or a wrong token": lambda: strict(Account(ACCOUNT, "right"), ACCOUNT, "no"),
    "with accounts=: an Account that is suspended or closed": lambda: strict(
        Account(ACCOUNT, "right", status="closed"), ACCOUNT, "right"
    ),
    "with accounts=: an ApiKey that is restricted": lambda: strict(
        Account(ACCOUNT, "right", keys={KEY: ApiKey("s", restricted=True)}), KEY, "s"
    ),
    "a method that the path does not have, such as PUT": lambda: refused("PUT", CREDENTIALS),
    "a PageSize over 1000": lambda: refused("GET", f"{CREDENTIALS}?PageSize=1001"),
    "a path that does not exist, or a SID without a record": lambda: refused("GET", f"{CREDENTIALS}/CR1"),
    "a request of more than 1 MiB": lambda: refused("POST", CREDENTIALS, Type="fcm", Secret="x" * 2**20),
    "a Credential with another Type than apn, fcm and gcm": lambda: refused("POST", CREDENTIALS, Type="x"),
    "an SMS to an address that is not + and digits": lambda: Scene("sms").send("12345"),
    "a push Binding with another protocol version than 1 to 4": lambda: Scene().send(
        binding={"notification_protocol_version": "9"}
    ),
    "a Credential that was deleted": lambda: with_credential().send(),
    "a Credential of another type than the Binding": lambda: with_credential(type="gcm").send(),
    "no Credential in Binding and Service": lambda: Scene(service={}).send(),
    "an fcm Credential whose Secret begins like JSON and is not that of a service account": lambda: Scene(
        "fcm", secret="{}"
    ).send(),
    "a registration token with a space or an accented letter": lambda: Scene("fcm").send("a b"),
    "a payload of more than 4,096 bytes for FCM or GCM": lambda: Scene("gcm").send(Body="x" * 4096),
    "a key in Data for FCM or GCM that is reserved, such as from": lambda: Scene("fcm").send(Data='{"from": "x"}'),
    "a legacy server key, when the emulator's clock is past 20 June 2024": lambda: Scene("fcm", secret="key").send(),
    "a value in Data for FCM that is not text": lambda: Scene("fcm").send(Data='{"a": 1}'),
    "a field in Fcm that a message does not have, or that is no object where it must be one": lambda: Scene("fcm").send(
        Fcm='{"nose": "x"}'
    ),
    "a certificate that has expired (`apn_pair(expired=True)`) or is not valid yet, on the emulator's clock": lambda: (
        Scene(**pair(expired=True)).send()
    ),
    "a device token of hex digits that does not have 64": lambda: Scene().send("ab"),
    "a device token that is not in hex": lambda: Scene().send("token"),
    "a certificate for the sandbox, without Sandbox=true in the Credential": lambda: Scene(
        **apn_pair(sandbox=True, days=5000)._asdict()
    ).send(),
    "a certificate without a subject": lambda: Scene(**without_subject()).send(),
    "a push to APNs with nothing to show and no data": lambda: Scene().send(Body=None),
    "a payload of more than 4,096 bytes for APNs": lambda: Scene().send(Body="x" * 4096),
    "a private key that does not belong to the certificate": lambda: Scene(
        **{**pair(), "private_key": pair()["private_key"]}
    ).send(),
    "a Credential of another account or region": lambda: with_credential(account_sid=ACCOUNT).send(),
    "an SMS through a Service without MessagingServiceSid": lambda: Scene("sms", service={}).send(),
    "a Binding of type facebook-messenger": lambda: Scene("facebook-messenger").send(),
    "a notification that selects no Binding": lambda: alerted(Scene(), Identity="nobody"),
    "a Binding of type alexa": lambda: Scene("alexa").send(),
    "an SMS without body and media": lambda: Scene("sms").send(Body=None),
    "a delivery callback that is not answered with 2xx": failed_callback,
}


@pytest.mark.parametrize(("code", "text"), [one for one in ALL if "`" not in one[1] and one[0] != 421])
def test_an_arrangement_in_words_gives_its_code(code: int, text: str) -> None:
    assert BY_TEXT[text]() == code


def test_a_call_without_a_recorded_response_gives_its_code(tmp_path: Any) -> None:
    assert missed(tmp_path) == 421


def test_no_arrangement_is_tested_for_nothing() -> None:
    assert set(BY_TEXT) <= {text for _, text in ALL}


@pytest.mark.parametrize(("code", "text"), [one for one in ALL if one[1].startswith("`Emulator(")])
def test_a_scenario_gives_its_code(code: int, text: str) -> None:
    emulator: Emulator = eval(text.split("`")[1])
    assert code in [refused("GET", CREDENTIALS, emulator=emulator) for _ in range(6)]


@pytest.mark.parametrize(("code", "text"), [one for one in ALL if one[1].startswith("`faults.add('*'")])
def test_a_rule_on_calls_gives_its_code(code: int, text: str) -> None:
    emulator = Emulator()
    effects = {"Refuse": Refuse, "Expire": Expire, "RateLimit": RateLimit}
    eval(text.split("`")[1], {"faults": emulator.faults, **effects})
    assert code in [refused("GET", CREDENTIALS, emulator=emulator) for _ in range(2)]


OF_DELIVERIES = [one for one in ALL if one[1].startswith(("`providers.", "`faults.add('delivery.*'"))]


@pytest.mark.parametrize(("code", "text"), OF_DELIVERIES)
def test_an_arrangement_for_deliveries_gives_its_code(code: int, text: str) -> None:
    provider = text.split(".")[1]
    is_apns = provider == "apns" or text.startswith("`faults")
    scene = Scene("apn", **pair()) if is_apns else Scene(provider)
    known = {"providers": scene.emulator.providers, "faults": scene.emulator.faults, "Undelivered": Undelivered}
    eval(text.split("`")[1], {**known, "address": scene.address, "credential": scene.credential})
    assert scene.send(Ttl="60") == code


def test_every_arrangement_is_tested() -> None:
    tested = [text for _, text in ALL if text in BY_TEXT or text.startswith(("`Emulator(", "`faults.add('*'"))]
    tested += [text for _, text in OF_DELIVERIES]
    left = {text for _, text in ALL} - set(tested)
    assert left == {"a call that a cassette with on_miss='error' has no entry for"}
    assert {code for code, _ in OF_DELIVERIES} == set(TITLES)
