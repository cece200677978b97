"""Rules: which calls they match, when they are due, how they describe themselves, and how they come and go."""

from __future__ import annotations

from collections import Counter
from contextlib import nullcontext
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from notify_mock import Delay, Drop, Expire, Hang, RateLimit, Refuse, UsageError
from notify_mock.engine.routes import CALL_PARAMETERS
from notify_mock.faults.kinds import BY_KIND
from notify_mock.faults.match import Match, covers, is_delivery, keys_of
from notify_mock.faults.readers import describe_scenario, read_faults, read_header, read_scenario, scenario_names
from notify_mock.faults.rule import RULE_KEYS, Rule
from notify_mock.faults.rules import Faults
from notify_mock.faults.schedule import Schedule
from notify_mock.journal.exchange import Exchange
from notify_mock.support.clock import Clock
from notify_mock.support.ids import Sids
from notify_mock.twilio_api.channels import DELIVERY_NAMES, DELIVERY_PARAMETERS
from notify_mock.twilio_api.messages import Call, Params
from notify_mock.twilio_api.products import Endpoint

NOW = 1893456000.0
KNOWN = {**CALL_PARAMETERS, **dict.fromkeys(DELIVERY_NAMES, DELIVERY_PARAMETERS)}


def faults(seed: int = 1) -> Faults:
    """Return rules without an emulator. The clock is stopped at the beginning of 2030."""
    clock = Clock("2030-01-01T00:00:00Z")
    return Faults(nullcontext(True), clock, Sids(seed), None, KNOWN)  # type: ignore[arg-type]


def exchange(
    name: str | None = "credential.create",
    form: tuple[tuple[str, str], ...] = (("Type", "fcm"), ("Secret", "x")),
    query: tuple[tuple[str, str], ...] = (),
    sid: str | None = None,
    number: int = 1,
) -> Exchange:
    headers = {"user-agent": "curl/8", "accept": "*"}
    call = Call("POST", "x", "/v1/Credentials", query=Params(query), form=Params(form), headers=headers)
    made = Exchange(number, NOW, call, name, Endpoint("notify/v1", "us1", "", "/Credentials"))
    made.account_sid, made.sid = "AC1", sid
    return made


def applied(rules: Faults, **values: Any) -> tuple[str, ...]:
    """Return the names of the rules that apply to a call."""
    made = exchange(**values)
    rules.apply(made, "before", 1)
    return made.faults


# --- match -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("glob", "name", "expected"),
    [
        ("*", "credential.create", True),
        ("*", None, True),
        ("*", "delivery.apn", False),
        ("*.apn", "delivery.apn", False),
        ("delivery.*", "delivery.apn", True),
        ("delivery.*", "credential.create", False),
        ("delivery.*", None, False),
        ("credential.*", "credential.create", True),
        ("credential.*", "service.create", False),
        ("Credential.*", "credential.create", False),
        ("?*", None, False),
    ],
)
def test_a_glob_covers_names(glob: str, name: str | None, expected: bool) -> None:
    assert covers(glob, name) is expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("delivery.apn", True), ("delivery.*", True), ("delivery", False), ("x.delivery.", False), (None, False)],
)
def test_a_delivery_has_a_name_that_begins_so(name: str | None, expected: bool) -> None:
    assert is_delivery(name) is expected
    assert is_delivery(7) is False


