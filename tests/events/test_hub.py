"""The hub: numbers, readers, what is kept, gaps and filters."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.event_streams import taken

from notify_mock.events.hub import EVENT_BYTES, KINDS, MAX_BYTES, MAX_EVENTS, MAX_READERS, Hub, Reader, TooManyReaders


def publish(hub: Hub, count: int, kind: str = "call", size: int = 0) -> None:
    for number in range(count):
        hub.publish(kind, lambda n: {"n": n}, number, size)


def follow(hub: Hub, last_id: str = "", kinds: Any = KINDS) -> Reader:
    return hub.open(lambda: None, kinds, last_id)


def test_a_reader_gets_what_happens_from_now_on() -> None:
    hub = Hub()
    publish(hub, 2)
    reader = follow(hub)
    assert taken(reader) == []
    publish(hub, 2)
    assert [(one.number, one.kind, one.data) for one in taken(reader)] == [(3, "call", {"n": 0}), (4, "call", {"n": 1})]
    assert taken(reader) == []


def test_a_reader_resumes_after_the_last_id() -> None:
    hub = Hub()
    first = follow(hub)
    publish(hub, 3)
    ids = [one.id for one in taken(first)]
    publish(hub, 1)
    assert [one.number for one in taken(follow(hub, ids[1]))] == [3, 4]
    assert taken(follow(hub, ids[0].replace("-1", "-4"))) == []


def test_a_gap_tells_how_many_events_are_not_kept() -> None:
    hub = Hub()
    reader = follow(hub)
    publish(hub, 1)
    (first,) = taken(reader)
    publish(hub, MAX_EVENTS + 5)
    gap, *rest = taken(reader)
    assert (gap.kind, gap.data, gap.number) == ("gap", {"missed": 5}, 6)
    assert [one.number for one in rest] == list(range(7, MAX_EVENTS + 7))
    assert taken(follow(hub, gap.id))[0].number == 7
    assert taken(follow(hub, first.id))[0].data == {"missed": 5}


@pytest.mark.parametrize("last_id", ["0123abcd-1", "x", "-", "{hub}-", "{hub}-9", "{hub}--1", "{hub}-1e0", "{hub}-٣"])
def test_an_id_of_another_hub_is_a_gap_of_unknown_size(last_id: str) -> None:
    hub = Hub()
    own = follow(hub)
    publish(hub, 1)
    name = taken(own)[0].id.rpartition("-")[0]
    reader = follow(hub, last_id.replace("{hub}", name))
    (gap,) = taken(reader)
    assert (gap.kind, gap.data, gap.number) == ("gap", {"missed": None}, 1)
    publish(hub, 1)
    assert [one.number for one in taken(reader)] == [2]


def test_two_hubs_have_different_ids() -> None:
    hubs = [Hub(), Hub()]
    readers = [follow(hub) for hub in hubs]
    for hub in hubs:
        publish(hub, 1)
    assert taken(readers[0])[0].id != taken(readers[1])[0].id


def test_large_events_are_kept_up_to_a_limit() -> None:
    hub, each = Hub(), MAX_BYTES // 4
    reader = follow(hub)
    publish(hub, 6, size=each - EVENT_BYTES)
    assert [one.kind for one in taken(reader)] == ["gap", *["call"] * 4]
    publish(hub, 1, size=2 * MAX_BYTES)
    assert [one.kind for one in taken(reader)] == ["call"]


def test_other_types_are_left_out_but_not_missed() -> None:
    hub = Hub()
    reader = follow(hub, kinds=("clock",))
    publish(hub, 3)
    publish(hub, 1, "clock")
    assert [(one.kind, one.number) for one in taken(reader)] == [("clock", 4)]
    publish(hub, 1)
    assert reader.take() == b""
    assert reader.here().endswith(b"-5\n\n")


def test_missing_events_of_other_types_are_no_gap() -> None:
    hub = Hub()
    reader, other = follow(hub, kinds=("clock",)), follow(hub, kinds=("reset",))
    publish(hub, 1, "reset")
    publish(hub, MAX_EVENTS)
    publish(hub, 1, "clock")
    assert [one.kind for one in taken(reader)] == ["clock"]
    assert [one.data for one in taken(other)] == [{"missed": 2}]


def test_a_reader_is_woken_once_until_it_takes() -> None:
    hub, woken = Hub(), []
    reader = hub.open(lambda: woken.append(1), KINDS)
    publish(hub, 1)
    assert woken == []  # it has not asked yet
    reader.take()
    publish(hub, 3)
    assert len(woken) == 1
    assert len(taken(reader)) == 3
    publish(hub, 1)
    assert len(woken) == 2
    reader.take()
    reader.close()
    publish(hub, 1)
    assert len(woken) == 2


def test_an_event_is_shown_when_it_is_read_and_only_once() -> None:
    hub, shown = Hub(), []
    readers = [follow(hub), follow(hub)]
    hub.publish("call", lambda _: shown.append(1) or {}, None)
    assert shown == []
    assert readers[0].take() == readers[1].take() != b""
    assert len(shown) == 1


def test_the_number_of_readers_is_limited() -> None:
    hub = Hub()
    readers = [follow(hub) for _ in range(MAX_READERS)]
    with pytest.raises(TooManyReaders):
        follow(hub)
    readers[0].close()
    follow(hub)


def test_the_end_wakes_every_reader_and_allows_new_ones() -> None:
    hub, woken = Hub(), []
    reader = hub.open(lambda: woken.append(1), KINDS)
    publish(hub, 1)
    hub.end()
    assert (woken, reader.is_open, reader.take()) == ([1], False, b"")
    assert follow(hub).is_open
