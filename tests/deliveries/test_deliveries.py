"""Deliveries: the selected recipients, what the provider would have received, and how it would have responded."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from helpers.calls import ask
from helpers.pem import Pair, make_pair

from notify_mock import Delay, Delivery, Drop, Emulator, RateLimit, Undelivered, UsageError

TOKEN = "ab" * 32
OTHER = "cd" * 32
MG = "MG" + "0" * 32
PUSHED = ("apn", "fcm", "gcm")


class Scene:
    """A service with a credential for every channel."""

    def __init__(self) -> None:
        self.emulator = Emulator(frozen="2030-01-01T00:00:00Z")
        own = {f"{kind}_credential_sid": self.emulator.credentials.add(type=kind).sid for kind in PUSHED}
        self.credentials = own
        self.service = self.emulator.services.add(messaging_service_sid=MG, **own).sid

    def bind(self, identity: str = "alice", kind: str = "apn", address: str | None = None, **values: Any) -> str:
        usual = {"apn": TOKEN, "sms": "+4912345"}.get(kind, "token:1")
        return self.emulator.bindings.add(
            identity=identity, binding_type=kind, address=address or usual, service_sid=self.service, **values
        ).sid

    def send(self, service: str | None = None, **parameters: Any) -> list[Delivery]:
        before = len(self.emulator.deliveries)
        values = parameters if {"Tag", "ToBinding"} & set(parameters) else {"Identity": "alice", **parameters}
        answer = ask(self.emulator, "POST", f"/v1/Services/{service or self.service}/Notifications", **values)
        assert answer.status == 201, answer.body
        return list(self.emulator.deliveries)[before:]


@pytest.fixture
def scene() -> Scene:
    return Scene()


# --- recipients -------------------------------------------------------------------------------------------------------


def test_recipients_are_selected_by_identity_tag_or_both(scene: Scene) -> None:
    vip = scene.bind("alice", tags=["vip", "de"])
    plain = scene.bind("alice", "fcm", tags=["vip"])
    bob = scene.bind("bob", tags=["vip", "de"])

    def recipients(**parameters: Any) -> list[str | None]:
        return [one.binding_sid for one in scene.send(Body="x", **parameters)]

    assert recipients(Identity="alice") == [vip, plain]
    assert recipients(Identity=["alice", "bob"]) == [vip, plain, bob]
    assert recipients(Tag="vip") == [vip, plain, bob]
    assert recipients(Tag=["vip", "de"]) == [vip, bob]
    assert recipients(Tag=["all"]) == [vip, plain, bob]
    assert recipients(Tag=["apn", "vip"]) == [vip, bob]
    assert recipients(Tag="fcm") == [plain]
    assert recipients(Identity=["alice"], Tag=["de"]) == [vip]


def test_bindings_of_other_services_get_nothing(scene: Scene) -> None:
    other = scene.emulator.services.add(messaging_service_sid=MG).sid
    mine = scene.emulator.bindings.add(identity="alice", binding_type="sms", address="+49123", service_sid=other)
    scene.bind()
    assert [one.binding_sid for one in scene.send(other, Tag="all", Body="x")] == [mine.sid]


def test_addresses_can_be_named(scene: Scene) -> None:
    direct = [
        json.dumps({"binding_type": kind, "address": address}) for kind, address in (("sms", "+491"), ("apn", OTHER))
    ]
    first, second = scene.send(ToBinding=direct, Body="x")
    assert (first.channel, first.address, first.identity, first.binding_sid) == ("sms", "+491", None, None)
    assert (second.state, second.credential_sid) == ("sent", scene.credentials["apn_credential_sid"])


def test_a_notification_without_recipients_is_an_alert(scene: Scene) -> None:
    assert scene.send(Identity="nobody") == []
    (alert,) = scene.emulator.deliveries.alerts
    assert alert.problem.code == 52301
    assert alert.notification_sid in scene.emulator.notifications


# --- payloads ---------------------------------------------------------------------------------------------------------

FULL = {"Title": "T", "Body": "B", "Sound": "ping", "Action": "reply", "Data": '{"room": 7}', "Ttl": "60"}


def test_apns_gets_aps_with_custom_keys_next_to_it(scene: Scene) -> None:
    scene.bind()
    (one,) = scene.send(**FULL)
    alert = {"title": "T", "body": "B"}
    assert one.payload == {"room": 7, "aps": {"alert": alert, "sound": "ping", "category": "reply"}}
    expiration = str(1893456000 + 60)
    assert one.headers == {"apns-priority": "10", "apns-expiration": expiration, "apns-push-type": "alert"}
    (low,) = scene.send(Body="B", Priority="low", Ttl="0")
    assert low.headers == {"apns-priority": "5", "apns-expiration": "0", "apns-push-type": "alert"}
    assert low.payload == {"aps": {"alert": {"body": "B"}}}


TWILIOS = {"twi_title": "T", "twi_body": "B", "twi_sound": "ping", "twi_action": "reply"}


def test_fcm_gets_a_message_with_twilios_keys(scene: Scene) -> None:
    scene.bind(kind="fcm")
    (one,) = scene.send(**{**FULL, "Data": '{"room": "7"}'})
    android = {"priority": "high", "ttl": "60s"}
    assert one.payload == {"message": {"token": "token:1", "data": {"room": "7", **TWILIOS}, "android": android}}
    assert scene.send(Body="B", Priority="low")[0].payload["message"]["android"]["priority"] == "normal"


def test_gcm_gets_data_with_twilios_keys(scene: Scene) -> None:
    scene.bind(kind="gcm")
    (one,) = scene.send(**FULL)
    data = {"room": 7, **TWILIOS}
    assert one.payload == {"to": "token:1", "data": data, "priority": "high", "time_to_live": 60}
    assert scene.send(Body="B", Priority="low")[0].payload["priority"] == "normal"


def test_an_sms_gets_body_and_what_sms_overrides(scene: Scene) -> None:
    scene.bind(kind="sms")
    (one,) = scene.send(**FULL)
    assert one.payload == {"to": "+4912345", "messaging_service_sid": MG, "body": "B"}
    override = {"body": "S", "media_urls": ["https://x/y.png"], "max_price": "0.1", "colour": "red"}
    (other,) = scene.send(Sms=json.dumps(override), **FULL)
    del override["colour"]
    assert other.payload == {"to": "+4912345", "messaging_service_sid": MG, **override}


def test_overrides_are_merged_into_their_own_channel(scene: Scene) -> None:
    for kind in ("apn", "fcm", "gcm"):
        scene.bind(kind=kind)
    apn = {"aps": {"alert": {"title": "A"}, "badge": 3}, "room": 8}
    fcm = {"data": {"room": "9"}, "priority": "normal", "notification": {"title": "N"}}
    on_apn, on_fcm, on_gcm = scene.send(
        Apn=json.dumps(apn), Fcm=json.dumps(fcm), Body="B", Title="T", Data='{"room": 7}'
    )
    assert on_apn.payload == {"room": 8, "aps": {"alert": {"title": "A", "body": "B"}, "badge": 3}}
    message = on_fcm.payload["message"]
    assert message["data"] == {"room": "9", "twi_title": "T", "twi_body": "B"}
    assert (message["android"]["priority"], message["notification"]) == ("normal", {"title": "N"})
    assert (on_gcm.payload["data"]["room"], on_gcm.payload["priority"]) == (7, "high")
    assert [one.title for one in (on_apn, on_fcm, on_gcm)] == ["A", "T", "T"]


def test_changing_a_payload_does_not_change_the_delivery(scene: Scene) -> None:
    scene.bind()
    (one,) = scene.send(Body="B")
    one.payload["aps"]["alert"]["body"] = "changed"
    assert one.body == "B"


@pytest.mark.parametrize(
    ("apn", "body"), [({"aps": {"alert": "plain"}}, "plain"), ({"aps": {"alert": 7}}, None), ({"aps": 7}, None)]
)
def test_body_is_the_text_that_the_user_would_read(scene: Scene, apn: Any, body: str | None) -> None:
    scene.bind()
    assert scene.send(Apn=json.dumps(apn))[0].body == body


# --- provider errors --------------------------------------------------------------------------------------------------


def apn_credential(scene: Scene, pair: Any) -> None:
    """Change the service's certificate."""
    sid = scene.credentials["apn_credential_sid"]
    form = {"Certificate": pair.certificate, "PrivateKey": pair.private_key}
    assert ask(scene.emulator, "POST", f"/v1/Credentials/{sid}", **form).status == 200


