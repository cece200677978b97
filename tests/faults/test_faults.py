"""Fault rules: which calls they match, when they apply, what they do, and the errors for bad ones."""

from __future__ import annotations

import configparser
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from helpers.calls import ask
from helpers.paths import ROOT
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.exceptions import RequestException
from twilio.base.exceptions import TwilioRestException

from notify_mock import (
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
    UsageError,
    faults,
)
from notify_mock.faults.kinds import BY_KIND
from notify_mock.faults.readers import describe_scenario, scenario_names
from notify_mock.twilio_api.catalog import BY_CODE


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(frozen="2030-01-01")


def outcome(call: Any, *args: Any, **kwargs: Any) -> int | str:
    """Return 200 for success, Twilio's code for an error response, "lost" for a broken connection."""
    try:
        call(*args, **kwargs)
    except TwilioRestException as error:
        return int(error.code)
    except RequestException:
        return "lost"
    return 200


def create(emulator: Emulator, **form: str) -> int | str:
    form = {"type": "fcm", "secret": "x"} | form
    return outcome(emulator.client().notify.v1.credentials.create, **form)


def listing(emulator: Emulator) -> int | str:
    return outcome(emulator.client().notify.v1.credentials(emulator.credentials.add(type="fcm").sid).fetch)


# --- match -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "creates", "fetches"),
    [("credential.create", 20429, 200), ("credential.*", 20429, 20429), ("*", 20429, 20429), ("*.fetch", 200, 20429)],
)
def test_a_rule_matches_the_calls_that_its_glob_names(
    emulator: Emulator, call: str, creates: int, fetches: int
) -> None:
    emulator.faults.add(call, Refuse(20429))
    assert (create(emulator), listing(emulator)) == (creates, fetches)


@pytest.mark.parametrize(
    ("options", "applies"),
    [
        ({"Type": "fcm"}, True),
        ({"Type": "apn"}, False),
        ({"form": {"Type": "f*", "FriendlyName": "na?e"}}, True),
        ({"form": {"FriendlyName": "other"}}, False),
        ({"account_sid": "self"}, True),
        ({"account_sid": "ACother"}, False),
        ({"api": "notify/v1"}, True),
        ({"api": "chat/v2"}, False),
        ({"headers": {"User-Agent": "twilio-python/*"}}, True),
        ({"headers": {"user-agent": "curl*"}}, False),
        ({"sid": "CR1"}, False),
        ({"predicate": lambda exchange: exchange.parameter("Secret") == "x"}, True),
        ({"predicate": lambda exchange: False}, False),
    ],
)
def test_a_rule_matches_the_calls_that_meet_all_its_conditions(
    emulator: Emulator, options: dict[str, Any], applies: bool
) -> None:
    if options.get("account_sid") == "self":
        options = {"account_sid": emulator.auth[0]}
    emulator.faults.add("credential.create", Refuse(20429), **options)
    assert create(emulator, friendly_name="name") == (20429 if applies else 200)


def test_a_rule_for_a_sid_applies_to_that_record_only(emulator: Emulator) -> None:
    one, two = (emulator.credentials.add(type="fcm").sid for _ in range(2))
    emulator.faults.add("credential.*", Refuse(20404), sid=one)
    credentials = emulator.client().notify.v1.credentials
    assert outcome(credentials(one).fetch) == 20404
    assert outcome(credentials(two).fetch) == 200
    assert outcome(credentials(one).delete) == 20404
    assert one in emulator.credentials


def test_a_star_matches_requests_that_are_not_calls_but_never_a_preflight(emulator: Emulator) -> None:
    emulator.faults.add("*", Status(418))
    http = emulator.app.test_client()
    user = {"Authorization": f"Basic {__import__('base64').b64encode(b'ACx:y').decode()}"}
    assert http.get("/nowhere", headers=user).status_code == 418
    assert http.options("/v1/Credentials").status_code == 200
    assert http.get("/v1/Credentials").status_code == 401, "no rule matches an unauthenticated request"


