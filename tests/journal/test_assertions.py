"""Assertions about a client: attempts, waits, Retry-After, secrets in queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from twilio.base.exceptions import TwilioRestException

from notify_mock import Delay, Emulator, RateLimit, Refuse, UsageError

Wait = Callable[[int], float]


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(frozen="2030-01-01")


def attempt(emulator: Emulator, waits: list[float]) -> None:
    """A client that tries once, and again after each wait, on the emulator's clock."""
    create = emulator.client().notify.v1.credentials.create
    for wait in [0.0, *waits]:
        emulator.clock.advance(wait)
        try:
            create(type="fcm", secret="hush")
        except TwilioRestException:
            continue


def test_attempts_are_counted(emulator: Emulator) -> None:
    emulator.faults.add("credential.create", Refuse(20429), times=2)
    attempt(emulator, [1, 2])
    assert len(emulator.assert_attempts("credential.create", 3)) == 3
    assert len(emulator.assert_attempts("credential.create", 2, status=429)) == 2
    with pytest.raises(AssertionError) as caught:
        emulator.assert_attempts("credential.create", 2)
    assert str(caught.value).splitlines() == [
        "expected 2 attempts at credential.create, found 3",
        "attempts (3):",
        "  #1 00:00:00.000000Z credential.create -> 429 20429 (fault rule) [refuse-1]",
        "  #2 00:00:01.000000Z (+1.000s) credential.create -> 429 20429 (fault rule) [refuse-1]",
        "  #3 00:00:03.000000Z (+2.000s) credential.create -> 201",
    ]


@pytest.mark.parametrize(
    ("waits", "claim"),
    [
        ([1, 2, 4], {"minimum": 1, "growth": 2}),
        ([1, 2, 4], {"minimum": [1, 2, 4]}),
        ([1, 1, 1], {"minimum": "1s"}),
        ([1.1, 2.7, 4.2], {"growth": 1.5, "jitter": True}),
        ([1.1, 2.7], {"jitter": True}),
        ([0, 0], {}),
        ([1, 4, 4], {"maximum": 4}),
        ([4, 1, 3], {"growth": 0, "jitter": True, "maximum": "5s"}),
    ],
)
def test_a_backoff_is_confirmed(emulator: Emulator, waits: list[float], claim: dict[str, Any]) -> None:
    attempt(emulator, waits)
    assert emulator.assert_backoff("credential.create", **claim) == pytest.approx(waits)


@pytest.mark.parametrize(
    ("waits", "claim", "expected"),
    [
        ([1, 0.5], {"minimum": 1}, "wait 2 was 0.500s, expected at least 1.000s"),
        ([1, 2], {"minimum": [1, 3]}, "wait 2 was 2.000s, expected at least 3.000s"),
        ([1], {"minimum": [1, 3]}, "expected 2 waits, found 1"),
        ([1, 1.5], {"growth": 2}, "wait 2 was 1.500s, expected at least 2 times the 1.000s before it"),
        ([2, 1], {}, "wait 2 was 1.000s, expected at least 1 times the 2.000s before it"),
        ([1, 2, 4], {"jitter": True}, "expected jitter, but the waits are regular"),
        ([1, 1, 1], {"jitter": True}, "expected jitter, but the waits are regular"),
        ([1, 9], {"maximum": 4}, "the longest wait was 9.000s, expected at most 4"),
        ([], {}, "expected several attempts at credential.create, found 1"),
    ],
)
def test_a_wrong_backoff_fails_and_lists_the_attempts(
    emulator: Emulator, waits: list[float], claim: dict[str, Any], expected: str
) -> None:
    attempt(emulator, waits)
    with pytest.raises(AssertionError) as caught:
        emulator.assert_backoff("credential.create", **claim)
    assert str(caught.value).startswith(expected)
    assert "attempts (" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_a_backoff_on_a_running_clock_is_confirmed_too() -> None:
    emulator = Emulator()
    attempt(emulator, [1, 2, 4])
    emulator.assert_backoff("credential.create", minimum=[1, 2, 4], growth=2)


def test_waits_are_measured_from_the_response_not_from_the_request(emulator: Emulator) -> None:
    emulator.faults.add("credential.create", Delay(10))
    emulator.faults.add("credential.create", Delay(5), phase="after")
    attempt(emulator, [1, 2])
    assert emulator.assert_backoff("credential.create") == pytest.approx([1, 2])


def test_a_client_that_ignores_retry_after_fails_the_assertion(emulator: Emulator) -> None:
    emulator.faults.add("credential.create", RateLimit(limit=1, window="10s", retry_after=True))
    attempt(emulator, [0, 10])
    emulator.assert_honours_retry_after("credential.create")
    attempt(emulator, [3])
    with pytest.raises(AssertionError, match=r"#5 came 3\.000s after the response to #4, which had Retry-After: 10"):
        emulator.assert_honours_retry_after("credential.create")


def test_without_a_retry_after_header_the_assertion_fails(emulator: Emulator) -> None:
    attempt(emulator, [1])
    with pytest.raises(AssertionError, match=r"no response to credential\.create has a Retry-After header"):
        emulator.assert_honours_retry_after("credential.create")


def test_another_accounts_call_is_not_the_next_attempt(emulator: Emulator) -> None:
    emulator.faults.add("credential.create", Refuse(20429, retry_after=10), times=1)
    attempt(emulator, [])
    emulator.client("ACother", "x").notify.v1.credentials.create(type="fcm", secret="x")
    emulator.assert_honours_retry_after()


def test_a_secret_in_a_query_is_found_and_not_shown(emulator: Emulator) -> None:
    emulator.client().notify.v1.credentials.list()
    emulator.assert_no_secret_in_query()
    url = "https://notify.twilio.com/v1/Credentials"
    emulator.client().http_client.request("POST", url, params={"Secret": "hush"}, auth=emulator.auth)
    with pytest.raises(AssertionError) as caught:
        emulator.assert_no_secret_in_query()
    assert "secrets in a query string (1):" in str(caught.value)
    assert "Secret=[secret]" in str(caught.value)
    assert "hush" not in str(caught.value)


def test_assertions_fail_if_the_journal_has_dropped_calls() -> None:
    emulator = Emulator(journal_limit=2)
    url = "https://notify.twilio.com/v1/Credentials"
    emulator.client().http_client.request("POST", url, params={"Secret": "x"}, auth=emulator.auth)
    attempt(emulator, [1, 1, 1])
    for claim in (
        emulator.assert_no_secret_in_query,
        lambda: emulator.assert_backoff("credential.create"),
        lambda: emulator.assert_honours_retry_after(),
    ):
        with pytest.raises(AssertionError, match="has dropped 3 exchanges that may have matched"):
            claim()


def test_a_typo_is_an_error(emulator: Emulator) -> None:
    for claim in (emulator.assert_attempts, emulator.assert_backoff, emulator.assert_honours_retry_after):
        with pytest.raises(UsageError, match=r"did you mean credential\.create"):
            claim("credential.craete", **({"count": 0} if claim == emulator.assert_attempts else {}))