def problem(scene: Scene, kind: str = "apn", **parameters: Any) -> tuple[int | None, str]:
    address = parameters.pop("address", None)
    own = parameters.pop("credential_sid", None)
    scene.bind(kind=kind, address=address, credential_sid=own)
    (one,) = scene.send(**{"Body": "B", **parameters})
    return one.code, one.reason


@pytest.mark.parametrize(
    ("kind", "parameters", "code", "reason"),
    [
        ("apn", {}, None, ""),
        ("apn", {"address": "ab"}, 52133, "2 hex digits"),
        ("apn", {"address": "not a token"}, 52134, "64 hex digits"),
        ("apn", {"Body": "x" * 4096}, 52138, "the limit is 4096"),
        ("apn", {"Body": "é" * 2048}, 52138, "the limit is 4096"),
        ("apn", {"Body": []}, 52136, "nothing to show"),
        ("apn", {"Body": [], "Data": '{"a": 1}'}, None, ""),
        ("fcm", {"address": "a b"}, 52102, "token"),
        ("fcm", {"Body": "x" * 4096}, 52106, "the limit is 4096"),
        ("fcm", {"Data": '{"from": "1"}'}, 52107, "'from'"),
        ("fcm", {"Data": '{"from": 1}'}, 52118, "(TYPE_STRING), 1"),
        ("gcm", {"Data": '{"google.x": 1}'}, 52107, "'google.x'"),
        ("sms", {"address": "12345"}, 52001, "valid phone number"),
        ("sms", {"address": " 4912345"}, 52001, "write %2B"),
        ("sms", {"Body": []}, 52309, "needs a body"),
        ("sms", {"Body": "x" * 5000}, None, ""),
        ("facebook-messenger", {}, 52202, "no longer"),
        ("alexa", {}, 52309, "no longer"),
        ("apn", {"credential_sid": "CR" + "0" * 32}, 52002, "there is no credential"),
    ],
)
def test_a_provider_rejects_with_its_code(
    scene: Scene, kind: str, parameters: dict[str, Any], code: int | None, reason: str
) -> None:
    found, message = problem(scene, kind, **parameters)
    assert found == code
    assert reason in message