# --- schedule --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("schedule", "applied"),
    [
        ({}, "xxxxxxxx"),
        ({"times": 2}, "xx......"),
        ({"skip": 2}, "..xxxxxx"),
        ({"every": 3}, "x..x..x."),
        ({"skip": 1, "every": 2, "times": 2}, ".x.x...."),
        ({"chance": 0}, "........"),
        ({"chance": 1}, "xxxxxxxx"),
        ({"after": "3s"}, "...xxxxx"),
        ({"until": "3s"}, "xxx....."),
        ({"after": "2s", "until": "2030-01-01T00:00:05Z", "times": 1}, "..x....."),
    ],
)
def test_a_rule_follows_its_schedule(emulator: Emulator, schedule: dict[str, Any], applied: str) -> None:
    emulator.faults.add("credential.create", Refuse(20429), unused="ignore", **schedule)
    seen = ""
    for _ in range(8):
        seen += "x" if create(emulator) == 20429 else "."
        emulator.clock.advance(1)
    assert seen == applied


def random(seed: int, **others: Any) -> list[int | str]:
    emulator = Emulator(seed=seed)
    for call, effect in others.items():
        emulator.faults.add(f"credential.{call}", effect, chance=0.5)
    emulator.faults.add("credential.create", Refuse(20429), name="mine", chance=0.4)
    return [create(emulator) for _ in range(50)]


def test_chance_depends_on_seed_name_and_number_and_on_no_other_rule() -> None:
    assert random(1) == random(1) != random(2)
    assert random(1) == random(1, fetch=Drop(), list=Drop())
    assert 5 < Counter(random(1))[20429] < 35


def test_chance_does_not_depend_on_the_thread_of_a_matched_call() -> None:
    from concurrent.futures import ThreadPoolExecutor

    emulator = Emulator(seed=1)
    emulator.faults.add("credential.create", Refuse(20429), name="mine", chance=0.4)
    with ThreadPoolExecutor(8) as pool:
        threaded = list(pool.map(lambda _: create(emulator), range(50)))
    assert Counter(threaded) == Counter(random(1))


# --- responses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(BY_CODE))
def test_every_error_code_can_be_returned(emulator: Emulator, code: int) -> None:
    emulator.faults.add("credential.create", Refuse(code))
    with pytest.raises(TwilioRestException) as caught:
        emulator.client().notify.v1.credentials.create(type="fcm", secret="x")
    assert (caught.value.code, caught.value.status) == (code, BY_CODE[code].status)
    assert "{" not in caught.value.msg
    assert len(emulator.credentials) == 0
    assert emulator.journal.last.code == code


def test_an_error_response_can_have_retry_after_and_its_own_text(emulator: Emulator) -> None:
    emulator.faults.add("*", Refuse(20429, message="slow down", detail="really", retry_after="90s"))
    response = emulator.client().http_client.request(
        "GET", "https://notify.twilio.com/v1/Credentials", auth=emulator.auth
    )
    assert response.headers["Retry-After"] == "90"
    assert response.text == (
        '{"code": 20429, "detail": "really", "message": "slow down", '
        '"more_info": "https://www.twilio.com/docs/errors/20429", "status": 429}'
    )


def test_the_503_of_the_edge_is_compact_and_lacks_the_headers_of_the_gateway(emulator: Emulator) -> None:
    emulator.faults.add("*", Refuse(20503))
    response = emulator.client().http_client.request(
        "GET", "https://notify.twilio.com/v1/Credentials", auth=emulator.auth
    )
    assert response.text == (
        '{"code":20503,"message":"Service is unavailable, please try again",'
        '"more_info":"https://www.twilio.com/docs/errors/503","status":503}'
    )
    assert list(response.headers) == ["Date", "Content-Type", "Content-Length"]


@pytest.mark.parametrize(
    ("effect", "status", "text", "headers"),
    [
        (Status(502, "<html>Bad Gateway</html>"), 502, "<html>Bad Gateway</html>", {"Content-Type": "text/html"}),
        (Status(500), 500, "", {"Content-Length": "0"}),
        (Status(302, location="https://elsewhere.example/"), 302, "", {"Location": "https://elsewhere.example/"}),
        (Status(204, "ignored"), 204, "", {"Content-Length": "0"}),
        (Status(503, retry_after=7), 503, "", {"Retry-After": "7"}),
    ],
)
def test_any_status_can_be_returned(
    emulator: Emulator, effect: Status, status: int, text: str, headers: dict[str, str]
) -> None:
    emulator.faults.add("*", effect)
    response = emulator.client().http_client.request("GET", "https://notify.twilio.com/v1/X", auth=emulator.auth)
    assert (response.status_code, response.text) == (status, text)
    assert headers.items() <= dict(response.headers).items()


