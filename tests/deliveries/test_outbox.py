"""Waiting callbacks: their parameters, their order, and when they are tried again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from notify_mock import Delivery
from notify_mock.deliveries.callback import Callback, is_retried, place_of, split_http
from notify_mock.deliveries.delivery import Rendering
from notify_mock.deliveries.outbox import Outbox
from notify_mock.twilio_api.delivery_errors import Problem


def delivery(number: int = 1, at: float = 100.0, problem: Problem | None = None) -> Delivery:
    sids = (f"BS{number}", "NT1", "IS1", "AC1", None)
    return Delivery("DL" + "0" * 32, "sms", "alice", f"+49{number}", *sids, at, Rendering("{}"), problem)


def filled(number: int, now: float = 100.0, at: float = 100.0) -> Outbox:
    outbox = Outbox()
    outbox.add_callbacks("http://x", "us1", [delivery(one, at) for one in range(number)], now)
    return outbox


def test_a_callback_has_the_documented_form() -> None:
    outbox = Outbox()
    deliveries = [delivery(1), delivery(2, problem=Problem(52181, "busy"))]
    outbox.add_callbacks("http://x", "ie1", deliveries, 100.0)
    (callback,) = outbox
    sent, failed = callback.form()[6:]
    assert callback.form()[:6] == [
        ("NotificationSid", "NT1"),
        ("AccountSid", "AC1"),
        ("ServiceSid", "IS1"),
        ("Count", "2"),
        ("SequenceId", "0"),
        ("IsFinal", "True"),
    ]
    assert (sent[0], failed[0]) == ("DeliveryState", "DeliveryState")
    own = {"type": "sms", "identity": "alice"}
    assert json.loads(sent[1]) == {**own, "sid": "SM" + "0" * 32, "address": "+491", "status": "SENT"}
    error = {"error_code": 52181, "error_message": "busy"}
    assert json.loads(failed[1]) == {**own, "sid": None, "address": "+492", "status": "FAILED", **error}
    assert (callback.url, callback.region, callback.number, callback.attempt) == ("http://x", "ie1", 1, 1)


@pytest.mark.parametrize(
    ("number", "counts"),
    [(1, [1]), (1000, [1000]), (1001, [1000, 1]), (2000, [1000, 1000])],
)
def test_a_callback_is_a_batch_of_a_thousand(number: int, counts: list[int]) -> None:
    callbacks = list(filled(number))
    assert [len(one.deliveries) for one in callbacks] == counts
    assert [one.sequence for one in callbacks] == list(range(len(counts)))
    assert [one.is_final for one in callbacks] == [False] * (len(counts) - 1) + [True]
    assert [one.address for callback in callbacks for one in callback.deliveries] == [
        f"+49{one}" for one in range(number)
    ]


def test_a_callback_is_due_when_the_last_delivery_is_done() -> None:
    assert [one.due for one in filled(1, now=100, at=90)] == [100]
    outbox = Outbox()
    outbox.add_callbacks("http://x", "us1", [delivery(1, at=130), delivery(2, at=110)], 100)
    assert [one.due for one in outbox] == [130]


def test_callbacks_are_taken_in_the_order_in_which_they_are_due() -> None:
    outbox = filled(1001, at=200)
    outbox.add_callbacks("http://early", "us1", [delivery()], 100)
    assert len(outbox) == 3
    assert [one.number for one in outbox] == [3, 1, 2]
    assert outbox.pop(until=99) is None
    assert [getattr(outbox.pop(until), "number", None) for until in (100, 150, 200, None)] == [3, None, 1, 2]
    assert (outbox.pop(), outbox.pop(until=500), len(outbox)) == (None, None, 0)


def test_a_callback_can_be_skipped_and_stays() -> None:
    outbox = filled(1001)
    assert getattr(outbox.pop(skip=lambda one: one.number == 1), "number", None) == 2
    assert outbox.pop(skip=lambda one: True) is None
    assert [one.number for one in outbox] == [1]


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("http://chat.example/x?y=z", "chat.example:80"),
        ("https://chat.example", "chat.example:443"),
        ("https://chat.example:8443/x", "chat.example:8443"),
        ("http://127.0.0.1:5000/x", "localhost:5000"),
        ("http://LocalHost:5000/x", "localhost:5000"),
        ("ftp://chat.example", ""),
        ("http://chat.example:port", ""),
    ],
)
def test_a_callback_has_the_place_and_the_origin_of_its_url(url: str, place: str) -> None:
    assert place_of(url) == place
    outbox = Outbox()
    outbox.add_callbacks(url, "us1", [delivery()], 100, "https://page.example")
    outbox.add_callbacks(url, "us1", [delivery()], 100)
    assert [(one.place, one.origin) for one in outbox] == [(place, "https://page.example"), (place, "")]


def test_a_reset_and_a_restore_begin_a_new_generation() -> None:
    outbox = filled(1)
    kept = outbox.snapshot()
    assert outbox.generation == 0
    outbox.reset()
    assert (len(outbox), outbox.generation) == (0, 1)
    outbox.reset()
    for generation in (3, 4):
        outbox.restore(kept)
        assert (len(outbox), outbox.generation) == (1, generation)
        assert outbox.pop() is not None
    outbox.add_callbacks("http://x", "us1", [delivery()], 100)
    assert len(kept[0]) == 1


def test_a_callback_is_tried_three_times() -> None:
    (first,) = filled(1)
    second = first.next_attempt(1000)
    assert second is not None
    assert (second.due, second.attempt, second.number) == (1001, 2, first.number)
    third = second.next_attempt(1000)
    assert third is not None
    assert (third.due, third.attempt) == (1005, 3)
    assert third.next_attempt(1000) is None


@pytest.mark.parametrize(
    ("status", "again"),
    [
        *[(None, True), (200, False), (204, False), (400, False), (404, False), (408, True), (429, True)],
        *[(499, False), (500, True), (501, True), (503, True), (599, True)],
    ],
)
def test_only_what_may_be_temporary_is_tried_again(status: int | None, again: bool) -> None:
    assert is_retried(status) is again


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://chat.example/x?y=z", "chat.example"),
        ("https://chat.example:8443", "chat.example"),
        ("ftp://chat.example", None),
        ("http://", None),
        ("http:///path", None),
        ("//chat.example", None),
        ("http://chat.example:port", None),
        ("http://[::1", None),
        ("", None),
    ],
)
def test_only_http_urls_have_a_host(url: str, host: str | None) -> None:
    parts = split_http(url)
    assert (parts.hostname if parts else None) == host
    values: dict[str, Any] = dict.fromkeys(("notification_sid", "account_sid", "service_sid", "region"), "")
    callback = Callback(url, **values, sequence=0, is_final=True, deliveries=(), due=0, number=1)
    assert callback.host == host


def test_a_restore_continues_with_the_next_number() -> None:
    """Of callbacks that are due at the same time, the older one is sent first."""
    outbox, other = Outbox(), Outbox()
    outbox.add_callbacks("http://x", "us1", [delivery()], 100)
    other.restore(outbox.snapshot())
    other.add_callbacks("http://x", "us1", [delivery()], 100)
    assert [one.number for one in other] == [1, 2]