MATCHES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"account_sid": "AC1"}, True),
    ({"account_sid": "AC2"}, False),
    ({"api": "notify/v1"}, True),
    ({"api": "chat/v1"}, False),
    ({"sid": "CR1"}, True),
    ({"sid": "CR2"}, False),
    ({"form": {"Type": "fcm"}}, True),
    ({"form": {"Type": "f*", "Secret": "?"}}, True),
    ({"form": {"Type": "fcm", "Secret": "y"}}, False),
    ({"form": {"Name": "*"}}, True),
    ({"form": {"Name": "?*"}}, False),
    ({"form": {"Name": ""}}, True),
    ({"form": {"Page": "1"}}, False),
    ({"headers": {"user-agent": "curl/8"}}, True),
    ({"headers": {"user-agent": "curl*", "accept": "[*]"}}, True),
    ({"headers": {"user-agent": "curl*", "accept": "x"}}, False),
    ({"headers": {"x": ""}}, True),
    ({"headers": {"x": "?"}}, False),
    ({"predicate": lambda one: one.number == 1}, True),
    ({"predicate": lambda one: one.number == 2}, False),
    ({"account_sid": "AC1", "api": "notify/v1", "sid": "CR1", "form": {"Type": "fcm"}}, True),
    ({"account_sid": "AC1", "api": "notify/v1", "sid": "CR1", "form": {"Type": "x"}}, False),
    ({"account_sid": "AC2", "api": "notify/v1", "sid": "CR1"}, False),
]


@pytest.mark.parametrize(("conditions", "expected"), MATCHES)
def test_a_rule_matches_what_meets_all_its_conditions(conditions: dict[str, Any], expected: bool) -> None:
    one = exchange(query=(("Page", "1"),), sid="CR1")
    assert Match("*", **conditions).matches(one) is expected
    assert not expected or Match("*", **conditions).key() in keys_of(one)
    rules = faults()
    rules.add("credential.create", Delay(0), name="mine", **conditions)
    assert (applied(rules, query=(("Page", "1"),), sid="CR1") == ("mine",)) is expected


@pytest.mark.parametrize(
    ("conditions", "key"),
    [
        ({}, None),
        ({"api": "a"}, ("api", "a")),
        ({"api": "a", "account_sid": "b"}, ("account", "b")),
        ({"account_sid": "b", "headers": {"x": "*", "y": "z"}}, ("header", "y", "z")),
        ({"headers": {"y": "z"}, "form": {"A": "", "B": "a?", "C": "[a]", "D": "d"}}, ("form", "D", "d")),
        ({"form": {"D": "d"}, "sid": "s"}, ("sid", "s")),
        ({"form": {"A": ""}, "headers": {"x": "", "y": "a*"}, "account_sid": "b"}, ("account", "b")),
    ],
)
def test_a_rule_is_found_by_its_most_selective_condition(conditions: dict[str, Any], key: Any) -> None:
    assert Match("*", **conditions).key() == key


def test_a_call_looks_for_rules_by_everything_that_it_has() -> None:
    keys = keys_of(exchange(form=(("A", "1"), ("A", "2")), query=(("B", "3"),), sid="CR1"))
    assert keys == [
        *(None, ("account", "AC1"), ("api", "notify/v1"), ("sid", "CR1")),
        *(("header", "user-agent", "curl/8"), ("header", "accept", "*")),
        *(("form", "A", "1"), ("form", "A", "2")),
    ]
    assert ("sid", None) not in keys_of(exchange())


# --- schedule --------------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    skip=st.integers(0, 5),
    every=st.integers(1, 4),
    times=st.none() | st.integers(1, 4),
)
def test_a_rule_is_due_for_every_nth_call_after_those_it_skips(skip: int, every: int, times: int | None) -> None:
    schedule, fired = Schedule(times, skip, every), []
    for number in range(1, 21):
        if schedule.due(number, len(fired)):
            fired.append(number)
    assert fired == list(range(skip + 1, 21, every))[:times]


@pytest.mark.parametrize(
    ("after", "until", "opened"),
    [(None, None, [1, 2, 3, 4]), (2, None, [2, 3, 4]), (None, 3, [1, 2]), (2, 4, [2, 3]), (2, 3, [2])],
)
def test_a_rule_is_open_from_after_until_before_until(after: Any, until: Any, opened: list[int]) -> None:
    schedule = Schedule(after=after, until=until)
    assert [now for now in (1, 2, 3, 4) if schedule.open(now)] == opened


# --- descriptions ----------------------------------------------------------------------------------------------------