def test_a_rate_limit_counts_per_account_on_the_emulators_clock(emulator: Emulator) -> None:
    emulator.faults.add("*", RateLimit(limit=2, window="10s", retry_after=True))
    assert [create(emulator) for _ in range(3)] == [200, 200, 20429]
    assert emulator.journal.last.retry_after == 10
    stranger = emulator.client("ACother", "x").notify.v1.credentials
    assert outcome(stranger.create, type="fcm", secret="x") == 200
    emulator.clock.advance(4)
    assert create(emulator) == 20429
    assert emulator.journal.last.retry_after == 6
    emulator.clock.advance(6)
    assert create(emulator) == 200


def test_a_rate_limit_without_retry_after_sends_no_such_header(emulator: Emulator) -> None:
    emulator.faults.add("*", RateLimit(limit=0))
    assert create(emulator) == 20429
    assert emulator.journal.last.retry_after is None


# --- phase -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("effect", [Refuse(20500), Status(502), Drop(), Hang(5)])
def test_before_a_call_is_not_carried_out_and_after_it_is(emulator: Emulator, effect: Any) -> None:
    emulator.faults.add("credential.create", effect, times=1)
    assert create(emulator) != 200
    assert len(emulator.credentials) == 0
    emulator.faults.add("credential.create", effect, phase="after", times=1)
    assert create(emulator) != 200
    assert len(emulator.credentials) == 1
    assert (emulator.journal.last.played, emulator.journal.last.sid) == (201, next(iter(emulator.credentials)))


def test_a_lost_response_and_a_retry_make_duplicates(emulator: Emulator) -> None:
    emulator.faults.add("credential.create", Drop(), phase="after", times=1)
    assert [create(emulator, secret="hush"), create(emulator, secret="hush")] == ["lost", 200]
    with pytest.raises(AssertionError) as caught:
        emulator.assert_no_duplicates()
    lines = str(caught.value).splitlines()
    assert lines[0] == f"2 records are alike: {', '.join(emulator.credentials)}"
    assert "-> no response [drop-1] after 201" in lines[2]
    assert "hush" not in str(caught.value)


def test_equal_records_of_different_accounts_are_not_duplicates(emulator: Emulator) -> None:
    emulator.credentials.add(type="fcm", secret="x")
    emulator.credentials.of("ACother").add(type="fcm", secret="x")
    emulator.credentials.add(type="fcm", secret="y")
    emulator.assert_no_duplicates()


# --- time ------------------------------------------------------------------------------------------------------------


def test_a_delay_moves_the_clock_without_waiting(emulator: Emulator) -> None:
    emulator.faults.add("credential.create", Delay("1h"), times=1)
    emulator.faults.add("credential.create", Delay("30m"), phase="after", times=1)
    made = emulator.client().notify.v1.credentials.create(type="fcm", secret="x")
    assert f"{made.date_created:%H:%M}" == "01:00"
    assert f"{emulator.clock.now():%H:%M}" == "01:30"


@pytest.mark.parametrize(
    ("effect", "low", "high"),
    [(Delay(low=1, high=3), 1, 3), (Delay(median=1, p99=5), 0.05, 30), (Delay(median=2, p99=2), 2, 2)],
)
def test_a_delay_is_drawn_from_its_distribution(effect: Delay, low: float, high: float) -> None:
    emulator = Emulator(frozen="2030-01-01")
    emulator.faults.add("credential.create", effect)
    waits = []
    for _ in range(200):
        start = emulator.clock.time()
        create(emulator)
        waits.append(emulator.clock.time() - start)
    assert low - 1e-6 <= min(waits) <= max(waits) <= high + 1e-6
    if effect.median == 1:
        assert 0.7 < sorted(waits)[100] < 1.4
        assert sum(wait > 5 for wait in waits) <= 10


# --- state -----------------------------------------------------------------------------------------------------------


def test_a_stale_read_does_not_see_the_last_writes(emulator: Emulator) -> None:
    credentials = emulator.client().notify.v1.credentials
    old = credentials.create(type="fcm", secret="x", friendly_name="old").sid
    doomed = credentials.create(type="fcm", secret="x").sid
    emulator.clock.advance(10)
    credentials(old).update(friendly_name="new")
    credentials(doomed).delete()
    fresh = credentials.create(type="fcm", secret="x").sid
    emulator.clock.advance(2)
    with emulator.faults.add("*", Stale(5)):
        assert [one.sid for one in credentials.list()] == [old, doomed]
        assert credentials(old).fetch().friendly_name == "old"
        assert outcome(credentials(doomed).fetch) == 200
        assert outcome(credentials(fresh).fetch) == 20404
        assert outcome(credentials(fresh).update, friendly_name="written") == 200
        emulator.clock.advance(5)
        assert [one.sid for one in credentials.list()] == [old, fresh]
        assert credentials(old).fetch().friendly_name == "new"
    assert credentials(fresh).fetch().friendly_name == "written"


