"""Everything that changes an emulator is a command."""

from __future__ import annotations

import inspect
from contextlib import closing
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from helpers.calls import ask, basic
from helpers.lasting import content, copy_after_crash

from notify_mock import Delay, Emulator, Refuse
from notify_mock.accounts.accounts import Accounts
from notify_mock.command_log.machine import CHANGING
from notify_mock.deliveries.providers import Fcm, Provider, Providers
from notify_mock.engine.engine import Engine
from notify_mock.engine.records import Records
from notify_mock.faults.decision import Decision, Effect
from notify_mock.faults.rules import Faults
from notify_mock.support.clock import Clock
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.messages import read

READING: dict[type[Any], set[str]] = {
    Clock: {"time", "at", "real_time", "now", "is_frozen"},
    Faults: {"fired", "unused"},
    Accounts: {"default", "is_new", "expired"},
    Provider: {"describe", "outcome", "is_ios", "app_of"},
    Fcm: {"describe"},
    Providers: {"by_name", "apns", "fcm", "gcm", "sms"},
    Records: {"resource", "of", "values", "items", "keys", "get", "page", "counts", "last_known"},
}
"""The methods that change nothing."""

OWN: dict[type[Any], set[str]] = {
    Faults: {"discard", "apply", "for_one_call"},
    Accounts: {"identify"},
    Fcm: {"accept_legacy"},
    Records: {"add", "remove"},
}
"""The methods that are commands of another name, or parts of calls."""

STATE = {"snapshot", "restore"}
"""How checkpoints save each part."""

PARTS: list[tuple[type[Any], str]] = [
    (Clock, "clock"),
    (Faults, "faults"),
    (Accounts, "accounts"),
    (Providers, "providers"),
    *((Fcm if name == "fcm" else Provider, f"providers.{name}") for name in ("apns", "fcm", "gcm", "sms")),
]


@pytest.mark.parametrize(("kind", "part"), PARTS, ids=lambda value: value if isinstance(value, str) else "")
def test_each_public_method_of_a_part_is_a_command_or_only_reads(kind: type[Any], part: str) -> None:
    methods = {name for name, _ in inspect.getmembers(kind) if not name.startswith("_")}
    slots = {"apps", "busy", "pause"}
    known = set(CHANGING[part]) | OWN.get(kind, set()) | READING[kind] | READING.get(kind.__mro__[1], set())
    remedy = "list a method that changes something in CHANGING (command_log/machine.py), one that reads in READING here"
    assert methods - slots - STATE == known, remedy


def test_each_public_method_of_records_is_a_command_or_only_reads() -> None:
    assert {name for name in vars(Records) if not name.startswith("_")} <= READING[Records] | OWN[Records]


def test_each_public_name_of_an_engine_is_known() -> None:
    """A new one must be logged by LastingEngine if it changes something, and then be listed here."""
    reading = {"api_key", "auth", "failed", "handle", "deliveries", "journal", "credentials", "services", "bindings"}
    reading |= {"notifications", "records", "changes", "checkpoints", "degraded", "export", "position"}
    logged = {"accounts", "add_permanent_fault", "add_records", "attempts", "cassette", "checkpoint", "clock", "faults"}
    logged |= {"play", "providers", "reset", "restore", "snapshot", "set_checkpoint", "restore_checkpoint"}
    logged |= {"drop_checkpoint", "keep_bodies", "load"}
    names = {name for name in vars(Engine) if not name.startswith(("_", "assert_"))}
    assert names == reading | logged


SID = "CR" + "1" * 32
OTHER = "AC" + "2" * 32