def test_a_rule_describes_what_differs_from_the_defaults() -> None:
    rule = faults().add("credential.*", Drop()).rule
    expected = {"name": "drop-1", "call": "credential.*", "effect": "drop", "phase": "before", "unused": "error"}
    assert rule.describe() == {**expected, "seen": 0, "fired": 0}
    assert list(rule.describe()) == [*expected, "seen", "fired"]
    assert str(rule) == "drop-1 (credential.* drop before)"
    assert repr(rule) == "<Rule drop-1 (credential.* drop before), seen 0, fired 0>"


def test_a_rule_describes_everything_that_is_given() -> None:
    values = {"times": 1, "skip": 2, "every": 3, "chance": 0.5, "account_sid": "AC1", "api": "notify/v1", "sid": "CR1"}
    more = {"after": "1m", "until": "2030-01-01T00:02:00+00:00", "unused": "warn", "phase": "after", "name": "mine"}
    rule = faults().add("*", Refuse(20429, retry_after=5), **values, **more, Type="fcm", ApiKey="k").rule
    assert rule.describe() == {
        **values,
        "name": "mine",
        "call": "*",
        "effect": "refuse",
        "code": 20429,
        "retry_after": 5,
        "form": {"Type": "fcm", "ApiKey": "[secret]"},
        "after": "2030-01-01T00:01:00+00:00",
        "until": "2030-01-01T00:02:00+00:00",
        "phase": "after",
        "unused": "warn",
        "seen": 0,
        "fired": 0,
    }
    assert str(rule) == "mine (* refuse code=20429 retry_after=5 after)"


def test_of_matched_parameters_secrets_and_urls_are_masked_and_no_others() -> None:
    parameters = {"FriendlyName": "who? #1", "Secret": "hush", "DeliveryCallbackUrl": "http://user:hush@chat/?key=hush"}
    assert faults().add("*", Drop(), **parameters).rule.describe()["form"] == {
        "FriendlyName": "who? #1",
        "Secret": "[secret]",
        "DeliveryCallbackUrl": "http://[secret]@chat/?key=[secret]",
    }


def test_headers_are_matched_in_lower_case_and_shown() -> None:
    rule = faults().add("*", Drop(), headers={"User-Agent": "curl*"}).rule
    assert rule.describe()["headers"] == {"user-agent": "curl*"}


def test_a_new_token_is_masked() -> None:
    rule = faults().add("*", Expire("hush")).rule
    assert rule.describe()["new_token"] == "[secret]"
    assert str(rule) == "expire-1 (* expire new_token='[secret]' before)"


def test_the_fingerprint_is_the_content_without_name_and_counters() -> None:
    rules = faults()
    one, two = (rules.add("*", Delay(5), name=name).rule for name in ("one", "two"))
    applied(rules)
    other = rules.add("*", Delay(6)).rule
    assert one.fingerprint() == two.fingerprint() != other.fingerprint()
    assert one.fingerprint() == "{'call': '*', 'effect': 'delay', 'seconds': 5, 'phase': 'before', 'unused': 'error'}"


# --- coming and going ------------------------------------------------------------------------------------------------


def test_rules_are_counted_named_and_shown() -> None:
    rules = faults()
    assert (len(rules), repr(rules), list(rules)) == (0, "<Faults: none>", [])
    first = rules.add("*", Drop())
    rules.add("*", "hang")
    assert [rule.name for rule in rules] == ["drop-1", "hang-1"]
    assert (len(rules), "drop-1" in rules, "drop-2" in rules) == (2, True, False)
    assert rules["drop-1"] is first.rule
    assert repr(rules) == "<Faults: drop-1 (* drop before), hang-1 (* hang before)>"
    assert repr(first) == repr(first.rule)
    first.remove()
    first.remove()
    assert [rule.name for rule in rules.unused] == ["drop-1", "hang-1"]
    assert rules.add("*", Drop()).rule.name == "drop-2"
    rules.clear()
    assert (len(rules), rules.unused) == (0, [])
    assert rules.add("*", Drop()).rule.name == "drop-3"
    rules.reset()
    assert rules.add("*", Drop()).rule.name == "drop-1"


