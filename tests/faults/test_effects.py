"""Each effect by itself: what it makes of a call, and the whole text of the error for a bad field."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from typing import Any

import pytest

from notify_mock import (
    Answer,
    Delay,
    Dribble,
    Drop,
    Emulator,
    Expire,
    Forget,
    Garble,
    Hang,
    RateLimit,
    Refuse,
    Reset,
    Stale,
    Status,
    Truncate,
    Undelivered,
    UsageError,
)
from notify_mock.faults.decision import Decision, Effect
from notify_mock.faults.responses import refusal_for
from notify_mock.journal.exchange import Exchange
from notify_mock.twilio_api.catalog import BY_CODE
from notify_mock.twilio_api.delivery_errors import TITLES, Problem
from notify_mock.twilio_api.messages import Call, Params, Wire
from notify_mock.twilio_api.products import Endpoint

NOW = 1893456000.0
DATE = ("Date", "Tue, 01 Jan 2030 00:00:00 GMT")
BODY = b'{"sid": "CR1", "name": "x"}'


def exchange(name: str | None = "credential.create", account: str = "AC1", form: tuple[Any, ...] = ()) -> Exchange:
    call = Call("POST", "notify.twilio.com", "/v1/Credentials", form=Params(form))
    made = Exchange(1, NOW, call, name, Endpoint("notify/v1", "us1", "", "/Credentials"))
    made.account_sid = account
    return made


def decision(draw: float = 0.5, **values: Any) -> Decision:
    own: dict[str, Any] = {
        "exchange": exchange(),
        "phase": "before",
        "now": NOW,
        "in_flight": 1,
        "accounts": None,
        "draw": lambda purpose: {"delay": draw}[purpose],
        "memory": {},
    }
    return Decision(**{**own, **values})


def applied(effect: Effect, **values: Any) -> Decision:
    made = decision(**values)
    assert effect.apply(made) is True
    return made


# --- connections -----------------------------------------------------------------------------------------------------


def answer(body: bytes = BODY, wire: Wire | None = None) -> Answer:
    return Answer(201, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))], body, wire)


def changed(effect: Effect, before: Answer) -> Answer:
    (change,) = applied(effect).changes
    return change(before)


@pytest.mark.parametrize(
    ("effect", "wire", "pause", "ends"),
    [
        (Drop(), Wire("drop"), 0, True),
        (Reset(), Wire("reset"), 0, True),
        (Hang("2m"), Wire("drop"), 120, True),
        (Hang(), Wire("drop"), 60, True),
        (Dribble("3s", pieces=7), Wire(pieces=7, over=3.0), 0, False),
        (Dribble(), Wire(pieces=10, over=1.0), 0, False),
    ],
)
def test_an_effect_on_the_connection(effect: Effect, wire: Wire, pause: float, ends: bool) -> None:
    made = applied(effect)
    assert (made.wire, made.pause, made.ends_call) == (wire, pause, ends)


def test_pauses_add_up_and_the_first_dribble_counts() -> None:
    made = decision()
    for effect in (Delay(1), Hang(2), Delay("3s")):
        effect.apply(made)
    assert made.pause == 6
    other = decision()
    for effect in (Dribble(1, 2), Dribble(3, 4)):
        effect.apply(other)
    assert other.wire == Wire(pieces=2, over=1.0)


@pytest.mark.parametrize(
    ("size", "sent"), [(None, len(BODY) // 2), (0, 0), (5, 5), (len(BODY), len(BODY) - 1), (9999, len(BODY) - 1)]
)
def test_a_truncated_response_is_never_complete(size: int | None, sent: int) -> None:
    assert changed(Truncate(size), answer()) == answer(wire=Wire(sent=sent))


def test_a_response_without_a_body_is_dropped_instead_of_truncated() -> None:
    assert changed(Truncate(5), answer(b"")) == answer(b"", Wire("drop"))


@pytest.mark.parametrize(
    ("what", "body", "headers", "wire"),
    [
        ("json", BODY[:18], {"Content-Length": "18"}, None),
        ("utf-8", BODY.replace(b'"CR1', b'"\xff\xfeCR1'), {"Content-Length": str(len(BODY) + 2)}, None),
        ("content-type", BODY, {"Content-Type": "text/html"}, None),
        ("content-length", BODY, {"Content-Length": "18"}, Wire()),
    ],
)
def test_a_garbled_response_differs_in_one_thing(
    what: Any, body: bytes, headers: dict[str, str], wire: Wire | None
) -> None:
    assert len(BODY) == 27
    before = answer()
    found = changed(Garble(what), before)
    assert (found.status, found.body, dict(found.headers)) == (201, body, {**dict(before.headers), **headers})
    assert found.wire == wire
    kept = Wire(pieces=2, over=1.0)
    assert changed(Garble(what), answer(wire=kept)).wire == kept


def test_a_garble_cuts_json_unless_it_says_otherwise() -> None:
    assert Garble().what == "json"


# --- time ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("delay", "draw", "pause"),
    [
        (Delay("1m"), 0.9, 60),
        (Delay(low=1, high=3), 0.0, 1),
        (Delay(low=1, high=3), 0.25, 1.5),
        (Delay(low="1s", high="1s"), 0.9, 1),
        (Delay(median=2, p99=8), 0.5, 2),
        (Delay(median=2, p99=8), 0.99, 8),
        (Delay(median="2s", p99="8s"), 0.01, 0.5),
        (Delay(median=2, p99=2), 0.7, 2),
        (Delay(median=2, p99=8), 0.0, 2 * math.exp(-math.log(4) / 2.3263478740408408 * 5.9978070150076865)),
        (Delay(median=2, p99=8), 1.0, 2 * math.exp(math.log(4) / 2.3263478740408408 * 5.9978070150076865)),
    ],
)
def test_a_delay_is_drawn(delay: Delay, draw: float, pause: float) -> None:
    assert applied(delay, draw=draw).pause == pytest.approx(pause, rel=1e-6)


# --- responses -------------------------------------------------------------------------------------------------------


def test_a_refusal_with_its_own_text() -> None:
    refusal = applied(Refuse(20404, "gone", "really", retry_after="1.2s")).refusal
    assert refusal is not None
    assert (refusal.text, refusal.detail, refusal.reason) == ("gone", "really", "fault rule")
    assert refusal.headers == (("Retry-After", "2"),)


def test_a_refusal_without_its_own_text() -> None:
    refusal = applied(Refuse(20404)).refusal
    assert refusal is not None
    assert (refusal.text, refusal.detail) == ("The requested resource /Credentials was not found", None)
    assert refusal.headers == ()


def test_retry_after_is_added_to_the_headers_of_an_error() -> None:
    refusal = refusal_for(20003, exchange(), 5)
    assert [name for name, _ in refusal.headers] == ["WWW-Authenticate", "Retry-After"]


@pytest.mark.parametrize(
    ("code", "name", "form", "text"),
    [
        (20004, None, (), "The requested resource /Credentials does not support the attempted HTTP method POST"),
        (70105, None, (), "Invalid Type Specified in the Request"),
    ],
)
def test_the_text_of_a_refusal_fits_the_call(code: int, name: str | None, form: tuple[Any, ...], text: str) -> None:
    assert refusal_for(code, exchange(name, form=form)).text == text


@pytest.mark.parametrize(
    ("name", "form", "values"),
    [
        (None, (), {"resource": "Credential", "name": "Type", "things": "credentials"}),
        ("service.create", (), {"resource": "Service", "name": "Type", "things": "services"}),
        (
            "binding.create",
            (("Identity", "a"), ("Address", "b")),
            {"resource": "Binding", "name": "Identity", "things": "bindings"},
        ),
    ],
)
def test_what_a_text_is_filled_with(
    name: str | None, form: tuple[Any, ...], values: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    every = "{resource}|{name}|{things}|{path}|{method}|{verb}|{limit}|{what}"
    monkeypatch.setattr(BY_CODE[20404], "message", every)
    expected = [values["resource"], values["name"], values["things"], "/Credentials", "POST", "create", "1000"]
    assert refusal_for(20404, exchange(name, form=form)).text == "|".join([*expected, "refused"])


@pytest.mark.parametrize(
    ("effect", "body", "extra"),
    [
        (Status(500), b"", []),
        (Status(502, "bäd"), "bäd".encode(), []),
        (Status(302, location="https://x/"), b"", [("Location", "https://x/")]),
        (Status(503, retry_after=1.5), b"", [("Retry-After", "2")]),
        (Status(301, location="/", retry_after=1), b"", [("Location", "/"), ("Retry-After", "1")]),
        *[(Status(status, "ignored"), b"", []) for status in (204, 205, 304)],
        *[(Status(status, "sent"), b"sent", []) for status in (200, 206, 303, 305, 599)],
    ],
)
def test_any_status(effect: Status, body: bytes, extra: list[tuple[str, str]]) -> None:
    made = applied(effect)
    headers = [DATE, ("Content-Type", "text/html"), ("Content-Length", str(len(body))), *extra]
    assert made.answer == Answer(effect.status, headers, body)
    assert made.ends_call


def test_a_status_has_its_own_content_type() -> None:
    found = applied(Status(200, "{}", content_type="application/json; charset=é")).answer
    assert found is not None
    assert ("Content-Type", "application/json; charset=é") in found.headers


class Limited:
    """A rate limit and its memory, at times that a test chooses. Returns whether a call passes, or Retry-After."""

    def __init__(self, *args: Any, **values: Any) -> None:
        self.effect, self.memory = RateLimit(*args, **values), {}

    def __call__(self, at: float, account: str = "AC1", in_flight: int = 1) -> Any:
        own = {"memory": self.memory, "in_flight": in_flight, "exchange": exchange(account=account)}
        made = decision(now=NOW + at, **own)
        if not self.effect.apply(made):
            assert made.refusal is None
            return True
        assert made.refusal is not None
        assert (made.refusal.status, made.refusal.code, made.refusal.reason) == (429, 20429, "fault rule")
        return dict(made.refusal.headers).get("Retry-After", False)


def test_a_rate_limit_is_a_sliding_window() -> None:
    call = Limited(2, "10s", retry_after=True)
    assert [call(at) for at in (0, 4, 5, 9.5)] == [True, True, "5", "1"]
    assert [call(at) for at in (10, 10.5, 13.99, 14)] == [True, "4", "1", True]
    assert call(14, account="AC2") is True
    assert call(5) is True, "calls after the present do not count"


def test_a_rate_limit_of_one_second_is_the_default() -> None:
    call = Limited(1)
    assert [call(at) for at in (0, 0.5, 0.99, 1)] == [True, False, False, True]


def test_a_rate_limit_of_zero_lets_nothing_pass() -> None:
    call = Limited(0, "90s", retry_after=True)
    assert [call(at) for at in (0, 1000)] == ["90", "90"]


def test_a_limit_of_concurrent_calls() -> None:
    call = Limited(concurrent=2, window=7, retry_after=True)
    assert [call(0, in_flight=number) for number in (1, 2, 3, 2)] == [True, True, "7", True]
    assert call.memory == {"AC1": call.memory["AC1"]}
    assert len(call.memory["AC1"]) == 0, "without a limit, no times are kept"
    both = Limited(1, concurrent=1)
    assert [both(0), both(0), both(1, in_flight=2), both(1)] == [True, False, False, True]


@pytest.mark.parametrize(
    ("times", "kept"),
    [
        ((0, 0, 50), ["AC0", "AC1", "AC2"]),
        ((0, 0, 50, 50), ["AC2", "AC3"]),
        ((0, 0.5, 1, 10), ["AC1", "AC2", "AC3"]),
        ((0, 0.5, 1, 9.9), ["AC0", "AC1", "AC2", "AC3"]),
    ],
)
def test_the_fourth_account_of_four_sweeps_those_whose_window_has_passed(
    monkeypatch: pytest.MonkeyPatch, times: tuple[float, ...], kept: list[str]
) -> None:
    monkeypatch.setattr("notify_mock.faults.responses._SWEEP", 4)
    call = Limited(1, window=10)
    assert [call(at, account=f"AC{number}") for number, at in enumerate(times)] == [True] * len(times)
    assert list(call.memory) == kept


def test_a_wait_of_less_than_a_second_is_shown_as_one() -> None:
    call = Limited(1, 0.5, retry_after=True)
    assert [call(0), call(0.4)] == [True, "1"]


# --- state -----------------------------------------------------------------------------------------------------------


def test_the_longest_lag_counts() -> None:
    made = decision()
    for effect in (Stale("10s"), Stale(), Stale(7)):
        assert effect.apply(made) is True
    assert made.stale == 10
    assert applied(Stale()).stale == 5


@pytest.mark.parametrize(("status", "forgets"), [(201, True), (200, False), (400, False), (None, False)])
def test_only_what_was_created_is_forgotten(status: int | None, forgets: bool) -> None:
    made = decision(phase="after")
    made.exchange.status = status
    assert Forget().apply(made) is forgets
    assert made.forget is forgets


def test_a_token_that_expires_before_the_call_is_a_401() -> None:
    accounts = Emulator()._state.accounts
    before = applied(Expire(), accounts=accounts)
    assert before.refusal is not None
    assert (before.refusal.status, before.refusal.code) == (401, 20003)
    assert before.refusal.reason == "a fault rule expired the token"
    assert applied(Expire(), phase="after", accounts=accounts).refusal is None


@pytest.mark.parametrize(
    ("name", "effect", "problem"),
    [
        ("delivery.apn", Undelivered(), Problem(52141, "fault rule")),
        ("delivery.fcm", Undelivered("throttled"), Problem(52108, "fault rule")),
        ("delivery.sms", Undelivered("down"), Problem(52309, "fault rule")),
        ("delivery.sms", Undelivered("down", error=52181), Problem(52181, "fault rule")),
    ],
)
def test_a_delivery_that_the_provider_rejects(name: str, effect: Undelivered, problem: Problem) -> None:
    made = applied(effect, exchange=exchange(name))
    assert made.problem == problem
    assert made.ends_call


# --- descriptions and errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("effect", "described"),
    [
        (Drop(), {"effect": "drop"}),
        (Refuse(20429), {"effect": "refuse", "code": 20429}),
        (Refuse(20429, retry_after="1m"), {"effect": "refuse", "code": 20429, "retry_after": "1m"}),
        (Status(500, "", "text/html"), {"effect": "status", "status": 500}),
        (Delay(low=0, high=0), {"effect": "delay", "low": 0, "high": 0}),
    ],
)
def test_a_description_has_the_fields_that_differ_from_their_defaults(
    effect: Effect, described: dict[str, Any]
) -> None:
    assert effect.describe() == described


CODES = ", ".join(str(code) for code in sorted(BY_CODE))
PROBLEMS = ", ".join(map(str, TITLES))
WHOLE = "expected a whole number (0 or more), got"
SPAN = 'is not a length of time; expected seconds, a timedelta or text such as "2h"'
TEXT = "is not text; put it in quotes"
MEANT = "did you mean 20503, Twilio's code for HTTP 503?"
EDGE = "cannot be changed for 20503; use the effect status to send another body"
UNSENDABLE = "cannot be sent; use printable Latin-1 in headers, no lone surrogates in the body"
DELAYS = "seconds: is missing; give seconds, or low and high, or median and p99"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        *[
            (lambda code=code: Refuse(code), f"code: {shown} is not a supported error code; expected one of: {CODES}")
            for code, shown in ((1, "1"), (True, "True"), ("20429", "'20429'"), ([1], "a list"))
        ],
        (lambda: Refuse(503), f"code: 503 is not a supported error code; {MEANT}"),
        (lambda: Refuse(20429, message=7), f"message: {TEXT}"),
        (lambda: Refuse(20429, detail=7), f"detail: {TEXT}"),
        (lambda: Refuse(20503, message=""), f"message: {EDGE}"),
        (lambda: Refuse(20503, detail=""), f"detail: {EDGE}"),
        (lambda: Refuse(20429, retry_after=-1), f"retry_after: -1 {SPAN}"),
        *[
            (lambda status=status: Status(status), f"status: expected a status from 200 to 599, got {status!r}")
            for status in (199, 600, True, "500")
        ],
        (lambda: Status(200, body=7), f"body: {TEXT}"),
        (lambda: Status(200, body=None), f"body: {TEXT}"),
        (lambda: Status(200, content_type=None), f"content_type: {TEXT}"),
        (lambda: Status(200, location=7), f"location: {TEXT}"),
        (lambda: Status(200, body="\ud800"), f"body: {UNSENDABLE}"),
        (lambda: Status(200, content_type="日本"), f"content_type: {UNSENDABLE}"),
        (lambda: Status(200, content_type="a\r\nb"), f"content_type: {UNSENDABLE}"),
        (lambda: Status(200, location="a\nb"), f"location: {UNSENDABLE}"),
        (lambda: Status(200, retry_after="soon"), f"retry_after: 'soon' {SPAN}"),
        *[(lambda bad=bad: RateLimit(bad), f"limit: {WHOLE} {bad!r}") for bad in (-1, True, 1.5, "2")],
        *[(lambda bad=bad: RateLimit(concurrent=bad), f"concurrent: {WHOLE} {bad!r}") for bad in (-1, False, "x")],
        (lambda: RateLimit(1, retry_after="yes"), "retry_after: expected true or false, got 'yes'"),
        (lambda: RateLimit(), "limit: is missing; give limit, concurrent or both"),
        (lambda: RateLimit(1, window=0), 'window: must be more than 0; give seconds or text such as "1m"'),
        (lambda: RateLimit(1, window="x"), f"window: 'x' {SPAN}"),
        *[(lambda bad=bad: Truncate(bad), f"bytes: {WHOLE} {bad!r}") for bad in (-1, True, 1.5)],
        (
            lambda: Garble("all"),
            "what: cannot garble 'all'; expected one of: json, utf-8, content-type, content-length",
        ),
        (lambda: Delay(), DELAYS),
        (lambda: Delay(1, low=1), DELAYS),
        (lambda: Delay(low=1), DELAYS),
        (lambda: Delay(low=1, high=2, median=1), DELAYS),
        (lambda: Delay(median=1), DELAYS),
        (lambda: Delay(-1), f"seconds: -1 {SPAN}"),
        (lambda: Delay(low=0, high="x"), f"high: 'x' {SPAN}"),
        (lambda: Delay(low=2, high=1), "low: must not be more than high"),
        (lambda: Delay(median=2, p99=1), "median: must not be more than p99"),
        (lambda: Delay(median=0, p99=1), "median: must be more than 0"),
        (lambda: Hang(3601), "seconds: must not be longer than an hour"),
        (lambda: Hang("x"), f"seconds: 'x' {SPAN}"),
        *[
            (
                lambda bad=bad: Dribble(pieces=bad),
                f"pieces: expected a whole number from 1 to 10,000, got {bad!r}",
            )
            for bad in (0, 10_001, True, 1.5)
        ],
        (lambda: Dribble("x"), f"seconds: 'x' {SPAN}"),
        (lambda: Stale(0), 'seconds: must be more than 0; give seconds or text such as "5s"'),
        (lambda: Stale("x"), f"seconds: 'x' {SPAN}"),
        (lambda: Expire(""), "new_token: must be non-empty text"),
        (lambda: Expire(7), "new_token: must be non-empty text"),
        (
            lambda: Undelivered("lost"),
            "outcome: unknown outcome 'lost'; expected one of: unregistered, throttled, revoked, down",
        ),
        *[
            (
                lambda bad=bad: Undelivered(error=bad),
                f"error: {bad!r} is not a delivery error code; expected one of: {PROBLEMS}",
            )
            for bad in (20429, True)
        ],
    ],
)
def test_a_bad_field_is_named(make: Callable[[], Effect], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        make()
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "make",
    [
        lambda: Refuse(20503, retry_after=0),
        lambda: Status(200, location=""),
        lambda: Status(599, body="日本\n"),
        lambda: RateLimit(0, 0.001),
        lambda: RateLimit(concurrent=0),
        lambda: Truncate(0),
        lambda: Delay(0),
        lambda: Delay(low=1, high=1),
        lambda: Delay(median=1, p99=1),
        lambda: Hang(3600),
        lambda: Hang(0),
        lambda: Dribble(0, 1),
        lambda: Dribble(pieces=10_000),
        lambda: Stale(0.001),
        lambda: Expire("x"),
        *[lambda what=what: Garble(what) for what in ("json", "utf-8", "content-type", "content-length")],
    ],
)
def test_a_field_at_its_limit_is_accepted(make: Callable[[], Effect]) -> None:
    assert json.dumps(make().describe())