def test_a_stale_list_sees_neither_a_new_service_nor_a_new_binding(emulator: Emulator) -> None:
    def list_bindings(service: str) -> Any:
        answer = ask(emulator, "GET", f"/v1/Services/{service}/Bindings")
        return answer.status if answer.status != 200 else len(json.loads(answer.body)["bindings"])

    old = emulator.client().notify.v1.services.create().sid
    emulator.clock.advance(60)
    new = emulator.client().notify.v1.services.create().sid
    for service in (old, new):
        emulator.client().notify.v1.services(service).bindings.create("alice", "sms", "+49123")
    with emulator.faults.add("binding.list", Stale(30)):
        assert [list_bindings(old), list_bindings(new)] == [0, 404]
        emulator.clock.advance(30)
        assert [list_bindings(old), list_bindings(new)] == [1, 1]


def test_without_a_rule_nothing_is_hidden_when_the_clock_was_set_back(emulator: Emulator) -> None:
    service = emulator.client().notify.v1.services.create()
    service.bindings.create("alice", "sms", "+49123")
    emulator.clock.set("2029-01-01")
    assert len(service.bindings.list()) == len(emulator.client().notify.v1.services.list()) == 1


def test_a_forgotten_record_is_not_found_once(emulator: Emulator) -> None:
    credentials = emulator.client().notify.v1.credentials
    emulator.faults.add("credential.create", Forget(), times=1)
    one, two = (credentials.create(type="fcm", secret="x").sid for _ in range(2))
    hidden = ask(emulator, "GET", f"/v1/Credentials/{one}")
    assert hidden.status == 404
    assert json.loads(hidden.body)["message"] == f"The requested resource /Credentials/{one} was not found"
    assert emulator.journal.last.reason == "hidden by a fault rule"
    assert [outcome(credentials(one).fetch), outcome(credentials(two).fetch)] == [200, 200]


def test_a_token_expires_for_the_matched_call_or_after_it() -> None:
    account = "AC" + "1" * 32
    emulator = Emulator(accounts={account: "old", "AC" + "2" * 32: "other"})
    fetch = emulator.client().notify.v1.credentials(emulator.credentials.add(type="fcm").sid).fetch
    emulator.faults.add("*", Expire(new_token="new"), phase="after", times=1)
    assert [outcome(fetch), outcome(fetch)] == [200, 20003]
    assert emulator.auth == (account, "new")
    new = emulator.client().notify.v1.credentials
    other = emulator.client("AC" + "2" * 32, "other").notify.v1.credentials
    assert [outcome(new.list), outcome(other.list)] == [200, 200]
    emulator.faults.add("*", Expire(), times=1)
    assert outcome(emulator.client(account, "new").notify.v1.credentials("CR1").fetch) == 20003


def test_without_accounts_any_other_token_works_after_one_has_expired(emulator: Emulator) -> None:
    emulator.faults.add("*", Expire(), times=1)
    assert [create(emulator), create(emulator)] == [20003, 20003]
    again = emulator.client(emulator.auth[0], "rotated").notify.v1.credentials
    assert outcome(again.create, type="fcm", secret="x") == 200


# --- the rules in force ----------------------------------------------------------------------------------------------


def test_a_rule_is_a_context_manager_and_counts_its_calls(emulator: Emulator) -> None:
    with emulator.faults.add("credential.create", Refuse(20429), name="busy") as busy:
        assert create(emulator) == 20429
        assert busy.fired == 1
        assert [(exchange.number, name) for exchange, name in emulator.faults.fired] == [(1, "busy")]
    assert create(emulator) == 200
    assert len(emulator.faults) == 0
    assert emulator.faults.unused == []


def test_a_rule_that_was_never_applied_is_unused_even_after_its_removal(emulator: Emulator) -> None:
    with emulator.faults.add("credential.create", Refuse(20429), name="gone"):
        pass
    emulator.faults.add("credential.fetch", Refuse(20429), name="here")
    assert [rule.name for rule in emulator.faults.unused] == ["gone", "here"]
    emulator.faults.clear()
    assert emulator.faults.unused == []