def test_rules_apply_in_the_order_in_which_they_were_added() -> None:
    rules = faults()
    rules.add("*", Delay(0), name="last name", Type="fcm")
    rules.add("credential.*", Delay(0), name="b")
    rules.add("*", Delay(0), name="a", account_sid="AC1")
    rules.add("*", Delay(0), name="0", phase="after")
    assert applied(rules) == ("last name", "b", "a")
    assert applied(rules, name="service.create") == ("last name", "a")
    assert applied(rules, name=None) == ("last name", "a")
    rules.remove("b")
    assert applied(rules) == ("last name", "a")
    rules.add("credential.create", Delay(0), name="new")
    assert applied(rules) == ("last name", "a", "new")
    assert [name for _, name in rules.fired[-3:]] == ["last name", "a", "new"]


def test_a_rule_that_does_not_apply_leaves_the_call_to_those_after_it() -> None:
    rules = faults()
    rules.add("*", Delay(0), name="never", chance=0)
    rules.add("*", Delay(0), name="mine")
    assert applied(rules) == ("mine",)


def test_a_repeated_parameter_finds_a_rule_once() -> None:
    rules = faults()
    rules.add("*", Delay(0), name="mine", Type="fcm")
    assert applied(rules, form=(("Type", "fcm"), ("Type", "fcm"))) == ("mine",)
    assert rules["mine"].seen == 1


def test_rules_for_other_records_are_not_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []

    def watch(kind: type[Any], name: str) -> None:
        original = getattr(kind, name)

        def watched(self: Any, subject: Any) -> Any:
            looked.append(name)
            return original(self, subject)

        monkeypatch.setattr(kind, name, watched)

    rules = faults()
    for number in range(100):
        rules.add("*", Delay(0), sid=f"CR{number}")
    watch(Match, "matches")
    watch(Rule, "is_for")
    assert applied(rules, sid="CR7") == ("delay-8",)
    assert Counter(looked) == {"is_for": 100, "matches": 1}
    assert applied(rules, sid="CR8") == ("delay-9",)
    assert Counter(looked) == {"is_for": 100, "matches": 2}, "the names are compared once"


def test_a_response_ends_the_call_and_a_pause_does_not() -> None:
    rules = faults()
    rules.add("*", Delay(1), name="slow")
    rules.add("*", Refuse(20429), name="busy")
    rules.add("*", Delay(1), name="late")
    decision = rules.apply(exchange(), "before", 1)
    assert decision is not None
    assert (decision.pause, decision.refusal is not None) == (1, True)
    assert [(rule.seen, rule.fired) for rule in rules] == [(1, 1), (1, 1), (0, 0)]


def test_an_effect_with_nothing_to_do_does_not_count() -> None:
    rules = faults()
    added = rules.add("*", RateLimit(1))
    assert [applied(rules), applied(rules)] == [(), ("rate_limit-1",)]
    assert (added.rule.seen, added.fired) == (2, 1)
    assert [name for _, name in rules.fired] == ["rate_limit-1"]


def test_what_an_effect_sees_of_a_call() -> None:
    rules, seen = faults(), []

    class Looking(Delay):
        def apply(self, decision: Any) -> bool:
            decision.memory.setdefault("calls", []).append(decision.exchange.number)
            draws = [decision.draw("one"), decision.draw("one"), decision.draw("two")]
            seen.append((decision.phase, decision.now, decision.in_flight, decision.accounts, draws))
            return True

    rules._accounts = accounts = object()  # type: ignore[assignment]
    for name in ("a", "b"):
        rules.add("*", Looking(0), name=name)
    for number in (1, 2):
        rules.apply(exchange(number=number), "before", 7)
    assert [one[:4] for one in seen] == [("before", NOW, 7, accounts)] * 4
    draws = [one[4] for one in seen]
    assert all(one == again != two for one, again, two in draws)
    assert len({one for one, _, _ in draws}) == 4, "it depends on rule and number"
    assert draws[0][0] == Sids(1).random("a/1/one")
    assert [rules[name].memory for name in "ab"] == [{"calls": [1, 2]}, {"calls": [1, 2]}]