def test_exactly_four_kilobytes_are_accepted(scene: Scene) -> None:
    scene.bind()
    frame = len('{"aps":{"alert":{"body":""}}}')
    assert scene.send(Body="x" * (4096 - frame))[0].state == "sent"
    assert scene.send(Body="x" * (4097 - frame))[0].code == 52138


def test_no_credential_and_no_messaging_service(scene: Scene) -> None:
    bare = scene.emulator.services.add().sid
    for kind, code in (("apn", 52004), ("fcm", 52004), ("sms", 52182)):
        scene.emulator.bindings.add(
            identity=kind, binding_type=kind, address={"apn": TOKEN, "sms": "+491"}.get(kind, "t"), service_sid=bare
        )
        (one,) = scene.send(bare, Identity=kind, Body="B")
        assert (one.state, one.code) == ("failed", code)


def test_a_credential_of_another_type_account_or_region(scene: Scene) -> None:
    wrong = scene.credentials["fcm_credential_sid"]
    code, reason = problem(scene, credential_sid=wrong)
    assert (code, reason) == (52003, "Can not use credentialType='fcm' credentials for APN notifications")
    foreign = scene.emulator.credentials.add(type="fcm", account_sid="AC" + "9" * 32).sid
    assert (
        scene.send(
            Identity=[], ToBinding=json.dumps({"binding_type": "fcm", "address": "t", "credential_sid": foreign})
        )[0].code
        == 52162
    )