def test_rules_apply_in_order_and_the_first_response_ends_the_call(emulator: Emulator) -> None:
    emulator.faults.add("*", Delay(5), name="slow")
    emulator.faults.add("*", Refuse(20429), name="busy")
    emulator.faults.add("*", Refuse(20500), name="broken")
    assert create(emulator) == 20429
    assert emulator.journal.last.faults == ("slow", "busy")
    assert emulator.clock.now().second == 5
    emulator.faults.remove("busy")
    assert create(emulator) == 20500


def test_reset_and_checkpoint_restore_rules_and_their_counts() -> None:
    emulator = Emulator(faults=[{"call": "credential.create", "effect": "refuse", "code": 20429, "times": 1}])
    with emulator.checkpoint():
        assert [create(emulator), create(emulator)] == [20429, 200]
        emulator.faults.add("*", Drop())
    assert [create(emulator), create(emulator)] == [20429, 200]
    emulator.faults.add("*", Drop())
    emulator.reset()
    assert [create(emulator), create(emulator)] == [20429, 200]


def test_the_description_of_a_rule_makes_the_same_rule(emulator: Emulator) -> None:
    rule = emulator.faults.add(
        "credential.create", Delay(low=1, high=2), phase="after", times=2, Type="fcm", headers={"X": "y"}, after="5s"
    ).rule
    spec = rule.describe()
    assert spec["seen"] == spec["fired"] == 0
    emulator.faults.clear()
    again = emulator.faults.read({key: value for key, value in spec.items() if key not in ("seen", "fired")}, "spec")
    assert again.describe() == spec


@pytest.mark.parametrize(
    ("call", "effect", "options", "message"),
    [
        (
            "credential.craete",
            Refuse(20429),
            {},
            "call: 'credential.craete' matches no call; did you mean credential.create?",
        ),
        ("segment.*", Refuse(20429), {}, "matches no call"),
        ("", Refuse(20429), {}, "call: expected text of 1 to 200 printable characters, got ''"),
        ("*", "refuze", {}, "effect: unknown effect 'refuze'; did you mean refuse?"),
        ("*", "refuse", {}, "code: is missing; the effect refuse requires it"),
        ("*", "refuse", {"code": 1}, "code: 1 is not a supported error code; expected one of: 20001, "),
        ("*", "refuse", {"code": 20429, "tmies": 1}, "tmies: unknown key; did you mean times?"),
        ("*", "refuse", {"code": 20503, "message": "x"}, "message: cannot be changed for 20503"),
        ("*", "delay", {"seconds": -1}, "seconds: -1 is not a length of time"),
        ("*", "delay", {}, "give seconds, or low and high, or median and p99"),
        ("*", "delay", {"low": 2, "high": 1}, "low: must not be more than high"),
        ("*", "hang", {"seconds": "2h"}, "seconds: must not be longer than an hour"),
        ("*", "dribble", {"pieces": 0}, "pieces: expected a whole number from 1 to 10,000, got 0"),
        ("*", "status", {"status": 99}, "status: expected a status from 200 to 599, got 99"),
        ("*", "status", {"status": 200, "location": "a\nb"}, "location: cannot be sent"),
        ("*", "status", {"status": 200, "location": 5}, "location: is not text"),
        ("*", "status", {"status": 200, "content_type": "日本"}, "content_type: cannot be sent"),
        ("*", "status", {"status": 200, "body": "\ud800"}, "body: cannot be sent"),
        ("*", "refuse", {"code": [1]}, "code: a list is not a supported error code"),
        ("*", "rate_limit", {"limit": 1, "retry_after": "yes"}, "retry_after: expected true or false, got 'yes'"),
        ("*", "rate_limit", {}, "limit: is missing"),
        ("*", "rate_limit", {"limit": 1, "window": 0}, "window: must be more than 0"),
        ("*", "truncate", {"bytes": -1}, "bytes: expected a whole number (0 or more), got -1"),
        ("*", "truncate", {"phase": "before"}, "phase: 'before' is not possible here; expected one of: after"),
        ("*", "garble", {"what": "all"}, "what: cannot garble 'all'; expected one of: json, "),
        (
            "credential.create",
            "stale",
            {},
            "call: stale does not apply to 'credential.create'; it applies to *.fetch, *.list",
        ),
        ("credential.fetch", "forget", {}, "call: forget does not apply to 'credential.fetch'"),
        ("*", "drop", {"chance": 1.1}, "chance: expected a number from 0 to 1, got 1.1"),
        ("*", "drop", {"chance": "half"}, "chance: expected a number from 0 to 1, got 'half'"),
        ("*", "drop", {"times": 0}, "times: expected a whole number (1 or more), got 0"),
        ("*", "drop", {"every": 1.5}, "every: expected a whole number (1 or more), got 1.5"),
        ("*", "drop", {"after": "soon"}, "after: 'soon' is not a point in time"),
        ("*", "drop", {"after": "5s", "until": "5s"}, "until: must be later than after"),
        ("*", "drop", {"form": {"Type": 7}}, "form: must be a mapping of names to text"),
        ("*", "drop", {"Type": "*" + "a" * 1000}, "form: the text with wildcards for 'Type' has 1001 characters; the"),
        ("*", "drop", {"sid": 7}, "sid: expected text of 1 to 200 printable characters, got 7"),
        (
            "*",
            "drop",
            {"unused": "maybe"},
            "unused: 'maybe' is not possible here; expected one of: error, warn, ignore",
        ),
        ("*", "drop", {"name": ""}, "name: expected text of 1 to 200 printable characters, got ''"),
        ("*", "drop", {"name": "a\nb"}, "name: expected text of 1 to 200 printable characters"),
        ("*", "drop", {"predicate": "x"}, "predicate: must be a function"),
        ("*", "expire", {"new_token": ""}, "new_token: must be non-empty text"),
    ],
)
def test_a_bad_rule_is_an_error_that_names_the_key_and_nothing_is_added(
    emulator: Emulator, call: str, effect: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError) as caught:
        emulator.faults.add(call, effect, **options)
    assert message in str(caught.value)
    assert len(emulator.faults) == 0