def test_a_rule_without_a_name_is_drawn_by_its_content_and_the_number_of_equal_rules() -> None:
    rules = faults()
    first, second = (rules.add("*", Delay(5)).rule for _ in range(2))
    other = rules.add("*", Delay(6)).rule
    assert [rule.key for rule in (first, second)] == [f"{first.fingerprint()} 1", f"{first.fingerprint()} 2"]
    assert other.key == f"{other.fingerprint()} 1"
    assert rules.add("*", Delay(5), name="mine").rule.key == "mine"
    rules.clear()
    assert rules.add("*", Delay(5)).rule.key == first.key


def test_a_rule_for_one_call_is_not_in_force_and_drawn_by_the_call() -> None:
    rules = faults()
    rule = rules.for_one_call({"effect": "delay", "seconds": 5, "chance": 0.5})
    assert (rule.name, rule.match.call, rule.key, len(rules)) == ("delay-1", "*", "", 0)
    fired = []
    for number in range(1, 41):
        one = rules.for_one_call({"effect": "delay", "seconds": 5, "chance": 0.5})
        if rules.apply(exchange(number=number), "before", 1, one) is not None:
            fired.append(number)
    expected = [number for number in range(1, 41) if Sids(1).random(f"{number}/1/chance") < 0.5]
    assert fired == expected
    assert 10 < len(fired) < 30


@pytest.mark.parametrize(
    ("spec", "applies"),
    [
        ({"effect": "delay", "seconds": 1}, True),
        ({"effect": "delay", "seconds": 1, "phase": "after"}, False),
        ({"effect": "delay", "seconds": 1, "call": "credential.create"}, True),
        ({"effect": "delay", "seconds": 1, "call": "credential.list"}, False),
        ({"effect": "stale"}, False),
    ],
)
def test_a_rule_for_one_call_applies_in_its_phase_to_its_call(spec: dict[str, Any], applies: bool) -> None:
    rules = faults()
    rule, made = rules.for_one_call(spec), exchange()
    assert (rules.apply(made, "before", 1, rule) is not None) is applies
    assert made.faults == ((rule.name,) if applies else ())


def test_chance_is_compared_with_a_draw() -> None:
    rules = faults()
    rules.add("*", Delay(0), name="mine", chance=0.3)
    fired = [number for number in range(1, 101) if applied(rules)]
    assert fired == [number for number in range(1, 101) if Sids(1).random(f"mine/{number}/chance") < 0.3]


def test_a_closed_rule_does_not_see_the_call() -> None:
    rules = faults()
    rules.add("*", Delay(0), name="mine", after="1s")
    assert (applied(rules), rules["mine"].seen) == ((), 0)


def test_a_snapshot_can_be_restored_more_than_once() -> None:
    rules = faults()
    rules.add("*", RateLimit(2), name="mine")
    rules.add("credential.fetch", Drop()).remove()
    rules.add("credential.fetch", Drop(), chance=0.5)
    applied(rules)
    kept = rules.snapshot()
    for _ in range(2):
        assert [applied(rules) for _ in range(2)] == [(), ("mine",)]
        rules.add("*", Delay(0))
        rules.remove("drop-2")
        rules.restore(kept)
        assert ([rule.name for rule in rules], rules.fired) == (["mine", "drop-2"], [])
        assert [rule.name for rule in rules.unused] == ["drop-1", "mine", "drop-2"]
        assert (rules["mine"].seen, rules["mine"].fired) == (1, 0)
    assert rules.add("credential.fetch", Drop(), chance=0.5).rule.name == "drop-3"
    assert rules["drop-3"].key.endswith(" 2")
    assert rules["drop-3"].number == 4


def test_a_reset_empties_what_was_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    rules, one = faults(), exchange()
    one.size = 10
    monkeypatch.setattr("notify_mock.faults.rules._MAX_FIRED_BYTES", 20)
    for _ in range(2):
        rules.add("*", Delay(0), name="mine")
        for kept in (1, 2, 2):
            rules.apply(one, "before", 1)
            assert len(rules.fired) == kept
        rules.reset()
        assert rules.fired == []


