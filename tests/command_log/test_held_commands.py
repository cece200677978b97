"""Calls and callbacks in progress: held, released, interrupted by a crash, or while the store takes nothing."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from helpers.calls import ask, basic
from helpers.held_calls import waits
from helpers.lasting import content, copy_after_crash

from notify_mock import Emulator
from notify_mock.command_log.entry import StoreUnavailable
from notify_mock.engine.attempts import Reply
from notify_mock.twilio_api.messages import read

FORM = {"Type": "fcm", "Secret": "s"}


@contextmanager
def full(emulator: Emulator) -> Iterator[None]:
    """Let the store take nothing."""

    def append(*_: object) -> None:
        raise StoreUnavailable("the disk is full")

    store: Any = emulator._log._store  # type: ignore[union-attr]
    before, store.append = store.append, append
    try:
        yield
    finally:
        store.append = before


def create(emulator: Emulator) -> Any:
    headers = {"authorization": basic(*emulator.auth), "content-type": "application/x-www-form-urlencoded"}
    return read("POST", "/v1/Credentials", host="notify.twilio.com", headers=headers, body=b"Type=fcm&Secret=s")


def is_busy(emulator: Emulator) -> bool:
    return emulator._log._machine.is_busy  # type: ignore[union-attr]


@pytest.mark.parametrize(("phase", "records"), [("before", 0), ("after", 1)])
def test_a_call_that_is_held_at_a_crash_has_ended_at_the_next_start(
    phase: str, records: int, file: Path, tmp_path: Path
) -> None:
    with closing(Emulator(state=file)) as emulator:
        emulator.faults.add("credential.create", "delay", seconds=60, phase=phase)
        steps = emulator.play(create(emulator))
        outcome = emulator._log.commit([next(steps).command])[0]  # type: ignore[union-attr]
        steps.send(outcome)
        assert is_busy(emulator)
        again = copy_after_crash(file, tmp_path / "copy")
        steps.close()
        assert not is_busy(emulator)
    with closing(Emulator(state=again)) as emulator:
        assert (is_busy(emulator), len(emulator.credentials)) == (False, records)
        assert "no response" in emulator.journal.last.outcome()
        emulator.faults.clear()
        answer = emulator.handle(create(emulator))
        assert dict(answer.headers)["Twilio-Concurrent-Requests"] == "1"
    Emulator(state=again).close()


def test_a_call_may_be_held_twice(file: Path) -> None:
    with closing(Emulator(state=file, frozen="2030-01-01")) as emulator:
        for phase in ("before", "after"):
            emulator.faults.add("credential.create", "delay", seconds=30, phase=phase)
        assert ask(emulator, "POST", "/v1/Credentials", **FORM).status == 201
        assert emulator.clock.now().minute == 1
        before = content(emulator)
    with closing(Emulator(state=file)) as emulator:
        assert content(emulator) == before


def test_the_wait_of_a_call_may_end_with_an_exception(file: Path) -> None:
    def wait(*_: object) -> None:
        raise TimeoutError

    with closing(Emulator(state=file)) as emulator:
        emulator.faults.add("credential.create", "hang")
        with pytest.raises(TimeoutError):
            emulator.handle(create(emulator), wait)
        assert not is_busy(emulator)
        before = content(emulator)
    with closing(Emulator(state=file)) as emulator:
        assert content(emulator) == before


@pytest.mark.parametrize("act", ["reset", "restore", "close"])
def test_a_call_on_a_server_is_released(act: str, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = waits(monkeypatch)
    emulator = Emulator(state=file)
    with closing(emulator):
        host, port = emulator.url.removeprefix("http://").split(":")
        name = emulator.snapshot()
        emulator.faults.add("credential.create", "delay", seconds=3000)
        connection = http.client.HTTPConnection(host, int(port))
        connection.request("POST", "/v1/Credentials", "Type=fcm&Secret=s", {"Authorization": basic(*emulator.auth)})
        assert begun.acquire(timeout=10)
        {"reset": emulator.reset, "restore": lambda: emulator.restore(name), "close": emulator.close}[act]()
        with pytest.raises((ConnectionError, http.client.HTTPException)):
            connection.getresponse()
        connection.close()
    with closing(Emulator(state=file)) as emulator:
        assert (is_busy(emulator), len(emulator.credentials)) == (False, 0)
        assert ask(emulator, "GET", "/v1/Services").status == 200


@pytest.mark.parametrize("effect", ["drop", "reset", "truncate", "hang", "garble", "dribble"])
def test_a_broken_response_is_the_same_after_a_restart(effect: str, file: Path, tmp_path: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        host, port = emulator.url.removeprefix("http://").split(":")
        options = {"hang": {"seconds": 0.01}, "dribble": {"seconds": 0.01}}.get(effect, {})
        emulator.faults.add("credential.create", effect, **options, chance=0.5)
        for _ in range(8):
            connection = http.client.HTTPConnection(host, int(port))
            connection.request("POST", "/v1/Credentials", "Type=fcm&Secret=s", {"Authorization": basic(*emulator.auth)})
            with suppress(OSError, http.client.HTTPException):
                connection.getresponse().read()
            connection.close()
        before, again = content(emulator), copy_after_crash(file, tmp_path / "copy")
    for path in (file, again):
        with closing(Emulator(state=path)) as emulator:
            assert content(emulator) == before


def test_a_held_call_that_the_store_does_not_take_again_ends_later(file: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        emulator.faults.add("credential.create", "delay", seconds=30)
        broken = full(emulator)

        def wait(*_: object) -> None:
            broken.__enter__()

        assert emulator.handle(create(emulator), wait).status == 503
        broken.__exit__(None, None, None)
        assert is_busy(emulator)
        emulator.clock.advance(1)
        assert not is_busy(emulator)
        before = content(emulator)
    with closing(Emulator(state=file)) as emulator:
        assert content(emulator) == before


def test_many_threads_share_one_log(file: Path, tmp_path: Path) -> None:
    with closing(Emulator(state=file)) as emulator:
        statuses: list[int] = []

        def work() -> None:
            for number in range(15):
                statuses.append(ask(emulator, "POST", "/v1/Credentials", **FORM).status)
                rule = emulator.faults.add("credential.delete", "drop", unused="ignore")
                statuses.append(ask(emulator, "GET", "/v1/Credentials").status)
                rule.remove()
                emulator.handle(
                    read(
                        "GET",
                        "/v1/Services",
                        host="notify.twilio.com",
                        headers={"authorization": basic(f"AC{number}", "t")},
                    )
                )

        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(statuses) == {200, 201}
        before, again = content(emulator), copy_after_crash(file, tmp_path / "copy")
    for path in (file, again):
        with closing(Emulator(state=path)) as emulator:
            assert content(emulator) == before


# --- callbacks --------------------------------------------------------------------------------------------------------


def with_a_callback(file: Path) -> Emulator:
    emulator = Emulator(state=file)
    emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    path = f"/v1/Services/{next(iter(emulator.services))}/Notifications"
    form = {"Body": "b", "ToBinding": '{"binding_type": "sms", "address": "+4912"}'}
    ask(emulator, "POST", path, **form, DeliveryCallbackUrl="http://localhost:5000/hook")
    return emulator


@pytest.mark.parametrize("stop", ["crash", "cleanly"])
def test_a_callback_that_was_being_sent_is_sent_again_with_the_same_token(
    stop: str, file: Path, tmp_path: Path
) -> None:
    emulator = with_a_callback(file)
    first = emulator.attempts.next()
    assert first is not None
    again = copy_after_crash(file, tmp_path / "copy")
    emulator.close()
    emulator.attempts.close(first, Reply(200))
    with closing(Emulator(state=again if stop == "crash" else file)) as emulator:
        second = emulator.attempts.next()
        assert second is not None
        assert second.request == first.request
        emulator.attempts.close(second, Reply(200))
        assert emulator.attempts.next(early=True) is None
        assert [one.outcome()[:3] for one in emulator.journal.calls("callback.*")] == ["no ", "200"]


def test_a_retry_keeps_its_time_over_a_restart(file: Path) -> None:
    with closing(with_a_callback(file)) as emulator:
        emulator.clock.freeze("2030-01-01")
        first = emulator.attempts.next(early=True)
        assert first is not None
        emulator.attempts.close(first, Reply(500))
    with closing(Emulator(state=file)) as emulator:
        assert emulator.attempts.next() is None
        emulator.clock.advance(1)
        second = emulator.attempts.next()
        assert second is not None
        assert (second.callback.attempt, second.request.headers) == (2, first.request.headers)


def test_the_result_of_a_callback_is_kept_until_the_store_takes_it(file: Path) -> None:
    with closing(with_a_callback(file)) as emulator:
        attempt = emulator.attempts.next()
        assert attempt is not None
        with full(emulator):
            emulator.attempts.close(attempt, Reply(200))
            assert emulator.attempts.next() is None
        emulator.clock.advance(1)
        assert (is_busy(emulator), attempt.exchange.status) == (False, 200)


def test_no_callback_is_taken_before_its_time(file: Path) -> None:
    with closing(with_a_callback(file)) as emulator:
        attempt = emulator.attempts.next()
        assert attempt is not None
        emulator.attempts.close(attempt, Reply(500))
        position = emulator.position
        assert emulator.attempts.next() is None
        assert emulator.position == position


# --- what must not happen ---------------------------------------------------------------------------------------------


def test_a_bug_of_the_log_is_a_500_for_each_call_and_not_a_wait(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a bug")

    with closing(Emulator(state=file)) as emulator:
        host, port = emulator.url.removeprefix("http://").split(":")
        with monkeypatch.context() as patch:
            patch.setattr(emulator._log, "_append", fail)
            connection = http.client.HTTPConnection(host, int(port), timeout=10)
            headers = {"Authorization": basic(*emulator.auth)}
            connection.request("POST", "/v1/Credentials", "Type=fcm&Secret=s", headers)
            assert connection.getresponse().status == 500
            connection.close()
        assert ask(emulator, "POST", "/v1/Credentials", **FORM).status == 201
