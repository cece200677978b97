"""The memory of fault rules: what they keep for each account and call is bounded."""

from __future__ import annotations

import pytest
from helpers.calls import ask, basic

from notify_mock import Call, Emulator, RateLimit, Refuse


def test_a_rate_limit_forgets_accounts_whose_window_has_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.faults.responses._SWEEP", 4)
    emulator = Emulator(frozen="2030-01-01")
    rule = emulator.faults.add("*", RateLimit(limit=1, window="10s"), unused="ignore").rule
    for number in range(3):
        assert_status(emulator, f"AC{number}", 200)
    emulator.clock.advance("9s")
    assert_status(emulator, "AC3", 200)
    assert_status(emulator, "AC0", 429)
    emulator.clock.advance("2s")
    for number in range(4, 8):
        assert_status(emulator, f"AC{number}", 200)
    assert "AC0" not in rule.memory
    assert_status(emulator, "AC3", 429)


def assert_status(emulator: Emulator, user: str, status: int) -> None:
    headers = {"authorization": basic(user, "x")}
    assert emulator.handle(Call("GET", "notify.twilio.com", "/v1/Credentials", headers=headers)).status == status


def test_what_fired_is_bounded_in_size_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.faults.rules._MAX_FIRED_BYTES", 10_000)
    emulator = Emulator()
    emulator.faults.add("credential.create", Refuse(20429), name="busy")
    for _ in range(10):
        ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="x" * 2000)
    assert len(emulator.faults.fired) == 3
    emulator.restore(emulator.snapshot())
    ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="x" * 2000)
    assert len(emulator.faults.fired) == 3
    assert emulator.faults["busy"].fired == 11