def test_the_last_application_is_kept_however_large_its_request(monkeypatch: pytest.MonkeyPatch) -> None:
    rules, one = faults(), exchange()
    one.size = 30
    monkeypatch.setattr("notify_mock.faults.rules._MAX_FIRED_BYTES", 20)
    rules.add("*", Delay(0), name="mine")
    for _ in range(3):
        rules.apply(one, "before", 1)
        assert len(rules.fired) == 1


def test_the_last_ten_thousand_applications_are_kept() -> None:
    rules = faults()
    rules.add("*", Delay(0), name="mine")
    one = exchange()
    for _ in range(10_001):
        rules.apply(one, "before", 1)
        one.faults = ()
    assert len(rules.fired) == 10_000


# --- errors ----------------------------------------------------------------------------------------------------------

TEXT = "expected text of 1 to 200 printable characters, got"
WHOLE = "expected a whole number"
PAIRS = "must be a mapping of names to text; write name: value, with numbers in quotes"
MOMENT = 'is not a point in time; expected ISO 8601 text such as "2030-01-01T12:00:00Z"'


@pytest.mark.parametrize(
    ("call", "effect", "options", "message"),
    [
        ("credential.craete", Drop(), {}, "call: 'credential.craete' matches no call; did you mean credential.create?"),
        ("create", Drop(), {}, "call: 'create' matches no call; did you mean *.create?"),
        ("binding", Drop(), {}, "call: 'binding' matches no call; did you mean binding.*?"),
        ("", Drop(), {}, f"call: {TEXT} ''"),
        (7, Drop(), {}, f"call: {TEXT} 7"),
        ("x" * 201, Drop(), {}, f"call: {TEXT} {'x' * 60!r}..."),
        ("*", "dorp", {}, "effect: unknown effect 'dorp'; did you mean drop?"),
        ("*", 7, {}, f"effect: unknown effect 7; expected one of: {', '.join(sorted(BY_KIND))}"),
        ("*", [7], {}, f"effect: unknown effect a list; expected one of: {', '.join(sorted(BY_KIND))}"),
        ("*", "refuse", {}, "code: is missing; the effect refuse requires it"),
        ("*", "status", {}, "status: is missing; the effect status requires it"),
        ("*", "drop", {"tmies": 1}, "tmies: unknown key; did you mean times?"),
        ("*", "hang", {"secnds": 1}, "secnds: unknown key; did you mean seconds?"),
        (
            "credential.create",
            "stale",
            {},
            "call: stale does not apply to 'credential.create'; it applies to *.fetch, *.list",
        ),
        ("*", "drop", {"name": ""}, f"name: {TEXT} ''"),
        ("*", "drop", {"name": "a\nb"}, f"name: {TEXT} 'a\\nb'"),
        ("*", "drop", {"account_sid": 7}, f"account_sid: {TEXT} 7"),
        ("*", "drop", {"api": ""}, f"api: {TEXT} ''"),
        ("*", "drop", {"sid": []}, f"sid: {TEXT} a list"),
        ("*", "drop", {"form": {"Type": 7}}, f"form: {PAIRS}"),
        ("*", "drop", {"form": {7: "x"}}, f"form: {PAIRS}"),
        ("*", "drop", {"form": ["Type"]}, f"form: {PAIRS}"),
        ("*", "drop", {"Type": 7}, f"form: {PAIRS}"),
        ("*", "drop", {"headers": {"X": 7}}, f"headers: {PAIRS}"),
        (
            "*",
            "drop",
            {"predicate": "x"},
            "predicate: must be a function that takes an Exchange and returns True or False",
        ),
        ("*", "drop", {"phase": "now"}, "phase: 'now' is not possible here; expected one of: before, after"),
        ("*", "truncate", {"phase": "before"}, "phase: 'before' is not possible here; expected one of: after"),
        ("delivery.*", Delay(1), {"phase": "after"}, "phase: 'after' is not possible for a delivery; expected before"),
        (
            "*",
            "drop",
            {"unused": "no"},
            "unused: 'no' is not possible here; expected one of: error, warn, ignore",
        ),
        *[
            ("*", "drop", {name: bad}, f"{name}: {WHOLE} ({least} or more), got {bad!r}")
            for name, least in (("times", 1), ("skip", 0), ("every", 1))
            for bad in (least - 1, True, 1.5, "2")
        ],
        *[
            ("*", "drop", {"chance": bad}, f"chance: expected a number from 0 to 1, got {bad!r}")
            for bad in (-0.1, 1.1, True, "0.5")
        ],
        ("*", "drop", {"after": "soon"}, f"after: 'soon' {MOMENT}"),
        ("*", "drop", {"until": "soon"}, f"until: 'soon' {MOMENT}"),
        ("*", "drop", {"after": "5s", "until": "5s"}, "until: must be later than after"),
        ("*", "drop", {"after": "6s", "until": "5s"}, "until: must be later than after"),
        ("*", Drop(), {"chence": 1}, "chence: unknown key; did you mean chance?"),
        (
            "*",
            Hang(),
            {"seconds": 1},
            f"seconds: unknown key; expected one of: {', '.join(sorted(RULE_KEYS))}",
        ),
    ],
)
def test_a_bad_rule_is_refused_with_the_key_and_the_remedy(
    call: Any, effect: Any, options: dict[str, Any], message: str
) -> None:
    rules = faults()
    with pytest.raises(UsageError) as caught:
        rules.add(call, effect, **options)
    assert str(caught.value) == message
    assert len(rules) == 0


