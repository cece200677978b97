"""The event loop under frozen clocks: it serves, waits in real time, and closes no connection because of them."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timezone
from typing import Any

import pytest
from freezegun import freeze_time
from helpers.calls import basic
from helpers.raw_http import dial, read_answer, send

from notify_mock import Delay, Emulator
from notify_mock.server.connections import Connections
from notify_mock.server.loop import in_thread, new_loop

pytestmark = pytest.mark.usefixtures("each_loop")

SIGNED = f"Host: x\r\nAuthorization: {basic('ACx', 'y')}\r\n"
LIST = f"GET /v1/Credentials HTTP/1.1\r\n{SIGNED}\r\n".encode()
LAST_LIST = LIST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
PAST, FUTURE = datetime(2001, 2, 3, tzinfo=timezone.utc), datetime(2060, 1, 1, tzinfo=timezone.utc)

Freeze = Callable[[datetime], AbstractContextManager[Any]]


def real_seconds() -> float:
    return time.clock_gettime(time.CLOCK_MONOTONIC)


@pytest.fixture(params=["freezegun", "freezegun, ticking", "time-machine"])
def freeze(request: pytest.FixtureRequest) -> Freeze:
    """Return what freezes Python's clocks at a time."""
    if request.param == "time-machine":
        time_machine = pytest.importorskip("time_machine")
        return lambda moment: time_machine.travel(moment, tick=False)
    return lambda moment: freeze_time(moment, tick="ticking" in request.param)


@pytest.mark.parametrize("moment", [PAST, FUTURE], ids=["past", "future"])
def test_a_server_that_starts_under_a_frozen_clock_serves(freeze: Freeze, moment: datetime) -> None:
    with freeze(moment), Emulator() as emulator:
        emulator.faults.add("credential.list", Delay(0.05), times=1)
        began = real_seconds()
        assert send(emulator.url, LAST_LIST).status == "HTTP/1.1 200 OK"
        assert real_seconds() - began >= 0.05
        assert send(emulator.url, LAST_LIST).status == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("moment", [PAST, FUTURE], ids=["past", "future"])
def test_a_clock_that_is_frozen_between_two_calls_of_a_connection_does_not_matter(
    served: Emulator, freeze: Freeze, moment: datetime
) -> None:
    served.faults.add("credential.list", Delay(0.05))
    with dial(served.url) as connection:
        for clock in (nullcontext(), freeze(moment), nullcontext(), freeze(PAST)):
            with clock:
                began = real_seconds()
                connection.sendall(LIST)
                assert read_answer(connection).status == "HTTP/1.1 200 OK"
                assert real_seconds() - began >= 0.05


def test_a_clock_that_is_frozen_during_a_delay_does_not_matter(served: Emulator, freeze: Freeze) -> None:
    served.faults.add("credential.list", Delay(0.1))
    with dial(served.url) as connection:
        for moment in (FUTURE, PAST):
            began = real_seconds()
            connection.sendall(LIST)
            with freeze(moment):
                assert read_answer(connection).status == "HTTP/1.1 200 OK"
            assert real_seconds() - began >= 0.1


def test_a_connection_that_is_idle_while_clocks_jump_stays_open(
    freeze: Freeze, monkeypatch: pytest.MonkeyPatch
) -> None:
    checked = threading.Semaphore(0)
    check = Connections._check

    def checking(connections: Connections) -> None:
        check(connections)
        checked.release()

    monkeypatch.setattr(Connections, "_check", checking)
    with Emulator() as emulator, dial(emulator.url) as idle:
        for moment in (FUTURE, PAST):
            idle.sendall(LIST)
            assert read_answer(idle).status == "HTTP/1.1 200 OK"
            with freeze(moment):
                assert checked.acquire(timeout=20)
        idle.sendall(LIST)
        assert read_answer(idle).status == "HTTP/1.1 200 OK"


@pytest.fixture
def loop() -> Iterator[asyncio.AbstractEventLoop]:
    loop = new_loop()
    yield loop
    loop.close()


def test_timers_of_a_loop_take_real_time(loop: asyncio.AbstractEventLoop, freeze: Freeze) -> None:
    with freeze(FUTURE):
        began = real_seconds()
        loop.call_later(0.05, loop.stop)
        loop.run_forever()
    assert real_seconds() - began >= 0.05


def test_a_thread_of_a_closed_loop_ends_quietly(loop: asyncio.AbstractEventLoop) -> None:
    done: list[object] = []
    loop.close()
    in_thread(loop, lambda: 1, done.append)
    assert done == []


def test_the_result_or_the_exception_of_a_thread_reaches_the_loop(loop: asyncio.AbstractEventLoop) -> None:
    found = []
    for work in (lambda: 1, lambda: 1 // 0):
        in_thread(loop, work, lambda future: (found.append(future), loop.stop()))
        loop.run_forever()
    assert found[0].result() == 1
    assert isinstance(found[1].exception(), ZeroDivisionError)
