"""The inbox: criteria, the messages of failed assertions, and its limits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from typing import Any, NamedTuple

import pytest

from notify_mock import Delivery, UsageError
from notify_mock.deliveries import inbox
from notify_mock.deliveries.delivery import Rendering
from notify_mock.deliveries.inbox import Deliveries
from notify_mock.twilio_api.delivery_errors import Problem

GONE = Problem(52103, "gone")


class Sided(NamedTuple):
    sid: str


def delivery(identity: str, channel: str = "sms", problem: Problem | None = None) -> Delivery:
    sids = ("BS1", "NT1", "IS1", "AC1", "CR1")
    return Delivery("DL1", channel, identity, "+49", *sids, 0.0, Rendering('{"body": "B"}'), problem)


@pytest.fixture
def deliveries() -> Iterator[Deliveries]:
    made = Deliveries(nullcontext(True))
    made.file([delivery("alice"), delivery("bob", "fcm", GONE), delivery("carol")])
    return made


def names(found: list[Delivery]) -> list[str | None]:
    return [one.identity for one in found]


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({}, ["alice", "bob", "carol"]),
        ({"identity": "bob"}, ["bob"]),
        ({"channel": "sms"}, ["alice", "carol"]),
        ({"channel": "sms", "identity": "carol"}, ["carol"]),
        ({"channel": "alexa"}, []),
        ({"state": "failed"}, ["bob"]),
        ({"code": None}, ["alice", "carol"]),
        ({"code": 52103}, ["bob"]),
        ({"body": "B"}, ["alice", "carol"]),
        ({"title": None, "address": "+49"}, ["alice", "bob", "carol"]),
        *[({name: sid}, ["alice", "bob", "carol"]) for name, sid in {"binding": "BS1", "notification": "NT1"}.items()],
        *[({name: sid}, ["alice", "bob", "carol"]) for name, sid in {"service": "IS1", "credential": "CR1"}.items()],
        ({"account": Sided("AC1")}, ["alice", "bob", "carol"]),
        ({"account": Sided("AC2")}, []),
    ],
)
def test_deliveries_are_found_by_every_criterion(
    deliveries: Deliveries, criteria: dict[str, Any], found: list[str]
) -> None:
    assert names(deliveries.find(**criteria)) == found


@pytest.mark.parametrize(
    ("criteria", "found"),
    [
        ({}, ["alice", "carol"]),
        ({"count": 2}, ["alice", "carol"]),
        ({"state": "failed"}, ["bob"]),
        ({"code": 52103, "count": 1}, ["bob"]),
        ({"identity": "bob", "count": 0}, []),
    ],
)
def test_an_expectation_is_about_sent_deliveries_unless_it_says_otherwise(
    deliveries: Deliveries, criteria: dict[str, Any], found: list[str]
) -> None:
    assert names(deliveries.expect(**criteria)) == found


ALICE = "NT1 sms to +49 of alice: 'B' -> sent"
BOB = "NT1 fcm to +49 of bob: -> failed 52103 GCM/FCM client uninstalled or turned off notifications (gone),"
BOB += " binding disabled"
CAROL = "NT1 sms to +49 of carol: 'B' -> sent"


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        (
            {"identity": "bob"},
            f"""\
expected at least one delivery with identity='bob', state='sent', found 0
delivered instead (3):
  {ALICE}  <- identity is 'alice'
  {BOB}  <- state is 'failed'
  {CAROL}  <- identity is 'carol'""",
        ),
        (
            {"channel": "fcm", "identity": "dora", "state": "failed", "count": 1},
            f"""\
expected 1 delivery with channel='fcm', identity='dora', state='failed', found 0
delivered instead (3):
  {BOB}  <- identity is 'bob'
  {ALICE}  <- channel is 'sms'; identity is 'alice'; state is 'sent'
  {CAROL}  <- channel is 'sms'; identity is 'carol'; state is 'sent'""",
        ),
        (
            {"count": 3},
            f"""\
expected 3 deliveries with state='sent', found 2
found (2):
  {ALICE}
  {CAROL}
delivered instead (1):
  {BOB}  <- state is 'failed'""",
        ),
        (
            {"channel": "sms", "count": 0},
            f"""\
expected 0 deliveries with channel='sms', state='sent', found 2
found (2):
  {ALICE}
  {CAROL}