def test_the_old_name_of_api_still_works() -> None:
    with pytest.warns(FutureWarning, match="door is now called api"):
        rule = faults().add("*", Drop(), door="chat/v2").rule
    assert rule.match.api == "chat/v2"


def test_a_name_can_be_used_once() -> None:
    rules = faults()
    with pytest.raises(UsageError) as caught:
        rules.remove("mine")
    assert str(caught.value) == "name: unknown rule 'mine'"
    rules.add("*", Drop(), name="mine")
    with pytest.raises(UsageError) as caught:
        rules.add("*", Hang(), name="mine")
    assert str(caught.value) == "name: a rule 'mine' already exists; choose another name"
    with pytest.raises(UsageError) as caught:
        rules.remove("mime")
    assert str(caught.value) == "name: unknown rule 'mime'; did you mean mine?"
    with pytest.raises(UsageError) as caught:
        rules.remove(7)  # type: ignore[arg-type]
    assert str(caught.value) == "name: unknown rule 7; expected one of: mine"
    with pytest.raises(UsageError) as caught:
        rules.remove([7])  # type: ignore[arg-type]
    assert str(caught.value) == "name: unknown rule a list; expected one of: mine"


def test_only_a_text_with_wildcards_has_a_limit() -> None:
    for text in ("x" * 999 + "*", "x" * 1001):
        assert faults().add("*", Drop(), Body=text).rule.match.form == {"Body": text}
    with pytest.raises(UsageError) as caught:
        faults().add("*", Drop(), Body="x" * 1000 + "*")
    message = "form: the text with wildcards for 'Body' has 1001 characters; the limit is 1000"
    assert str(caught.value) == message