def test_a_deleted_credential_fails_at_send_time(scene: Scene) -> None:
    ask(scene.emulator, "DELETE", f"/v1/Credentials/{scene.credentials['apn_credential_sid']}")
    assert problem(scene)[0] == 52002


def test_a_certificate_expires_on_the_emulators_clock(scene: Scene, pair: Pair) -> None:
    apn_credential(scene, pair)
    scene.bind()
    assert scene.send(Body="B")[0].state == "sent"
    scene.emulator.clock.set("2130-01-01")
    assert (scene.send(Body="B")[0].code, scene.emulator.deliveries.last.reason) == (
        52131,
        "the certificate has expired",
    )
    scene.emulator.clock.set("2019-12-31")
    assert scene.send(Body="B")[0].reason == "the certificate is not valid yet"


def test_a_certificate_with_another_key_fails_to_authenticate(scene: Scene, pair: Pair) -> None:
    other = make_pair()
    apn_credential(scene, Pair(pair.certificate, other.private_key, ""))
    assert problem(scene)[0] == 52145


@pytest.mark.parametrize(
    ("secret", "code"),
    [
        ("AAAA-legacy", 52117),
        ('{"private_key": "k", "client_email": "e", "project_id": "p"}', None),
        ('{"private_key": "k"}', 52005),
        ("{nonsense", 52005),
    ],
)
def test_the_content_of_a_service_account_is_checked(scene: Scene, secret: str, code: int | None) -> None:
    ask(scene.emulator, "POST", f"/v1/Credentials/{scene.credentials['fcm_credential_sid']}", Secret=secret)
    assert problem(scene, "fcm")[0] == code


def test_an_unknown_protocol_version_is_an_invalid_destination(scene: Scene) -> None:
    scene.bind(notification_protocol_version="nine")
    assert scene.send(Body="B")[0].code == 52001


