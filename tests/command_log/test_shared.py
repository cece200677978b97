"""Emulators that share a state through a real Valkey or Redis server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from itertools import count

import pytest
from helpers.eventually import eventually
from helpers.shared_state import call, create, end_lease, header, log_of, names, stop_following, store_of

from harden.sharing import share
from harden.valkey import Valkey, find_valkey
from notify_mock import Emulator
from notify_mock.command_log.entry import Command
from notify_mock.command_log.stores.shared import ValkeyStore

pytestmark = pytest.mark.skipif(find_valkey() is None, reason="neither valkey-server nor redis-server is installed")

Open = Callable[..., Emulator]


@pytest.fixture(scope="module")
def valkey() -> Iterator[Valkey]:
    with Valkey() as started:
        yield started


@pytest.fixture
def share_state(valkey: Valkey) -> Iterator[Open]:
    """Opens one more emulator on the state of the test."""
    pytest.importorskip("redis")
    valkey.ask("FLUSHALL")
    opened: list[Emulator] = []

    def open_one(**options: object) -> Emulator:
        opened.append(Emulator(state=valkey.url(), **options))  # type: ignore[arg-type]
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def test_what_one_server_stores_arrives_at_the_others(share_state: Open) -> None:
    one, other = share_state(), share_state()
    sid = json.loads(create(one, "a").body)["sid"]
    eventually(lambda: sid in other.credentials)
    create(other, "b")
    eventually(lambda: names(one) == ["a", "b"])
    assert repr([*one.credentials.values()]) == repr([*other.credentials.values()])
    assert [one.number for one in one.journal] == [1, 2]


def test_a_later_server_has_the_whole_state(share_state: Open) -> None:
    one = share_state()
    for name in "abc":
        create(one, name)
    assert names(share_state()) == ["a", "b", "c"]
    one.close()
    later = share_state()
    assert names(later) == ["a", "b", "c"]
    assert later.position > 3


def test_a_snapshot_is_read_instead_of_the_entries_before_it(share_state: Open, valkey: Valkey) -> None:
    one = share_state()
    create(one, "a")
    one.close()
    valkey.ask("XTRIM", "notify-mock:{default}:log", "MAXLEN", "1")
    assert names(share_state()) == ["a"]


def test_a_strong_read_sees_what_another_server_has_answered(share_state: Open) -> None:
    one, other, strong = share_state(), share_state(), share_state(consistency="strong")
    stop_following(other)
    stop_following(strong)
    sid = json.loads(create(one, "a").body)["sid"]
    path = f"/v1/Credentials/{sid}"
    assert call(other, "GET", path).status == 404
    assert call(strong, "GET", path).status == 200
    assert call(other, "GET", path, position="latest").status == 200
    assert call(other, "GET", path).status == 200


def test_a_read_waits_for_the_position_that_a_write_has_returned(share_state: Open) -> None:
    one, other = share_state(), share_state()
    stop_following(other)
    answer = create(one, "a", position="latest")
    position = header(answer, "X-Notify-Mock-Position")
    assert position == str(one.position)
    found = call(other, "GET", position=position)
    assert [record["friendly_name"] for record in json.loads(found.body)["credentials"]] == ["a"]
    assert header(found, "X-Notify-Mock-Position") == str(other.position)


def test_a_response_has_a_position_only_if_the_request_asks_for_it(share_state: Open) -> None:
    one = share_state()
    assert header(create(one, "a"), "X-Notify-Mock-Position") is None
    assert header(call(one), "X-Notify-Mock-Position") is None


@pytest.mark.parametrize("position", ["soon", "-1", "1.5", "9" * 15, "9" * 400])
def test_a_position_that_is_none_is_refused(share_state: Open, position: str) -> None:
    answer = call(share_state(), "GET", position=position)
    assert answer.status == 400
    assert "X-Notify-Mock-Position" in json.loads(answer.body)["message"]


def test_the_journal_has_the_reads_of_all_servers_once(share_state: Open) -> None:
    one, other = share_state(), share_state()
    create(one, "a")
    for _ in range(3):
        call(one)
        call(other, "GET", "/v1/Credentials?PageSize=1")
    eventually(lambda: len(one.journal) == len(other.journal) == 7)
    for emulator in (one, other):
        assert len(emulator.journal.calls("credential.list", PageSize="1")) == 3
        assert len({exchange.number for exchange in emulator.journal}) == 7
    one.close()
    assert len(share_state().journal) == 7


def test_a_read_of_another_server_has_everything_in_the_journal(share_state: Open) -> None:
    one, other = share_state(keep_bodies=True), share_state()
    create(one, "a")
    eventually(lambda: other.credentials)
    call(one, "GET", "/v1/Credentials/CR" + "0" * 32)
    eventually(lambda: len(other.journal) == 2)
    mine, theirs = one.journal.last, other.journal.last
    names = [name for name in mine.__slots__ if name not in ("server", "size")]
    assert [getattr(mine, name) for name in names] == [getattr(theirs, name) for name in names]
    assert theirs.server == store_of(one).server


def test_a_reset_on_one_server_resets_all_and_releases_their_held_calls(share_state: Open) -> None:
    one, other = share_state(), share_state()
    create(one, "a")
    call(one)
    held = other.held_calls.take()
    eventually(lambda: other.credentials)
    one.reset()
    eventually(lambda: not other.credentials)
    held.wait(0)
    released: list[bool] = []
    held.when_released(lambda: released.append(True))
    assert released
    log_of(one).share_reads()
    eventually(lambda: other.position == one.position)
    assert (len(one.journal), len(other.journal)) == (0, 0)


def test_reads_before_a_reset_do_not_appear_after_it(share_state: Open) -> None:
    one, other = share_state(), share_state()
    create(one, "a")
    stop_following(one)
    call(one)
    other.reset()
    log_of(one).share_reads()
    eventually(lambda: other.position == one.position)
    assert (len(one.journal), len(other.journal)) == (0, 0)


def test_a_batch_whose_answer_was_lost_is_appended_once(share_state: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = share_state(), share_state()
    create(one, "a")
    store, run, calls = store_of(one), ValkeyStore._run, count()

    def lose_the_first(self: ValkeyStore, *args: object, **options: object) -> object:
        found = run(self, *args, **options)  # type: ignore[arg-type]
        if self is store and next(calls) == 0:
            create(other, "between")
            raise ConnectionResetError
        return found

    stop_following(one)
    monkeypatch.setattr(ValkeyStore, "_run", lose_the_first)
    assert create(one, "b").status == 201
    eventually(lambda: len(other.credentials) == 3)
    assert names(other) == ["a", "b", "between"]
    assert create(one, "c").status == 201
    assert names(one) == ["a", "b", "between", "c"]


def test_times_never_go_back(share_state: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = share_state(), share_state()
    state = log_of(one)._state
    ahead = state.clock.real_time() + 3600
    monkeypatch.setattr(state.clock, "real_time", lambda: ahead)
    create(one, "a")
    eventually(lambda: other.credentials)
    create(other, "b")
    eventually(lambda: len(one.credentials) == 2)
    for emulator in (one, other):
        first, second = emulator.credentials.values()
        assert first.date_created <= second.date_created


def test_a_server_that_is_silent_is_ended_and_comes_back(share_state: Open, valkey: Valkey) -> None:
    one, other = share_state(), share_state()
    follower, before = stop_following(one), store_of(one).server
    one.faults.add("credential.list", "delay", seconds=60)
    steps = one.play(_list_call(one))
    _advance(steps)
    eventually(lambda: log_of(other)._machine.waiting)
    end_lease(valkey, one)
    eventually(lambda: not log_of(other)._machine.waiting)
    assert create(one, "a").status == 503
    assert "ended this one" in one.degraded
    follower.turn()
    assert store_of(one).server != before
    assert not one.degraded
    assert not log_of(one)._machine.waiting
    assert create(one, "b").status == 201
    eventually(lambda: names(other) == ["b"])
    steps.close()


def test_servers_do_not_end_each_other_after_the_store_was_away(share_state: Open, valkey: Valkey) -> None:
    one, other = share_state(), share_state()
    stop_following(one), stop_following(other)
    for emulator in (one, other):
        end_lease(valkey, emulator)
    valkey.ask("HSET", "notify-mock:{default}:facts", "seen", "1")
    log_of(one).stay()
    log_of(other).stay()
    assert log_of(one).commit([Command("sync", None)])[0].error is None
    assert one.position == 0


def test_three_servers_lose_and_double_nothing_while_one_is_killed() -> None:
    pytest.importorskip("redis")
    result = share(5, 1, clients=12)
    assert not result.failures
    assert result.count > 20


def _list_call(emulator: Emulator):  # type: ignore[no-untyped-def]
    from helpers.calls import basic

    from notify_mock.twilio_api.messages import read

    headers = {"authorization": basic(*emulator.auth)}
    return read("GET", "/v1/Credentials", host="notify.twilio.com", headers=headers)


def _advance(steps) -> None:  # type: ignore[no-untyped-def]
    """Carry out a call to its pause."""
    commit = steps.send(None)
    steps.send(commit.log.commit([commit.command])[0])
