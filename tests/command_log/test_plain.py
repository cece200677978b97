"""The plain form of everything that a state consists of."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter, OrderedDict, deque
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pytest
from freezegun import freeze_time
from helpers.lasting import content
from helpers.tour import Tour
from hypothesis import given
from hypothesis import strategies as st

from notify_mock import Delay, Emulator, RateLimit, Refuse, Status
from notify_mock.accounts.account import Account, ApiKey
from notify_mock.command_log.plain import _NAMED, _READERS, FIELDS, Decoder, Encoder, Unplain
from notify_mock.deliveries.apn import App
from notify_mock.deliveries.callback import Callback
from notify_mock.deliveries.inbox import Alert
from notify_mock.faults.kinds import EFFECTS
from notify_mock.faults.match import Match
from notify_mock.faults.rule import Rule
from notify_mock.faults.schedule import Schedule
from notify_mock.journal.exchange import Exchange
from notify_mock.resources.notification import Direct
from notify_mock.store.collections import Change, Key
from notify_mock.support.clock import Setting
from notify_mock.twilio_api.delivery_errors import Problem
from notify_mock.twilio_api.messages import Answer, Call, Params, Wire
from notify_mock.twilio_api.products import Endpoint

NOW = datetime(2030, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


def through_json(value: Any) -> Any:
    return Decoder().decode(json.loads(json.dumps(Encoder().encode(value))))


CALLS = {"undelivered": "delivery.*", "forget": "*.create", "stale": "*.list"}
GIVEN: dict[Any, dict[str, Any]] = {
    Delay: {"seconds": timedelta(seconds=2)},
    Refuse: {"code": 20429},
    Status: {"status": 500},
    RateLimit: {"limit": 3},
}


def everything(emulator: Emulator) -> Emulator:
    """Fill an emulator with something of each kind, with what is rare added by hand."""
    tour = Tour(emulator, "everything")
    for number in range(600):
        if number % 150 != 149:
            tour.step(number)
    for kind in EFFECTS:
        emulator.faults.add(CALLS.get(kind.kind, "*"), kind(**GIVEN.get(kind, {})), unused="ignore", chance=0.001)
    return emulator


def objects(value: Any, found: dict[type[Any], Any]) -> dict[type[Any], Any]:
    """Return an object of each kind inside a value."""
    if type(value) in FIELDS:
        found[type(value)] = value
        for name in FIELDS[type(value)]:
            objects(getattr(value, name), found)
    elif isinstance(value, Mapping):
        for pair in value.items():
            objects(pair, found)
    elif isinstance(value, (list, tuple, set, frozenset, deque)):
        for one in value:
            objects(one, found)
    elif hasattr(value, "dump"):
        objects(value.dump(), found)
    return found


def test_each_class_of_a_state_comes_back() -> None:
    emulator = everything(Emulator(frozen="2030-01-01"))
    found = objects((emulator._state.snapshot(), Setting(0.5, None)), {})
    made = [
        Account("AC1", "token", {"SK1": ApiKey("secret", restricted=True)}, "suspended"),
        Alert(1.5, "NT1", Problem(52301, "none")),
        Match("*", form={"Type": "a*"}, headers={"x": "y"}),
        Schedule(times=3, after=1.25),
        Key("credential", "AC1", "us1"),
        Change(1.5, 3, "CR1", None),
        Direct("sms", "+49"),
        App("topic", sandbox=True),
        Callback("http://h", "NT1", "AC1", "IS1", "us1", 0, True, (), 1.5, 3),
        Answer(201, [("A", "b")], b"body", Wire("drop")),
    ]
    found |= objects(made, {})
    assert set(found) == set(FIELDS)
    for kind, value in found.items():
        again = through_json(value)
        assert type(again) is kind
        assert Encoder().encode(again) == Encoder().encode(value)
        for name in FIELDS[kind]:
            assert type(getattr(again, name)) is type(getattr(value, name)) or isinstance(
                getattr(value, name), Mapping
            ), name


def test_a_state_with_everything_in_it_comes_back() -> None:
    emulator = everything(Emulator(frozen="2030-01-01"))
    before = content(emulator)
    snapshot = through_json(emulator.snapshot())
    other = Emulator(frozen="2030-01-01")
    other.restore(snapshot)
    assert {**content(other), "permanent faults": []} == {**before, "permanent faults": []}
    assert str(other.journal) == str(emulator.journal)
    assert [one.describe() for one in other.deliveries] == [one.describe() for one in emulator.deliveries]


def test_names_are_unique() -> None:
    assert len(_NAMED) == len(FIELDS)
    assert not set(_NAMED) & {*_READERS, "same"}


def test_no_field_is_forgotten() -> None:
    rule = Rule("x", Match(), Schedule(), EFFECTS[0](code=20429), "before", "error")  # type: ignore[call-arg]
    assert set(vars(rule)) == set(FIELDS[Rule])
    for kind in FIELDS:
        if dataclasses.is_dataclass(kind):
            assert all(field.init for field in dataclasses.fields(kind)), kind


def test_an_object_that_several_share_stays_one() -> None:
    exchange = Exchange(1, 2.0, Call("GET", "h", "/"), None, Endpoint("notify/v1", "us1", "", "/"))
    first, (second,) = through_json([exchange, (exchange,)])
    assert first is second


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec=None))
    | st.binary()
    | st.dates()
    | st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 28))
    | st.datetimes(min_value=datetime(2, 1, 1), timezones=st.just(timezone.utc))
    | st.timedeltas(),
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.lists(inner).map(deque)
        | st.dictionaries(st.text() | st.integers() | st.tuples(st.text(), st.integers()), inner)
        | st.dictionaries(st.text(), inner).map(OrderedDict)
        | st.sets(st.text())
        | st.dictionaries(st.text(), st.integers()).map(Counter)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_any_plain_value_comes_back(value: Any) -> None:
    again = through_json(value)
    assert again == value
    assert type(again) is type(value)


def test_dates_of_freezegun_are_dates() -> None:
    with freeze_time("2030-01-02 03:04:05"):
        frozen = [datetime.now(timezone.utc), date.today(), datetime.now()]
    assert through_json(frozen) == frozen


@pytest.mark.parametrize("value", [object(), lambda: None, {"a": [object()]}, print])
def test_what_has_no_plain_form_is_refused(value: Any) -> None:
    with pytest.raises(Unplain, match="has no plain form"):
        Encoder().encode(value)


@pytest.mark.parametrize("value", [["unknown", 1], ["same", 5], ["Setting", 1], ["date", "x"], [], [5], ["dict", 1]])
def test_what_no_encoder_wrote_is_an_error(value: Any) -> None:
    with pytest.raises((KeyError, TypeError, ValueError, IndexError)):
        Decoder().decode(value)


def test_parameters_keep_their_order() -> None:
    pairs = (("Tag", "b"), ("Tag", "a"), ("\ud800", ""))
    assert through_json(Params(pairs)).pairs == pairs