def test_message_ids_look_like_the_providers(scene: Scene) -> None:
    for kind, look in (
        ("apn", r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
        ("fcm", r"projects/example-app/messages/0:\d{16}%[0-9a-f]{16}"),
        ("gcm", r"0:\d{16}%[0-9a-f]{16}"),
        ("sms", "SM[0-9a-f]{32}"),
    ):
        scene.bind(kind, kind)
        (one,) = scene.send(Identity=kind, Body="B")
        assert one.message_id is not None
        assert re.fullmatch(look, one.message_id)


# --- simulated failures -----------------------------------------------------------------------------------------------


FAILURES = {
    "apn": {"unregister": 52141, "throttle": 52140, "revoke": 52145, "go_down": 52144},
    "fcm": {"unregister": 52103, "throttle": 52108, "revoke": 52109, "go_down": 52110},
    "gcm": {"unregister": 52103, "throttle": 52108, "revoke": 52109, "go_down": 52110},
    "sms": {"unregister": 52309, "throttle": 52181, "go_down": 52309},
}


@pytest.mark.parametrize(
    ("kind", "act", "code"), [(kind, *one) for kind, acts in FAILURES.items() for one in acts.items()]
)
def test_provider_failures_are_simulated(scene: Scene, kind: str, act: str, code: int) -> None:
    scene.bind(kind=kind)
    providers = scene.emulator.providers
    provider = {"apn": providers.apns, "fcm": providers.fcm, "gcm": providers.gcm, "sms": providers.sms}[kind]
    (usual,) = scene.send(Body="B")
    arguments = {"unregister": [usual.address], "revoke": [usual.credential_sid]}.get(act, [])
    getattr(provider, act)(*arguments)
    assert scene.send(Body="B")[0].code == code
    provider.recover()
    if act == "unregister" and kind != "sms":
        scene.bind(kind=kind)
    assert scene.send(Body="B")[0].state == "sent"


def test_a_slow_provider_lets_a_short_ttl_expire(scene: Scene) -> None:
    scene.bind()
    scene.emulator.providers.apns.slow_down("2m")
    (one,) = scene.send(Body="B", Ttl="60")
    assert (one.code, one.at) == (52310, 1893456000 + 120)
    assert scene.send(Body="B", Ttl="600")[0].state == "sent"


def test_a_reset_ends_simulated_failures_and_a_checkpoint_restores_them(scene: Scene) -> None:
    scene.emulator.providers.apns.unregister(TOKEN)
    scene.bind()
    with scene.emulator.checkpoint():
        scene.emulator.providers.apns.register(TOKEN)
        assert scene.send(Body="B")[0].state == "sent"
    assert len(scene.emulator.deliveries) == 0
    assert scene.send(Body="B")[0].code == 52141
    scene.emulator.reset()
    assert (len(scene.emulator.deliveries), scene.emulator.providers.apns.busy) == (0, False)


@pytest.mark.parametrize("value", [None, "", 7])
def test_an_address_must_be_text(scene: Scene, value: Any) -> None:
    with pytest.raises(UsageError, match=r"providers\.apns: expected an address, got "):
        scene.emulator.providers.apns.unregister(value)


@pytest.mark.parametrize(
    ("effect", "code"),
    [
        (Undelivered(), 52141),
        (Undelivered("throttled"), 52140),
        (Undelivered("revoked"), 52145),
        (Undelivered("down"), 52144),
        (Undelivered(error=52139), 52139),
        (RateLimit(limit=0), 52140),
        (Delay(61), 52310),
    ],
)
def test_a_fault_rule_applies_to_a_delivery(scene: Scene, effect: Any, code: int) -> None:
    scene.bind()
    scene.emulator.faults.add("delivery.apn", effect, name="mine")
    (one,) = scene.send(Body="B", Ttl="60")
    assert (one.code, one.faults) == (code, ("mine",))
    assert [name for _, name in scene.emulator.faults.fired] == ["mine"]


def test_a_rule_matches_deliveries_by_address_identity_and_binding(scene: Scene) -> None:
    first, second = scene.bind(tags=["x"]), scene.bind("bob", address=OTHER, tags=["x"])
    for options in (
        {"Address": OTHER},
        {"Identity": "b*"},
        {"sid": second},
        {"predicate": lambda one: one.sid == second},
    ):
        with scene.emulator.faults.add("delivery.*", Undelivered("throttled"), **options):
            assert [one.binding_sid for one in scene.send(Tag="x", Body="B") if one.code] == [second]
    with scene.emulator.faults.add("delivery.fcm", Undelivered(), unused="ignore"):
        assert {one.code for one in scene.send(Tag="x", Body="B")} == {None}
    assert first in scene.emulator.bindings


def test_a_rule_can_apply_to_every_second_delivery_at_most_twice(scene: Scene) -> None:
    for number in range(6):
        scene.bind(address=f"{number:064x}")
    scene.emulator.faults.add("delivery.apn", Undelivered(), every=2, times=2)
    assert [one.state for one in scene.send(Body="B")] == ["failed", "sent", "failed", "sent", "sent", "sent"]


def test_rules_for_calls_do_not_match_deliveries(scene: Scene) -> None:
    scene.bind()
    rule = scene.emulator.faults.add("*", Delay(5)).rule
    assert scene.send(Body="B")[0].faults == ()
    assert rule.seen == 1
    with pytest.raises(UsageError, match=r"drop does not apply to 'delivery\.apn'"):
        scene.emulator.faults.add("delivery.apn", Drop())
    with pytest.raises(UsageError, match="phase: 'after' is not possible for a delivery; expected before"):
        scene.emulator.faults.add("delivery.apn", Delay(5), phase="after")
    with pytest.raises(UsageError, match=r"undelivered does not apply to 'credential\.create'"):
        scene.emulator.faults.add("credential.create", Undelivered())


@pytest.mark.parametrize(
    ("given", "message"),
    [({"outcome": "lost"}, "unknown outcome 'lost'"), ({"error": 20429}, "20429 is not a delivery error code")],
)
def test_a_bad_outcome_is_an_error(given: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Undelivered(**given)


# --- assertions -------------------------------------------------------------------------------------------------------


def test_expect_finds_what_was_sent(scene: Scene) -> None:
    scene.bind()
    scene.bind("bob", "fcm")
    (one,) = scene.send(Body="Hello")
    scene.send(Identity="bob", Body="Bye", Title="T")
    deliveries = scene.emulator.deliveries
    assert deliveries.expect(identity="alice", body="Hello", count=1) == [one]
    assert deliveries.expect(count=2)
    assert deliveries.expect(identity="carol", count=0) == []
    assert [found.identity for found in deliveries.find(channel="fcm", title="T")] == ["bob"]
    assert deliveries.find(notification=one.notification_sid, state="sent", address=TOKEN) == [one]
    made = scene.emulator.notifications[one.notification_sid]
    assert deliveries.find(notification=made) == [one]
    assert deliveries.last.identity == "bob"
    assert deliveries.find(channel="alexa") == []


def test_expect_fails_with_what_was_delivered_instead(scene: Scene) -> None:
    scene.bind()
    scene.bind("bob", address="bad token")
    scene.send(Body="Hello")
    scene.send(Identity="bob", Body="Hello")
    scene.send(Identity="nobody", Body="Hello")
    with pytest.raises(AssertionError) as caught:
        scene.emulator.deliveries.expect(identity="bob", body="Hello", count=1)
    message = str(caught.value)
    assert "expected 1 delivery with identity='bob', body='Hello', state='sent', found 0" in message
    reason = "Invalid APNs device token (a device token must be 64 hex digits)"
    assert f"failed 52134 {reason}  <- state is 'failed'" in message
    assert "identity is 'alice'" in message
    assert "52301 Resulted destination list" in message


def test_expect_says_so_when_nothing_was_delivered(emulator: Emulator) -> None:
    with pytest.raises(AssertionError, match="nothing was delivered at all"):
        emulator.deliveries.expect()
    with pytest.raises(LookupError):
        emulator.deliveries.last  # noqa: B018


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"identiy": "a"}, "did you mean identity"),
        ({"channel": "apns"}, "expected one of: apn"),
        ({"state": "SENT"}, "expected one of: sent, failed"),
    ],
)
def test_a_wrong_criterion_is_an_error(emulator: Emulator, criteria: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        emulator.deliveries.find(**criteria)


@pytest.mark.parametrize(
    ("criteria", "expected"),
    [
        ({"Identity": "alice"}, "unknown criterion 'Identity'; did you mean identity?"),
        ({"cuont": 1}, "did you mean count?"),
        ({"notification_sid": "NT"}, "did you mean notification?"),
        ({"code": "52004"}, "code: expected a number, got '52004'"),
        ({"code": True}, "code: expected a number, got True"),
        ({"notification": None}, "notification: expected a SID, got None"),
        ({"address": 5}, "address: expected text, got 5"),
    ],
    ids=str,
)
def test_a_criterion_that_no_delivery_can_meet_is_an_error(criteria: dict[str, Any], expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        Emulator().deliveries.expect(count=0, **criteria)
    assert expected in str(caught.value)