def test_a_name_has_at_most_200_characters() -> None:
    assert faults().add("*", Drop(), name="x" * 200).rule.name == "x" * 200
    with pytest.raises(UsageError, match="name: expected text of 1 to 200 printable characters"):
        faults().add("*", Drop(), name="x" * 201)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({7: "x"}, "here: has a key that is not text"),
        ({"call": "*"}, 'here, effect: is missing; give one, such as "refuse"'),
        ({"effect": "drop", "times": 0}, "here, times: expected a whole number (1 or more), got 0"),
        ({"effect": "drop", "call": ""}, f"here, call: {TEXT} ''"),
    ],
)
def test_a_bad_spec_is_refused_with_its_place(spec: Any, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        faults().read(spec, "here")
    assert str(caught.value) == message


def test_a_spec_is_a_rule_for_all_calls_unless_it_says_otherwise() -> None:
    rules, spec = faults(), {"effect": "hang", "seconds": "5s"}
    rule = rules.read(spec, "here")
    assert (rule.match.call, rule.effect, spec) == ("*", Hang("5s"), {"effect": "hang", "seconds": "5s"})
    assert rules.read({"call": "service.*", "effect": "drop"}, "here").match.call == "service.*"


# --- times -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        ("90s", 90),
        (timedelta(minutes=2), 120),
        ("2030-01-01T00:00:30Z", 30),
        (NOW + 7, 7),
        (datetime(2030, 1, 1, 0, 1, tzinfo=timezone.utc), 60),
    ],
)
def test_after_and_until_are_points_in_time_or_lengths_from_now(after: Any, seconds: float) -> None:
    for key in ("after", "until"):
        schedule = faults().add("*", Drop(), **{key: after}).rule.schedule
        assert getattr(schedule, key) == NOW + seconds


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "spec"),
    [
        ("drop", {"effect": "drop"}),
        ("drop;", {"effect": "drop"}),
        ("", {"effect": ""}),
        ("  ", {"effect": ""}),
        (
            'refuse code=20429 message="slow; down"; times=1',
            {"effect": "refuse", "code": 20429, "message": "slow; down", "times": 1},
        ),
        ("x a=1.5 b=true c=false d=True e= f=-1", {"a": 1.5, "b": True, "c": False, "d": "True", "e": "", "f": -1}),
        ("x a=b=c d='1 2'", {"a": "b=c", "d": "1 2"}),
        ("x a=bX; c=XX", {"a": "bX", "c": "XX"}),
    ],
)
def test_a_header_is_read_as_a_spec(header: str, spec: dict[str, Any]) -> None:
    found = read_header(header)
    assert found == {"effect": "x", "name": "header", **spec}
    assert [type(value) for value in found.values()] == [
        type(value) for value in {"effect": "x", "name": "header", **spec}.values()
    ]


@pytest.mark.parametrize(
    ("header", "message"),
    [
        ("drop 'a", "header: no closing quotation; close the quotes"),
        ("drop a", "header: expected key=value, got 'a'; write it as refuse code=20503; phase=after"),
    ],
)
def test_a_bad_header_is_refused(header: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_header(header)
    assert str(caught.value) == message


@pytest.mark.parametrize("given", [7, {"effect": "drop"}, None])
def test_rules_must_be_a_list_or_a_path(given: Any) -> None:
    with pytest.raises(UsageError) as caught:
        read_faults(given)
    shown = {int: "7", dict: "a dict", type(None): "None"}[type(given)]
    assert str(caught.value) == f"faults: expected a list of rules or the path of a file, got {shown}"


def test_rules_are_read_with_their_place(tmp_path: Path) -> None:
    spec = {"effect": "drop"}
    assert read_faults([spec]) == read_faults((spec,)) == ((spec, "faults, faults[0]"),)
    path = tmp_path / "f.yaml"
    path.write_text("description: x\nfaults:\n  - {effect: drop}\n")
    assert read_faults(path) == read_faults(str(path)) == ((spec, f"{path}, line 3, faults[0]"),)
    for text, message in [
        ("rules: []", "contains no rules; write faults: and a list of rules below it"),
        ("- a", "contains no rules; write faults: and a list of rules below it"),
        ("faults: []\nfault: 1", "unknown key 'fault'; did you mean faults?"),
        ("faults: []\ndescriptoin: 1", "unknown key 'descriptoin'; did you mean description?"),
    ]:
        path.write_text(text)
        with pytest.raises(UsageError) as caught:
            read_faults(path)
        assert str(caught.value) == f"{path}: {message}"


def test_scenarios_are_read_by_name() -> None:
    names = scenario_names()
    assert list(names) == sorted(names)
    ((spec, where),) = read_scenario("slow")
    assert (spec["effect"], spec["median"]) == ("delay", 0.8)
    assert where.endswith("slow.yaml, line 3, faults[0]")
    assert describe_scenario("slow").startswith("Every call is slow. Half of them ")
    with pytest.raises(UsageError) as caught:
        read_scenario("slwo")
    assert str(caught.value) == "scenario: unknown scenario 'slwo'; did you mean slow?"