def test_a_generated_name_is_not_in_use(emulator: Emulator) -> None:
    emulator.faults.add("*", Drop(), name="drop-1")
    emulator.faults.add("*", Drop(), name="drop-3")
    assert [emulator.faults.add("*", Drop()).rule.name for _ in range(2)] == ["drop-4", "drop-5"]


def test_two_rules_cannot_have_the_same_name(emulator: Emulator) -> None:
    emulator.faults.add("*", Drop(), name="same")
    with pytest.raises(UsageError, match="a rule 'same' already exists"):
        emulator.faults.add("*", Drop(), name="same")
    with pytest.raises(UsageError, match="unknown rule 'sane'; did you mean same"):
        emulator.faults.remove("sane")


# --- files, scenarios and headers ------------------------------------------------------------------------------------


def test_rules_come_from_a_yaml_file_and_errors_name_its_line(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("faults:\n  - {call: credential.create, effect: refuse, code: 20429, times: 1}\n")
    emulator = Emulator(faults=path)
    assert [create(emulator), create(emulator)] == [20429, 200]
    for text, message in [
        (
            "faults:\n  - {effect: refuse, code: 20429}\n  - {effect: drop, chence: 1}",
            "line 3, faults[1], chence: unknown key",
        ),
        ("faults:\n  - {call: '*'}", "line 2, faults[0], effect: is missing"),
        ("faults: 7", "faults: is not a list"),
        ("rules: []", "contains no rules"),
        ("faults: []\nother: 1", "unknown key 'other'"),
        ("faults:\n  - [1]", "line 2, faults[0]: is not a mapping"),
    ]:
        path.write_text(text)
        with pytest.raises(UsageError) as caught:
            Emulator(faults=path)
        assert message in str(caught.value)
        assert str(path) in str(caught.value)


@pytest.mark.parametrize("faults", [7, {"effect": "drop"}, [7]])
def test_rules_that_are_not_a_list_are_an_error(faults: Any) -> None:
    with pytest.raises(UsageError, match="faults"):
        Emulator(faults=faults)


@pytest.mark.parametrize(
    ("scenario", "expected"),
    [
        ("rate-limited", [200] * 5 + [20429] * 3),
        ("outage", [20503] * 8),
        ("slow", [200] * 8),
        ("token-rotated", [200] * 5 + [20003] * 3),
        ("account-suspended", [20005] * 8),
        ("notify-eol", [20404] * 8),
    ],
)
def test_a_scenario_does_what_its_name_says(scenario: str, expected: list[int]) -> None:
    emulator = Emulator(scenario=scenario, frozen="2030-01-01")
    assert [create(emulator, secret="AAAAlegacy") for _ in range(8)] == expected
    assert all(rule.unused == "ignore" for rule in emulator.faults)


def test_the_scenarios_are_the_documented_ones() -> None:
    assert set(scenario_names()) == {
        "rate-limited",
        "flaky-network",
        "slow",
        "outage",
        "token-rotated",
        "account-suspended",
        "notify-eol",
    }
    for name in scenario_names():
        assert describe_scenario(name).endswith(".")
        assert len(Emulator(scenario=name).faults) >= 1
    with pytest.raises(UsageError, match="did you mean outage"):
        Emulator(scenario="outrage")


def test_scenarios_add_up() -> None:
    emulator = Emulator(scenario=["slow", "outage"], frozen="2030-01-01")
    assert create(emulator) == 20503
    assert emulator.journal.last.faults == ("slow", "outage")


def test_the_scenarios_are_part_of_the_package_that_is_installed() -> None:
    config = configparser.ConfigParser()
    config.read(ROOT / "setup.cfg")
    pattern = config["options.package_data"]["notify_mock.faults"]
    folder = Path(faults.__file__).parent
    assert {path.stem for path in folder.glob(pattern)} == set(scenario_names()) != set()


def test_a_flaky_network_loses_the_same_calls_for_the_same_seed() -> None:
    def run(seed: int) -> list[int | str]:
        emulator = Emulator(scenario="flaky-network", seed=seed)
        return [create(emulator, secret=str(number)) for number in range(200)]

    assert run(1) == run(1) != run(2)
    assert 5 < Counter(run(1))["lost"] < 60


def test_after_the_end_of_notify_other_apis_work() -> None:
    eol = Emulator(scenario="notify-eol")
    assert outcome(eol.client().conversations.v1.credentials.create, type="fcm", secret="x") == 200


def request(emulator: Emulator, header: str) -> tuple[int, str]:
    response = emulator.client().http_client.request(
        "POST",
        "https://notify.twilio.com/v1/Credentials",
        data={"Type": "fcm", "Secret": "x"},
        headers={"Content-Type": "application/x-www-form-urlencoded", "X-Notify-Mock-Fault": header},
        auth=emulator.auth,
    )
    return response.status_code, response.text


def test_a_request_can_carry_a_fault_if_the_option_is_on() -> None:
    emulator = Emulator(fault_header=True)
    assert request(emulator, "refuse code=20503; times=1")[0] == 503
    assert len(emulator.credentials) == 0
    assert request(emulator, "status status=502 phase=after")[0] == 502
    assert len(emulator.credentials) == 1
    assert create(emulator) == 200
    assert emulator.journal.calls()[0].faults == ("header",)
    assert len(emulator.faults) == 0
    assert request(Emulator(), "refuse code=20503; times=1")[0] == 201, "it is off by default"


def test_a_fault_header_can_contain_quotes(emulator: Emulator) -> None:
    emulator = Emulator(fault_header=True)
    assert request(emulator, 'status status=502 body="<h1>bad; gateway</h1>"; times=1') == (
        502,
        "<h1>bad; gateway</h1>",
    )
    status, text = request(emulator, 'refuse message="open')
    assert (status, "no closing quotation; close the quotes" in text) == (400, True)


def test_a_preflight_response_allows_the_fault_header_if_the_option_is_on() -> None:
    for emulator, allowed in ((Emulator(fault_header=True), True), (Emulator(), False)):
        answer = emulator.app.test_client().options("/v1/Credentials")
        assert ("x-notify-mock-fault" in answer.headers["Access-Control-Allow-Headers"]) == allowed


@pytest.mark.parametrize("header", ["explode", "refuse", "refuse code", "refuse code=x", "drop chance=2", "", "a=b; c"])
def test_a_bad_fault_header_is_a_400_with_its_reason_in_the_journal(header: str) -> None:
    emulator = Emulator(fault_header=True)
    status, text = request(emulator, header)
    assert (status, '"code": 20001' in text) == (400, True)
    assert emulator.journal.last.reason
    assert '"detail": ' in text
    assert len(emulator.credentials) == 0


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40).filter(lambda header: not any(kind in header for kind in BY_KIND)))
def test_no_fault_header_makes_the_core_fail(header: str) -> None:
    from helpers.calls import basic

    from notify_mock import Call

    emulator = Emulator(fault_header=True)
    headers = {"authorization": basic(*emulator.auth), "x-notify-mock-fault": header}
    assert emulator.handle(Call("GET", "x", "/v1/Credentials", headers=headers)).status in (200, 400)


