"""Credentials of FCM and GCM: service accounts, legacy server keys and when those work, and what is neither."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from helpers.calls import ask
from helpers.pem import Pair

from notify_mock import Delivery, Emulator, UsageError, fcm_service_account
from notify_mock.deliveries.credentials import LEGACY_END, is_legacy_key
from notify_mock.deliveries.providers import Fcm
from notify_mock.twilio_api.delivery_errors import Problem

NOW = "2030-01-01T00:00:00Z"
ENDED = (
    "the {} is a legacy server key: those work until 20 June 2024, the emulator's clock is at {}. "
    "Use the JSON of a service account, or start with the option legacy_fcm"
)
COMPLETE = {"project_id": "p", "private_key": "k", "client_email": "e"}


def push(emulator: Emulator, kind: str, **secrets: str) -> Delivery:
    """Push with a new credential, created over the API if it has secrets."""
    if secrets:
        form = {"Secret" if name == "secret" else "ApiKey": value for name, value in secrets.items()}
        answer = ask(emulator, "POST", "/v1/Credentials", Type=kind, **form)
        assert answer.status == 201, "create accepts every secret"
        sid = json.loads(answer.body)["sid"]
    else:
        sid = emulator.credentials.add(type=kind).sid
    service = emulator.services.add().sid
    direct = json.dumps({"binding_type": kind, "address": "token", "credential_sid": sid})
    ask(emulator, "POST", f"/v1/Services/{service}/Notifications", Body="B", ToBinding=direct)
    return emulator.deliveries.last


@pytest.mark.parametrize(("kind", "name"), [("fcm", "Secret"), ("gcm", "ApiKey")])
def test_a_legacy_key_fails_after_june_2024(kind: str, name: str) -> None:
    sent = push(Emulator(frozen=NOW), kind, **{"secret" if kind == "fcm" else "api_key": "AAAA-legacy"})
    assert sent.problem == Problem(52117, ENDED.format(name, "2030-01-01"))
    assert sent.payload["to"] == "token", "the payload is that of the API that the key is for"


@pytest.mark.parametrize(("kind", "name"), [("fcm", "secret"), ("gcm", "api_key")])
@pytest.mark.parametrize(
    ("clock", "accepts", "works"),
    [
        ("2024-06-20T23:59:59Z", False, True),
        ("2024-06-21T00:00:00Z", False, False),
        ("2024-06-21T00:00:00Z", True, True),
        (NOW, True, True),
    ],
)
def test_a_legacy_key_works_before_or_if_it_is_accepted(
    kind: str, name: str, clock: str, accepts: bool, works: bool
) -> None:
    emulator = Emulator(frozen=clock)
    emulator.providers.fcm.accept_legacy = accepts
    sent = push(emulator, kind, **{name: "AAAA-legacy"})
    assert sent.code == (None if works else 52117)
    assert sent.payload == {"to": "token", "data": {"twi_body": "B"}, "priority": "high", "time_to_live": 2419200}
    if works:
        assert sent.message_id is not None
        assert sent.message_id.startswith("0:")


@pytest.mark.parametrize("kind", ["fcm", "gcm"])
def test_a_credential_without_a_secret_is_not_judged(kind: str) -> None:
    assert push(Emulator(frozen=NOW), kind).problem is None


def test_a_service_account_is_pushed_with_its_project() -> None:
    sent = push(Emulator(frozen=NOW), "fcm", secret=fcm_service_account("my-project"))
    assert sent.problem is None
    assert sent.payload["message"]["token"] == "token"
    assert sent.message_id is not None
    assert sent.message_id.startswith("projects/my-project/messages/0:")


def test_secrets_that_a_recording_replaced_are_not_judged(tmp_path: Path, pair: Pair) -> None:
    with Emulator(record=tmp_path / "x.yaml") as recorded:
        create = recorded.client().notify.v1.credentials.create
        made = [
            create(type="fcm", secret=fcm_service_account()),
            create(type="fcm", secret="AAAA-legacy"),
            create(type="gcm", api_key="AAAA-legacy"),
            create(type="apn", certificate=pair.certificate, private_key=pair.private_key),
        ]
    emulator = Emulator(hydrate=tmp_path / "x.yaml")
    service = emulator.services.add().sid
    for one in made:
        direct = {"binding_type": one.type, "address": "ab" * 32, "credential_sid": one.sid}
        target = f"/v1/Services/{service}/Notifications"
        assert ask(emulator, "POST", target, Body="B", ToBinding=json.dumps(direct)).status == 201
    assert [sent.problem for sent in emulator.deliveries] == [None] * 4
    secret = "redacted-nonsense"
    assert push(Emulator(frozen=NOW), "fcm", secret=secret).code == 52117


UNREADABLE = "the Secret starts like JSON but is not valid JSON"
NOT_ONE = "the Secret is not the JSON of a service account: it has no "


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        (json.dumps(COMPLETE), None),
        (" \r\n\t" + json.dumps(COMPLETE), None),
        *[(json.dumps({**COMPLETE, name: wrong}), NOT_ONE + name) for name in COMPLETE for wrong in (7, "")],
        *[(json.dumps({k: v for k, v in COMPLETE.items() if k != name}), NOT_ONE + name) for name in COMPLETE],
        ('{"project_info": {}}', NOT_ONE + "project_id, private_key, client_email"),
        ("[1]", NOT_ONE + "project_id, private_key, client_email"),
        (json.dumps(json.dumps(COMPLETE)), NOT_ONE + "project_id, private_key, client_email"),
        ("{", UNREADABLE),
        ("\ufeff" + json.dumps(COMPLETE), UNREADABLE),
        (" {'a': 1}", UNREADABLE),
        ("\u00a0" + json.dumps(COMPLETE), UNREADABLE),
        ('{"a": ' + "[" * 100_000, UNREADABLE),
    ],
    ids=lambda value: str(value)[:40],
)
def test_broken_or_incomplete_json_is_invalid_content(secret: str, reason: str | None) -> None:
    assert push(Emulator(frozen=NOW), "fcm", secret=secret).problem == (reason and Problem(52005, reason))


@pytest.mark.parametrize("secret", ["AAAA:APA91", "AIza", "a server key", "123", "null", "\u00e9{"])
def test_a_secret_that_does_not_begin_like_json_is_a_legacy_key(secret: str) -> None:
    assert is_legacy_key(secret)
    assert push(Emulator(frozen=NOW), "fcm", secret=secret).code == 52117


@pytest.mark.parametrize(("kind", "name"), [("fcm", "secret"), ("gcm", "api_key")])
def test_a_seeded_secret_that_is_empty_is_a_legacy_key(kind: str, name: str) -> None:
    emulator = Emulator(frozen=NOW)
    sid = emulator.credentials.add(type=kind, **{name: ""}).sid  # type: ignore[arg-type]
    service = emulator.services.add().sid
    direct = json.dumps({"binding_type": kind, "address": "token", "credential_sid": sid})
    ask(emulator, "POST", f"/v1/Services/{service}/Notifications", Body="B", ToBinding=direct)
    assert emulator.deliveries.last.code == emulator.doctor(sid).code == 52117


def test_the_end_is_that_of_20_june_2024() -> None:
    emulator = Emulator(frozen="2024-06-21")
    assert emulator.clock.time() == LEGACY_END


def test_bindings_with_a_service_account_and_with_a_legacy_key_get_different_payloads() -> None:
    emulator = Emulator(frozen=NOW, legacy_fcm=True)
    secrets = {"a": "AAAA", "b": fcm_service_account("one"), "c": fcm_service_account("two"), "d": "AAAA"}
    own = {name: emulator.credentials.add(type="fcm", secret=secret).sid for name, secret in secrets.items()}
    service = emulator.services.add().sid
    for name, sid in own.items():
        emulator.bindings.add(identity="alice", binding_type="fcm", address=name, credential_sid=sid)
    ask(emulator, "POST", f"/v1/Services/{service}/Notifications", Identity="alice", Title="T", Body="B")
    made = list(emulator.deliveries)
    assert [next(iter(one.payload)) for one in made] == ["to", "message", "message", "to"]
    assert [(one.title, one.body, one.state) for one in made] == [("T", "B", "sent")] * 4
    assert [str(one.message_id).rpartition("0:")[0] for one in made] == [
        "",
        "projects/one/messages/",
        "projects/two/messages/",
        "",
    ]


# --- accept_legacy ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", [False, True])
def test_recover_and_reset_restore_the_option(option: bool) -> None:
    emulator = Emulator(legacy_fcm=option)
    fcm = emulator.providers.fcm
    for restore in (fcm.recover, emulator.providers.reset, emulator.reset):
        assert (fcm.accept_legacy, fcm.busy) == (option, False)
        fcm.accept_legacy = not option
        assert (fcm.accept_legacy, fcm.busy) == (not option, False)
        restore()
    assert fcm.accept_legacy is option


def test_a_checkpoint_keeps_it() -> None:
    emulator = Emulator()
    fcm = emulator.providers.fcm
    with emulator.checkpoint():
        fcm.accept_legacy = True
        fcm.unregister("a")
    assert (fcm.accept_legacy, fcm.outcome("a", None)) == (False, None)
    fcm.accept_legacy = True
    fcm.unregister("a")
    with emulator.checkpoint():
        fcm.recover()
    assert (fcm.accept_legacy, fcm.outcome("a", None)) == (True, "unregistered")


def test_it_is_read_and_changed_with_the_failures() -> None:
    fcm = Fcm(nullcontext(True))
    assert fcm.describe()["accept_legacy"] is False
    fcm.change({"accept_legacy": True})
    assert (fcm.describe()["accept_legacy"], fcm.busy) == (True, False)
    fcm.change({"down": True})
    assert (fcm.accept_legacy, fcm.busy) == (True, True)


@pytest.mark.parametrize("value", [None, 1, "yes"])
def test_it_must_be_true_or_false(value: Any) -> None:
    fcm = Emulator().providers.fcm
    with pytest.raises(UsageError, match=r"providers\.fcm\.accept_legacy: expected true or false, got "):
        fcm.accept_legacy = value
    with pytest.raises(UsageError, match="accept_legacy: expected true or false, got "):
        fcm.change({"accept_legacy": value, "down": True})
    with pytest.raises(UsageError, match="down: expected true or false"):
        fcm.change({"accept_legacy": True, "down": "x"})
    assert (fcm.accept_legacy, fcm.busy) == (False, False)
    with pytest.raises(UsageError, match="legacy_fcm: expected true or false, got "):
        Emulator(legacy_fcm=value)


def test_other_providers_do_not_have_it() -> None:
    providers = Emulator().providers
    with pytest.raises(UsageError, match="accept_legacy: unknown key; only fcm has it, for gcm too"):
        providers.gcm.change({"accept_legacy": True})
    with pytest.raises(AttributeError):
        providers.gcm.accept_legacy = True  # type: ignore[attr-defined]
    with pytest.raises(AttributeError):
        providers.fcm.accept_legcy = True  # type: ignore[attr-defined]


def test_the_marker_has_the_option(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.notify_mock(legacy_fcm=True)
        def test_marked(notify_mock):
            for _ in range(2):
                assert notify_mock.providers.fcm.accept_legacy is True
                notify_mock.reset()

        def test_unmarked(notify_mock):
            assert notify_mock.providers.fcm.accept_legacy is False
        """
    )
    pytester.runpytest("-p", "no:randomly").assert_outcomes(passed=2)