delivered instead (1):
  {BOB}  <- channel is 'fcm'; state is 'failed'""",
        ),
    ],
)
def test_a_failed_expectation_names_what_was_delivered_instead_nearest_first(
    deliveries: Deliveries, criteria: dict[str, Any], message: str
) -> None:
    with pytest.raises(AssertionError) as caught:
        deliveries.expect(**criteria)
    assert str(caught.value) == message


def test_a_failed_expectation_lists_alerts() -> None:
    empty = Deliveries(nullcontext(True))
    empty.alert(7.0, "NT1", Problem(52301, "no binding was selected"))
    with pytest.raises(AssertionError) as caught:
        empty.expect(identity="a")
    title = "Resulted destination list for requested parameters is empty"
    assert (
        str(caught.value)
        == f"""\
expected at least one delivery with identity='a', state='sent', found 0
alerts (1):
  NT1 52301 {title} (no binding was selected)
nothing was delivered at all"""
    )
    (alert,) = empty.alerts
    assert (alert.at, alert.notification_sid, alert.problem.code) == (7.0, "NT1", 52301)


@pytest.mark.parametrize(
    ("criteria", "message"),
    [
        ({"identiy": "a"}, "deliveries: unknown criterion 'identiy'; did you mean identity?"),
        (
            {"channel": "apns"},
            "deliveries, channel: unknown channel 'apns'; "
            "expected one of: apn, fcm, gcm, sms, facebook-messenger, alexa",
        ),
        ({"state": "SENT"}, "deliveries, state: unknown state 'SENT'; expected one of: sent, failed"),
    ],
)
def test_a_misspelt_criterion_is_an_error(deliveries: Deliveries, criteria: dict[str, Any], message: str) -> None:
    for act in (deliveries.find, deliveries.expect):
        with pytest.raises(UsageError) as caught:
            act(**criteria)
        assert str(caught.value) == message


def test_the_last_ten_thousand_alerts_are_kept(deliveries: Deliveries) -> None:
    for number in range(10_001):
        deliveries.alert(number, "NT1", Problem(52301, ""))
    assert [one.at for one in deliveries.alerts] == list(range(1, 10_001))


def test_the_deliveries_are_a_sequence(deliveries: Deliveries) -> None:
    assert names(list(deliveries)) == names(deliveries[:]) == ["alice", "bob", "carol"]
    assert (deliveries[1].identity, deliveries.last.identity, len(deliveries)) == ("bob", "carol", 3)
    assert repr(deliveries) == "<3 deliveries, 1 of them failed>"
    deliveries.reset()
    assert repr(deliveries) == "<0 deliveries, 0 of them failed>"
    with pytest.raises(LookupError, match="nothing was delivered"):
        deliveries.last  # noqa: B018


def test_deliveries_are_shown_one_per_line(deliveries: Deliveries) -> None:
    deliveries.alert(0, "NT1", Problem(52301, ""))
    alert = "NT1 52301 Resulted destination list for requested parameters is empty"
    assert deliveries.show() == deliveries.show(4) == "\n".join([ALICE, BOB, CAROL, alert])
    assert deliveries.show(2) == "\n".join(["(2 earlier ones are not shown)", CAROL, alert])
    assert Deliveries(nullcontext(True)).show() == "nothing was delivered"
    deliveries.file([delivery(str(number)) for number in range(997)])
    assert deliveries.show().startswith("(1 earlier one is not shown)\n" + BOB)


def test_the_oldest_deliveries_are_dropped_and_counted(deliveries: Deliveries, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "MAX_DELIVERIES", 4)
    deliveries.reset()
    deliveries.file([delivery(name) for name in "abc"])
    deliveries.file([delivery("d")])
    kept = deliveries.snapshot()
    with pytest.raises(AssertionError) as caught:
        deliveries.expect(identity="a", count=2)
    assert "dropped" not in str(caught.value)
    for number, names_kept in ((2, ["c", "d", "e", "f"]), (1, ["d", "e", "f", "g"])):
        deliveries.file([delivery(name) for name in {2: "ef", 1: "g"}[number]])
        assert names(list(deliveries)) == names_kept
    with pytest.raises(AssertionError) as caught:
        deliveries.expect(identity="a")
    assert str(caught.value).endswith("the 3 oldest deliveries were dropped; only 4 are kept")
    deliveries.restore(kept)
    assert names(list(deliveries)) == list("abcd")
    with pytest.raises(AssertionError) as caught:
        deliveries.expect(identity="x")
    assert "dropped" not in str(caught.value)
