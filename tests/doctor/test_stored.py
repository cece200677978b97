"""``Emulator.doctor``: stored credentials, and values of their parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notify_mock import Diagnosis, Emulator, UsageError, apn_pair, fcm_service_account


def test_a_record_and_its_sid_have_the_same_diagnosis(emulator: Emulator) -> None:
    emulator.clock.freeze()
    certificate, private_key = apn_pair()
    record = emulator.credentials.add(type="apn", certificate=certificate, private_key=private_key, friendly_name="iOS")
    assert emulator.doctor(record) == emulator.doctor(record.sid)
    assert emulator.doctor(record).names == (f"{record.sid} (iOS)",)
    assert emulator.doctor(record).ok


def test_the_emulators_clock_decides_what_is_expired(emulator: Emulator) -> None:
    pair = apn_pair(days=10)
    assert emulator.doctor(pair).ok
    emulator.clock.advance(20 * 86400)
    assert (emulator.doctor(pair).code, emulator.doctor(pair).days_left) == (52131, -12)
    assert "expired 11 days ago" in str(emulator.doctor(pair))


def test_swapped_parameters_are_noticed(emulator: Emulator) -> None:
    certificate, private_key = apn_pair()
    diagnosis = emulator.doctor((private_key, certificate))
    assert (diagnosis.code, diagnosis.when) == (20001, "create")
    assert "Certificate and private key are swapped." in str(diagnosis)


def test_a_secret_is_a_service_account_or_fails(emulator: Emulator) -> None:
    good, bad = emulator.doctor(fcm_service_account("my-app")), emulator.doctor("server-key")
    assert (good.ok, good.project_id) == (True, "my-app")
    assert (bad.ok, bad.code, bad.when) == (False, 52117, "push")


def test_accepted_legacy_keys_are_ok(emulator: Emulator) -> None:
    record = emulator.credentials.add(type="gcm", api_key="server-key")
    assert emulator.doctor(record).code == 52117
    emulator.providers.fcm.accept_legacy = True
    assert emulator.doctor(record).ok
    assert emulator.doctor("server-key").ok


def test_a_wrong_sandbox_is_noticed(emulator: Emulator) -> None:
    certificate, private_key = apn_pair(topic="com.example.app", sandbox=True)
    values: dict[str, Any] = {"type": "apn", "certificate": certificate, "private_key": private_key}
    assert emulator.doctor(emulator.credentials.add(**values)).code == 52134
    assert emulator.doctor(emulator.credentials.add(**values, sandbox=True)).ok


def test_a_credential_without_secrets_is_not_judged(emulator: Emulator) -> None:
    diagnosis = emulator.doctor(emulator.credentials.add(type="fcm"))
    assert diagnosis.ok
    assert str(diagnosis).endswith("It was added without its secrets, so pushes with it are not judged. [inferred]")


@pytest.mark.parametrize("wrong", [3, None, b"x", ("a",), ("a", 2), "CR" + "0" * 32])
def test_anything_else_is_a_usage_error(emulator: Emulator, wrong: Any) -> None:
    with pytest.raises(UsageError, match="doctor: "):
        emulator.doctor(wrong)


def test_a_diagnosis_is_json_without_secrets(emulator: Emulator) -> None:
    pair = apn_pair()
    diagnosis = emulator.doctor(pair)
    assert isinstance(diagnosis, Diagnosis)
    assert "BEGIN" not in json.dumps(diagnosis.describe()) + repr(diagnosis)