COMMANDS: dict[str, Any] = {
    "clock.freeze": lambda e: e.clock.freeze("2030-01-01"),
    "clock.freeze a date": lambda e: e.clock.freeze(date(2030, 1, 1)),
    "clock.freeze a datetime": lambda e: e.clock.freeze(datetime(2030, 1, 1, 1, 2, 3, 4)),
    "clock.freeze now": lambda e: e.clock.freeze(),
    "clock.set": lambda e: e.clock.set(datetime(2030, 1, 1, tzinfo=timezone.utc)),
    "clock.advance": lambda e: e.clock.advance(timedelta(hours=1)),
    "clock.resume": lambda e: (e.clock.freeze("2030-01-01"), e.clock.resume()),
    "clock.reset": lambda e: (e.clock.freeze("2030-01-01"), e.clock.reset()),
    "faults.add": lambda e: e.faults.add("*.create", "refuse", code=20429),
    "faults.add an effect": lambda e: e.faults.add(
        "*.create", Delay(seconds=timedelta(seconds=3)), until=date(2040, 1, 1)
    ),
    "faults.add and remove": lambda e: e.faults.add("*.create", Refuse(20429)).remove(),
    "faults.add in a block": lambda e: e.faults.add("*.create", Refuse(20429)).__enter__().__exit__(),
    "faults.read": lambda e: e.faults.read({"call": "*", "effect": "drop"}, "here"),
    "faults.remove": lambda e: (e.faults.add("*", "drop", name="x"), e.faults.remove("x")),
    "faults.clear": lambda e: (e.faults.add("*", "drop"), e.faults.clear()),
    "faults.reset": lambda e: (e.faults.add("*", "drop"), e.faults.reset()),
    "accounts.suspend": lambda e: e.accounts.suspend(OTHER),
    "accounts.activate": lambda e: (e.accounts.suspend(OTHER), e.accounts.activate(OTHER)),
    "accounts.expire": lambda e: e.accounts.expire(e.auth[0], new_token="new"),
    "accounts.reset": lambda e: (e.accounts.suspend(OTHER), e.accounts.reset()),
    "providers.unregister": lambda e: e.providers.apns.unregister("aa"),
    "providers.register": lambda e: e.providers.apns.register("aa", topic="app", sandbox=True),
    "providers.throttle": lambda e: e.providers.gcm.throttle(),
    "providers.revoke": lambda e: e.providers.fcm.revoke(e.credentials[SID]),
    "providers.go_down": lambda e: e.providers.sms.go_down(),
    "providers by channel": lambda e: e.providers["apn"].go_down(),
    "providers by name": lambda e: e.providers.by_name["sms"].go_down(),
    "providers.slow_down": lambda e: e.providers.fcm.slow_down(timedelta(minutes=1)),
    "providers.recover": lambda e: (e.providers.fcm.go_down(), e.providers.fcm.recover()),
    "providers.change": lambda e: e.providers.apns.change({"registered": {"aa": {"topic": "app"}}}),
    "providers.reset": lambda e: (e.providers.fcm.go_down(), e.providers.reset()),
    "accept_legacy": lambda e: setattr(e.providers.fcm, "accept_legacy", True),
    "records.add": lambda e: e.credentials.add(type="fcm", secret="s", date_created=datetime(2029, 1, 1)),
    "records.of.add": lambda e: e.credentials.of(OTHER).add(type="fcm", secret="s"),
    "records.remove": lambda e: e.credentials.remove(SID),
    "add_records": lambda e: e.add_records(
        {"credentials": [{"type": "fcm", "secret": "s", "date_created": date(2029, 1, 1)}]}
    ),
    "add_permanent_fault": lambda e: (e.add_permanent_fault("*", "drop"), e.reset()),
    "reset": lambda e: (e.credentials.remove(SID), e.reset()),
    "restore": lambda e: (e.snapshot(), e.credentials.remove(SID), e.restore("after 1")),
    "a call": lambda e: ask(e, "POST", "/v1/Credentials", Type="fcm", Secret="s"),
    "the first sight of an account by a GET": lambda e: e.handle(
        read("GET", "/v1/Credentials", host="notify.twilio.com", headers={"authorization": basic(OTHER, "t")})
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_change_outlives_a_crash(name: str, file: Path, tmp_path: Path) -> None:
    with closing(Emulator(state=file, data={"credentials": [{"sid": SID, "type": "fcm", "secret": "s"}]})) as emulator:
        emulator.clock.advance(1)
        untouched, position = content(emulator), emulator.position
        COMMANDS[name](emulator)
        changed = content(emulator)
        assert emulator.position > position
        again = copy_after_crash(file, tmp_path / "copy")
    for path in (again, file):
        with closing(Emulator(state=path)) as emulator:
            assert content(emulator) == changed
    with closing(Emulator(state=again, until=1)) as emulator:
        assert content(emulator) == untouched


def test_whether_bodies_are_kept_lasts(file: Path, tmp_path: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        emulator.keep_bodies(True)
        emulator.reset()
        ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="s")
        again = copy_after_crash(file, tmp_path / "copy")
    for path in (again, file):
        with closing(Emulator(state=path)) as emulator:
            assert emulator.journal.keep_bodies
            assert emulator.journal.last.response_body
    with closing(Emulator(state=again, until=0)) as emulator:
        assert not emulator.journal.keep_bodies


def test_reads_are_no_commands(file: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        sid = emulator.credentials.add(type="fcm", secret="s").sid
        before = content(emulator)
        for method, target in (
            ("GET", f"/v1/Credentials/{sid}"),
            ("GET", "/v1/Credentials"),
            ("OPTIONS", "/v1/Services"),
        ):
            assert ask(emulator, method, target).status == 200
        assert (emulator.position, content(emulator)) == (1, before)
        assert len(emulator.journal) == 3


@pytest.mark.parametrize(
    "mistake",
    [
        lambda e: e.clock.advance(),
        lambda e: e.clock.advance("soon"),
        lambda e: e.faults.add("*.create"),
        lambda e: e.faults.add("*.create", "refuse", code=5),
        lambda e: e.faults.remove("unknown"),
        lambda e: e.credentials.add(secret="s"),
        lambda e: e.credentials.remove("CR1"),
        lambda e: e.accounts.suspend(5),
        lambda e: e.providers.fcm.unregister(),
        lambda e: e.restore(["unhashable"]),
        lambda e: e.add_records({"credentials": 5}),
    ],
)
def test_a_mistake_raises_what_it_does_in_memory_and_does_no_harm(mistake: Any, file: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        with pytest.raises((UsageError, TypeError, KeyError)):
            mistake(emulator)
        before = content(emulator)
        assert ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="s").status == 201
    with closing(Emulator(state=file)) as emulator:
        assert (len(emulator.credentials), before["clock"]) == (1, content(emulator)["clock"])


class Own(Effect):
    kind = "own"

    def apply(self, decision: Decision) -> bool:
        return False


@pytest.mark.parametrize(
    "use",
    [
        lambda e: e.faults.add("*", Own()),
        lambda e: e.faults.add("*", "drop", predicate=lambda exchange: True),
        lambda e: setattr(e, "cassette", "x.yaml"),
        lambda e: setattr(e.clock, "offset", 5),
    ],
)
def test_what_is_not_plain_data_is_refused(use: Any, file: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        with pytest.raises(UsageError, match=r"no state=|with state="):
            use(emulator)
        assert emulator.position == 0


def test_a_record_of_another_account_is_not_removed(file: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        sid = emulator.credentials.add(type="fcm", secret="s").sid
        with pytest.raises(KeyError):
            emulator.credentials.of(OTHER).remove(sid)
        assert sid in emulator.credentials


def test_a_block_with_a_checkpoint_leaves_nothing_behind(file: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        before = content(emulator)
        with emulator.checkpoint():
            emulator.credentials.add(type="fcm", secret="s")
        assert content(emulator) == before
        with pytest.raises(KeyError):
            emulator.restore("after 0")


def test_a_listener_that_fails_does_not_change_what_is_replayed(file: Path) -> None:
    def fail(exchange: object) -> None:
        raise RuntimeError("listener")

    with closing(Emulator(state=file)) as emulator:
        emulator.journal.subscribe(fail)
        with pytest.raises(RuntimeError, match="listener"):
            ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="s")
        before = content(emulator)
        assert emulator.position == 1
    with closing(Emulator(state=file)) as emulator:
        assert content(emulator) == before


def test_a_listener_may_change_the_state(file: Path, tmp_path: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        emulator.journal.subscribe(lambda exchange: emulator.clock.freeze("2030-01-01"))
        ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="s")
        assert emulator.position == 2
        again, before = copy_after_crash(file, tmp_path / "copy"), content(emulator)
    with closing(Emulator(state=again)) as emulator:
        assert content(emulator) == before


def test_an_interrupted_command_is_carried_out_by_the_next_start(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with closing(Emulator(state=file)) as emulator:
        with monkeypatch.context() as patch:
            patch.setattr(Clock, "freeze", interrupt)
            with pytest.raises(KeyboardInterrupt):
                emulator.clock.freeze("2030-01-01")
        with pytest.raises(UsageError, match="open the state again"):
            emulator.clock.advance(1)
    with closing(Emulator(state=file)) as emulator:
        assert (emulator.position, emulator.clock.now().year) == (1, 2030)


def test_a_closed_state_can_be_read_and_not_changed(file: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        emulator.credentials.add(type="fcm", secret="s")
    with pytest.raises(UsageError, match="has been closed"):
        emulator.clock.freeze()
    assert ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="s").status == 503
    assert len(emulator.credentials) == 1
    assert ask(emulator, "GET", f"/v1/Credentials/{next(iter(emulator.credentials))}").status == 200
    emulator.close()


def test_an_earlier_position_can_be_read_and_not_changed(file: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        sid = emulator.credentials.add(type="fcm", secret="s").sid
        emulator.faults.add("*.fetch", "status", status=503, phase="after", skip=1)
        emulator.credentials.remove(sid)
    with closing(Emulator(state=file, until=2)) as emulator:
        assert ask(emulator, "GET", f"/v1/Credentials/{sid}").status == 200
        headers = {"authorization": basic(OTHER, "a new account's token")}
        assert emulator.handle(read("GET", "/v1/Services", host="notify.twilio.com", headers=headers)).status == 200
        answer = ask(emulator, "DELETE", f"/v1/Credentials/{sid}")
        assert (answer.status, b"20503" in answer.body) == (503, True)
        with pytest.raises(UsageError, match="it is the state of position 2, to look at"):
            emulator.reset()
        assert "position 2" in emulator.degraded
        assert sid in emulator.credentials
    with closing(Emulator(state=file)) as emulator:
        assert (emulator.position, len(emulator.credentials)) == (3, 0)


def test_a_fault_of_an_earlier_position_delays_a_read(file: Path) -> None:
    with closing(Emulator(state=file, frozen="2030-01-01")) as emulator:
        emulator.faults.add("*.list", "delay", seconds=60)
        emulator.faults.clear()
    with closing(Emulator(state=file, until=1)) as emulator:
        answer = ask(emulator, "GET", "/v1/Services")
        assert (answer.status, emulator.journal.last.faults) == (200, ("delay-1",))
        assert emulator.clock.now().isoformat() == "2030-01-01T00:00:00+00:00"


def test_time_never_goes_back(file: Path, now: Any, caplog: pytest.LogCaptureFixture) -> None:
    start = now.now
    with closing(Emulator(state=file)) as emulator:
        ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="s")
        for behind in (3600, 3000):
            now.now = start - behind
            ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="s")
        assert [record.getMessage() for record in caplog.records] == [
            "the clock of this machine is 3600 s behind the last command of the state"
        ]
        first, second, third = emulator.credentials.values()
        assert first.date_created == second.date_created == third.date_created
    now.now += 10_000
    with closing(Emulator(state=file)) as emulator:
        ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="s")
        *_, last = emulator.credentials.values()
        assert last.date_created.timestamp() == int(now.now)