def test_chance_of_a_rule_without_a_name_depends_on_no_other_rule_either() -> None:
    def run(*before: str) -> list[int | str]:
        emulator = Emulator(seed=3)
        for call in before:
            emulator.faults.add(call, Drop(), chance=0.5)
        emulator.faults.add("credential.create", Drop(), chance=0.5)
        return [create(emulator) for _ in range(20)]

    assert run() == run("credential.delete") == run("credential.list", "credential.delete")
    assert len(set(run())) == 2


def test_a_fault_header_can_have_chance_and_a_call() -> None:
    emulator = Emulator(fault_header=True)
    statuses = [request(emulator, "refuse code=20503 chance=0.5")[0] for _ in range(30)]
    assert set(statuses) == {201, 503}
    assert request(emulator, "refuse code=20503 call=credential.delete")[0] == 201


def test_a_checkpoint_restores_a_rate_limit(emulator: Emulator) -> None:
    emulator.faults.add("*", RateLimit(limit=2, window=60))
    create(emulator)
    with emulator.checkpoint():
        assert [create(emulator), create(emulator)] == [200, 20429]
    assert [create(emulator), create(emulator)] == [200, 20429]


def test_a_rate_limit_ignores_calls_after_the_present_when_the_clock_was_set_back(emulator: Emulator) -> None:
    emulator.faults.add("*", RateLimit(limit=1, window=60))
    create(emulator)
    emulator.clock.set("2029-01-01")
    assert create(emulator) == 200


