"""Export and import: all records as seed data, and the same emulator from them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.calls import ask as call
from helpers.calls import basic
from helpers.pem import Pair
from hypothesis import given
from hypothesis import strategies as st

from notify_mock import Emulator, UsageError
from notify_mock.twilio_api.messages import read

CALLBACK = "https://user:pass@app.example/path?token=hush"


def export(emulator: Emulator, query: str = "") -> Any:
    answer = emulator.app.test_client().get(f"/_mock/export{query}")
    assert answer.status_code == 200
    return answer.get_json()


@pytest.fixture
def full(pair: Pair) -> Emulator:
    """Records of every kind, made by calls and otherwise, in two accounts and two regions, some of them changed."""
    emulator = Emulator(seed="full", frozen="2030-01-01T12:00:00.5Z")
    sid = json.loads(call(emulator, "POST", "/v1/Services", DeliveryCallbackUrl=CALLBACK, FriendlyName="").body)["sid"]
    path = f"/v1/Services/{sid}/Bindings"
    call(emulator, "POST", path, Identity="a", BindingType="fcm", Address="t", Tag=["x", "y"], Endpoint="phone")
    call(emulator, "POST", path, Identity="a", BindingType="apn", Address="u")
    call(emulator, "POST", path, Identity="é", BindingType="sms", Address="+1", NotificationProtocolVersion="2")
    call(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="hush-1", FriendlyName="x" * 64)
    call(emulator, "POST", "/v1/Credentials", Type="gcm", ApiKey="hush-2")
    apn = {"Type": "apn", "Certificate": pair.certificate, "PrivateKey": pair.private_key, "Sandbox": "true"}
    call(emulator, "POST", "/v1/Credentials", **apn)
    call(emulator, "POST", "/v1/Credentials", host="chat.ie1.twilio.com", Type="fcm", Secret="x")
    call(emulator, "POST", "/v1/Credentials", host="notify.ie1.twilio.com", Type="fcm", Secret="hush-3")
    emulator.clock.advance("1d")
    call(emulator, "POST", f"/v1/Services/{sid}", LogEnabled="false", DefaultFcmNotificationProtocolVersion="2")
    emulator.services.add(account_sid="ACother", friendly_name="theirs")
    emulator.bindings.add(account_sid="ACother", identity="b", binding_type="gcm", address="v")
    return emulator


def answers(emulator: Emulator) -> list[bytes]:
    """Return what clients see: every list, and every record."""
    bodies = []
    for account in (emulator.auth[0], "ACother"):
        for host in ("notify.twilio.com", "notify.ie1.twilio.com"):
            services = [one.sid for one in emulator.services.values() if one.account_sid == account]
            paths = ["/v1/Credentials", "/v1/Services", *(f"/v1/Services/{sid}/Bindings" for sid in services)]
            paths += [f"/v1/Credentials/{sid}" for sid in emulator.credentials]
            paths += [f"/v1/Services/{sid}" for sid in emulator.services]
            paths += [f"/v1/Services/{one.service_sid}/Bindings/{one.sid}" for one in emulator.bindings.values()]
            headers = {"authorization": basic(account, "x")}
            bodies += [emulator.handle(read("GET", path, host=host, headers=headers)).body for path in paths]
    return bodies


def test_an_import_into_an_empty_emulator_gives_the_same_answers(full: Emulator) -> None:
    data = export(full, "?secrets=true")
    empty = Emulator(seed="full")
    answer = empty.app.test_client().post("/_mock/records", json=data)
    assert answer.status_code == 201, answer.text
    assert answers(empty) == answers(full)
    assert export(empty, "?secrets=true") == data
    for sid, record in full.credentials.items():
        assert (empty.credentials[sid].secret, empty.credentials[sid].private_key) == (
            record.secret,
            record.private_key,
        )


def test_an_export_is_a_file_for_the_option_data(full: Emulator, tmp_path: Path) -> None:
    for name in ("seed.json", "seed.yaml"):
        (tmp_path / name).write_text(full.app.test_client().get("/_mock/export?secrets=true").text)
        assert answers(Emulator(seed="full", data=tmp_path / name)) == answers(full)


def test_without_secrets_an_import_says_what_is_missing_and_adds_nothing(full: Emulator) -> None:
    data = export(full)
    assert "hush" not in str(data)
    assert "BEGIN" not in str(data)
    empty = Emulator()
    error = empty.app.test_client().post("/_mock/records", json=data).get_json()["error"]
    assert error["field"] == "credentials[0].secret"
    assert "is a masked secret; write the secret, or leave the key out" in error["message"]
    for other in ("credentials[1].api_key", "credentials[2].certificate", "services[0].delivery_callback_url"):
        assert other in error["message"]
    assert not empty.credentials
    with pytest.raises(UsageError, match=r"data, credentials\[0\]\.secret: \[secret\] is a masked secret"):
        Emulator(data=data)


def test_many_missing_secrets_are_counted(emulator: Emulator) -> None:
    for _ in range(15):
        emulator.credentials.add(type="fcm", secret="hush")
    error = Emulator().app.test_client().post("/_mock/records", json=export(emulator)).get_json()["error"]
    assert "credentials[9].secret, 5 more)" in error["message"]
    assert "credentials[10]" not in error["message"]


def test_records_without_secrets_are_imported_from_any_export(emulator: Emulator) -> None:
    emulator.credentials.add(type="fcm")
    emulator.services.add(friendly_name="[secret service]")
    assert Emulator(data=export(emulator)).services


def test_sids_of_imported_records_are_never_made_again(emulator: Emulator) -> None:
    for _ in range(3):
        emulator.credentials.add(type="fcm")
    again = Emulator(data=export(emulator))
    made = [again.credentials.add(type="fcm").sid for _ in range(3)]
    assert not set(made) & set(emulator.credentials)
    assert len(again.credentials) == 6


@given(taken=st.lists(st.integers(0, 5), max_size=4))
def test_the_sequence_of_sids_goes_on_after_the_last_that_was_taken(taken: list[int]) -> None:
    source = Emulator(seed=7)
    made = [source.credentials.add(type="fcm").sid for _ in range(8)]
    data = {"credentials": [{"type": "fcm", "sid": made[at]} for at in dict.fromkeys(taken)]}
    assert Emulator(seed=7, data=data).credentials.add(type="fcm").sid == made[max(taken, default=-1) + 1]


@pytest.mark.parametrize("path", ["export?secrets=true", "state", "nothing"])
def test_no_browser_keeps_a_response(emulator: Emulator, path: str) -> None:
    assert emulator.app.test_client().get(f"/_mock/{path}").headers["Cache-Control"] == "no-store"
