"""The bodies of responses in the journal, which are kept if the option ``keep_bodies`` is set."""

from __future__ import annotations

import json

import pytest
from helpers.calls import ask

from notify_mock import Emulator, UsageError


def test_bodies_are_kept_only_if_asked_for(emulator: Emulator) -> None:
    ask(emulator, "GET", "/v1/Credentials")
    assert emulator.journal.last.response_body is None
    emulator = Emulator(keep_bodies=True)
    answer = ask(emulator, "GET", "/v1/Credentials")
    assert emulator.journal.last.response_body == answer.body
    assert ask(emulator, "GET", "/v1/Nothing").body == emulator.journal.last.response_body


def test_secrets_are_masked_where_a_body_is_shown() -> None:
    body = '{"sid": "SM1", "auth_token": "hush", "deep": [{"api_secret": 5}], "text": "-----BEGIN KEY", "n": null}'
    emulator = Emulator(keep_bodies=True, stubs=[f"api.twilio.com=200:{body}"])
    ask(emulator, "GET", "/x", host="api.twilio.com")
    secret = "[secret]"
    assert json.loads(emulator.journal.last.describe()["response"]) == {
        "sid": "SM1",
        "auth_token": secret,
        "deep": [{"api_secret": secret}],
        "text": secret,
        "n": None,
    }


def test_a_body_that_is_not_json_is_shown_as_text() -> None:
    emulator = Emulator(keep_bodies=True)
    emulator.faults.add("*", "garble")
    ask(emulator, "GET", "/v1/Credentials")
    assert isinstance(emulator.journal.last.describe()["response"], str)


def test_bodies_count_for_the_limits_of_the_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.journal.journal.MAX_ACCOUNT_BYTES", 20_000)
    emulator = Emulator(keep_bodies=True, stubs=[f'api.twilio.com=200:"{"x" * 9000}"'])
    for _ in range(10):
        ask(emulator, "GET", "/x", host="api.twilio.com")
    assert len(emulator.journal) <= 3


def test_a_value_that_is_no_switch_is_an_error() -> None:
    with pytest.raises(UsageError, match="keep_bodies: expected true or false, got 'yes'"):
        Emulator(keep_bodies="yes")  # type: ignore[arg-type]


def test_they_are_kept_under_pytest(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_it(notify_mock):
            notify_mock.client().notify.v1.credentials.create(type="fcm", secret="s")
            assert b'"type": "fcm"' in notify_mock.journal.last.response_body
        """
    )
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)