def test_effects_of_one_call_add_up(emulator: Emulator) -> None:
    client = emulator.client().notify.v1.credentials
    for first, second, expected in [
        (Dribble(5), Hang(2), "no response [dribble-1, hang-1] after 201"),
        (Truncate(), Reset(), "no response [truncate-1, reset-1] after 201"),
        (Dribble(5), Truncate(), "201 [dribble-1, truncate-1]"),
    ]:
        emulator.reset()
        for effect in (first, second):
            emulator.faults.add("*", effect, phase="after")
        with pytest.raises(RequestException):
            client.create(type="fcm", secret="x")
        assert emulator.journal.last.outcome() == expected
    assert emulator.clock.now().second == 5


def test_forget_is_not_applied_to_a_create_that_failed(emulator: Emulator) -> None:
    emulator.faults.add("credential.create", Forget())
    assert create(emulator, type="web") == 70105
    assert [rule.name for rule in emulator.faults.unused] == ["forget-1"]


def test_removing_a_rule_twice_removes_no_other_rule(emulator: Emulator) -> None:
    with emulator.faults.add("credential.list", Drop()):
        emulator.reset()
        emulator.faults.add("credential.create", Drop())
    assert [rule.match.call for rule in emulator.faults] == ["credential.create"]


def test_a_new_token_and_matched_secrets_are_never_shown(emulator: Emulator) -> None:
    added = emulator.faults.add("*", Expire(new_token="hush"), Secret="hush", headers={"Authorization": "hush"})
    rule = added.rule
    assert (
        "hush"
        not in f"{rule} {rule!r} {rule.match!r} {rule.effect!r} {emulator.faults!r} {rule.describe()['new_token']}"
    )


def test_a_bearer_token_expires_too(emulator: Emulator) -> None:
    from helpers.calls import basic

    from notify_mock import Call

    emulator.faults.add("*", Expire(), times=1)
    calls = [
        Call("GET", "x", "/v1/Credentials", headers={"authorization": who}) for who in ("Bearer a", basic("ACx", "y"))
    ]
    assert [emulator.handle(call).status for call in (calls[0], calls[0], calls[1])] == [401, 401, 200]


def test_permanent_rules_are_in_force_again_after_a_reset(emulator: Emulator) -> None:
    emulator.add_permanent_fault("credential.create", Refuse(20429), times=1)
    for _ in range(2):
        assert [create(emulator), create(emulator)] == [20429, 200]
        emulator.reset()


@pytest.mark.parametrize("options", [{"fault_header": "no"}, {"control_token": ""}, {"unused_faults": "x"}])
def test_a_bad_option_about_faults_is_an_error_that_names_it(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=next(iter(options))):
        Emulator(**options)


def test_a_thousand_rules_that_do_not_match_have_no_effect(emulator: Emulator) -> None:
    for number in range(1000):
        emulator.faults.add("*", Garble(), sid=f"CR{number}", unused="ignore")
    assert create(emulator) == 200
