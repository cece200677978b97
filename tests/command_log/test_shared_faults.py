"""A shared state whose store is away, emptied, trimmed, or used by servers that don't belong to it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest
from helpers.eventually import eventually
from helpers.shared_state import call, create, log_of, names, stop_following

from harden.valkey import Valkey, find_valkey
from notify_mock import Emulator, UsageError
from notify_mock.command_log.stores import shared

pytestmark = pytest.mark.skipif(find_valkey() is None, reason="neither valkey-server nor redis-server is installed")


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    pytest.importorskip("redis")
    with Valkey("--appendonly", "yes", "--appendfsync", "always") as started:
        yield started


@pytest.fixture
def pair(valkey: Valkey) -> Iterator[tuple[Emulator, Emulator]]:
    """Two emulators that have the credential "a"."""
    one, other = Emulator(state=valkey.url()), Emulator(state=valkey.url())
    create(one, "a")
    eventually(lambda: other.credentials)
    yield one, other
    one.close()
    other.close()


def test_while_the_store_is_away_writes_are_refused_and_reads_go_on(
    valkey: Valkey, pair: tuple[Emulator, Emulator]
) -> None:
    one, other = pair
    valkey.kill()
    for emulator in pair:
        answer = create(emulator, "refused")
        assert (answer.status, json.loads(answer.body)["code"]) == (503, 20503)
        assert call(emulator).status == 200
        assert str(valkey.port) in emulator.degraded
    with pytest.raises(UsageError, match="state: cannot be changed"):
        one.clock.freeze()
    assert call(one, position="latest").status == 503
    valkey.start()
    eventually(lambda: not (one.degraded or other.degraded))
    assert create(one, "b").status == 201
    eventually(lambda: names(other) == ["a", "b"])


def test_a_store_that_hangs_is_not_waited_for_twice(
    valkey: Valkey, pair: tuple[Emulator, Emulator], monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    valkey.stand_still()
    assert create(one, "unknown").status == 503
    attempts: list[object] = []
    monkeypatch.setattr(shared.ValkeyStore, "_appended", lambda self, arguments: attempts.append(arguments))
    assert create(one, "refused").status == 503
    assert not attempts
    monkeypatch.undo()
    valkey.go_on()
    eventually(lambda: not (one.degraded or other.degraded))
    assert create(one, "b").status == 201
    eventually(lambda: names(other) == names(one))
    assert [name for name in names(one) if name != "unknown"] == ["a", "b"]
    assert names(one).count("unknown") <= 1


def test_what_is_read_while_the_store_is_away_is_in_all_journals_later(
    valkey: Valkey, pair: tuple[Emulator, Emulator]
) -> None:
    one, other = pair
    valkey.kill()
    call(one)
    call(one)
    valkey.start()
    eventually(lambda: len(other.journal) == 3)


def test_an_entry_that_no_server_has_written_stops_the_commands_and_nothing_else(
    valkey: Valkey, pair: tuple[Emulator, Emulator]
) -> None:
    one, other = pair
    valkey.ask("XADD", "notify-mock:{default}:log", "2-0", "not", "ours")
    eventually(lambda: one.degraded and other.degraded)
    assert "is damaged" in eventually(lambda: "is damaged" in one.degraded and one.degraded)
    assert create(one, "b").status == 503
    assert call(other).status == 200
    valkey.ask("XDEL", "notify-mock:{default}:log", "2-0")
    valkey.ask("XSETID", "notify-mock:{default}:log", "1-0")
    eventually(lambda: not (one.degraded or other.degraded))
    assert create(one, "b").status == 201
    eventually(lambda: names(other) == ["a", "b"])


def test_servers_that_take_snapshots_at_once_do_not_mix_them(pair: tuple[Emulator, Emulator]) -> None:
    one, other = pair
    other_log = stop_following(other)
    with one.checkpoint():
        create(one, "b")
        with other.checkpoint():
            create(other, "c")
    other_log.turn()
    assert names(one) == ["a"]


@pytest.mark.parametrize("order", ["FLUSHALL", "DEL notify-mock:{default}:facts"])
def test_an_emptied_store_is_never_written_by_a_server_that_knows_more(
    valkey: Valkey, pair: tuple[Emulator, Emulator], order: str
) -> None:
    one, other = pair
    valkey.ask(*order.split())
    assert create(one, "b").status == 503
    assert "it was deleted, or begun anew" in one.degraded
    assert "export its state, then restart all servers" in one.degraded
    assert names(one) == ["a"]
    eventually(lambda: other.degraded)
    if order == "FLUSHALL":
        anew = Emulator(state=valkey.url())
        assert names(anew) == []
        create(anew, "new")
        assert create(one, "b").status == 503
        anew.close()


def test_a_store_that_has_lost_its_newest_entries_is_not_written(
    valkey: Valkey, pair: tuple[Emulator, Emulator]
) -> None:
    one, other = pair
    stop_following(other)
    create(one, "b")
    valkey.ask("XDEL", "notify-mock:{default}:log", "2-0")
    valkey.ask("XSETID", "notify-mock:{default}:log", "1-0")
    valkey.ask("HSET", "notify-mock:{default}:facts", "end", "1", "mark", "1:1")
    assert create(one, "c").status == 503
    assert "entries are missing at the end" in one.degraded
    assert create(other, "elsewhere").status == 201
    assert create(other, "elsewhere too").status == 201
    assert create(one, "c").status == 503
    assert names(one) == ["a", "b"]


def test_a_store_that_forgets_when_it_restarts_is_not_written() -> None:
    pytest.importorskip("redis")
    with Valkey() as valkey:
        one = Emulator(state=valkey.url())
        create(one, "a")
        valkey.kill()
        valkey.start()
        eventually(lambda: "begun anew" in one.degraded)
        assert create(one, "b").status == 503
        assert names(one) == ["a"]
        one.close()


def test_a_trimmed_stream_refuses_new_servers_and_those_that_are_behind(
    valkey: Valkey, pair: tuple[Emulator, Emulator]
) -> None:
    one, other = pair
    stop_following(other)
    for name in "bcd":
        create(one, name)
    valkey.ask("XTRIM", "notify-mock:{default}:log", "MAXLEN", "1")
    with pytest.raises(UsageError, match=r"state: .*entry 1 is missing; the log goes on at \d"):
        Emulator(state=valkey.url())
    assert create(other, "e").status == 503
    assert "entries were deleted that this server has not read" in other.degraded
    assert create(one, "e").status == 201
    one.close()  # its snapshot has everything
    with closing(Emulator(state=valkey.url())) as new:
        assert names(new) == ["a", "b", "c", "d", "e"]


def test_another_seed_is_refused_with_both_values(valkey: Valkey) -> None:
    Emulator(state=valkey.url(), seed=1).close()
    with pytest.raises(UsageError, match="seed: the state was begun with seed 1, and this is seed 2"):
        Emulator(state=valkey.url(), seed=2)
    with pytest.raises(UsageError, match="accounts: the state was begun with another value of accounts"):
        Emulator(state=valkey.url(), accounts={"AC" + "1" * 32: "token"})
    with closing(Emulator(state=valkey.url())) as emulator:
        assert emulator.seed == 1


def test_servers_of_two_versions_do_not_share_a_state(valkey: Valkey, monkeypatch: pytest.MonkeyPatch) -> None:
    first = Emulator(state=valkey.url())
    create(first, "a")
    version = shared.__version__
    monkeypatch.setattr(shared, "__version__", "99.0")
    with pytest.raises(UsageError, match=f"is used by servers of notify-mock {version}, and this is 99.0"):
        Emulator(state=valkey.url())
    first.close()
    with closing(Emulator(state=valkey.url())) as new:
        assert names(new) == ["a"]


def test_another_format_is_refused(valkey: Valkey) -> None:
    Emulator(state=valkey.url()).close()
    valkey.ask("HSET", "notify-mock:{default}:facts", "format", "2")
    with pytest.raises(UsageError, match=r"has format 2, and notify-mock .* reads format 1"):
        Emulator(state=valkey.url())


@pytest.mark.parametrize(
    ("part", "words", "message"),
    [
        ("log", ("SET", "x"), "WRONGTYPE"),
        ("log", ("XADD", "7-0", "e", "x"), "damaged"),
        ("snapshot", ("HSET", "position", "1", "text", "[]"), "the snapshot at position 1 is damaged"),
    ],
)
def test_a_damaged_state_is_refused(valkey: Valkey, part: str, words: tuple[str, ...], message: str) -> None:
    Emulator(state=valkey.url()).close()
    command, *rest = words
    valkey.ask("DEL", f"notify-mock:{{default}}:{part}")
    valkey.ask(command, f"notify-mock:{{default}}:{part}", *rest)
    with pytest.raises(UsageError, match=message):
        Emulator(state=valkey.url())


def test_a_wrong_password_is_refused_without_being_shown(valkey: Valkey) -> None:
    valkey.ask("CONFIG", "SET", "requirepass", "right")
    for user in (":wr0ng@", "me:wr0ng@"):
        with pytest.raises(UsageError, match=r"WRONGPASS|invalid") as caught:
            Emulator(state=valkey.url(user=user))
        assert "wr0ng" not in repr(caught.value)
    with pytest.raises(UsageError, match="Authentication required"):
        Emulator(state=valkey.url())
    Emulator(state=valkey.url(user=":right@")).close()


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("redis://:pa/ss@127.0.0.1:1/0", "is not a URL; percent-encode the password"),
        ("redis://127.0.0.1:1/0?name=a%20b", "'a b' is not a name"),
        ("redis://127.0.0.1:1/0?name=", "'' is not a name"),
        ("redis://127.0.0.1:1/0?colour=red", "has options that redis-py does not know"),
        ("redis://127.0.0.1:1/0?decode_responses=true", "decode_responses cannot be changed; leave it out"),
        (
            "redi://:pa/ss@127.0.0.1:1/0",
            r"redi://\[secret\]@127.0.0.1:1/0 is not a URL of Valkey or Redis",
        ),
        ("redis://127.0.0.1:1/0", "127.0.0.1:1/0, name default: Error .*refused"),
        ("valkey://127.0.0.1:1/0?name=team", "name team: Error .*refused"),
        ("unix:///nowhere/valkey.sock?name=team", "name team: Error"),
    ],
)
def test_a_url_that_leads_nowhere_is_refused(url: str, message: str) -> None:
    pytest.importorskip("redis")
    with pytest.raises(UsageError, match=message) as caught:
        Emulator(state=url)
    assert "pa/ss" not in str(caught.value)


def test_without_redis_py_the_error_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    with pytest.raises(UsageError, match=r"needs redis-py; run pip install \"notify-mock\[shared\]\""):
        Emulator(state="redis://127.0.0.1:1/0")


def test_a_state_of_then_can_be_opened_while_servers_use_it(valkey: Valkey, pair: tuple[Emulator, Emulator]) -> None:
    one, _ = pair
    position = one.position
    create(one, "b")
    then = Emulator(state=valkey.url(), until=position)
    assert names(then) == ["a"]
    assert create(then, "c").status == 503
    assert log_of(then).server == ""
    then.close()
