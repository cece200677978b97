"""The server's event loop: one that frozen clocks do not stop, its way to run what blocks, and its waits."""

from __future__ import annotations

import _thread
import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from threading import Thread
from types import BuiltinFunctionType
from typing import Any

from notify_mock.engine.steps import Commit
from notify_mock.engine.steps import Commits as Log
from notify_mock.support.waits import HeldCall


class _Loop(asyncio.SelectorEventLoop):
    """Timers use a clock that freezegun does not replace."""

    def time(self) -> float:
        return time.clock_gettime(time.CLOCK_MONOTONIC)


def new_loop() -> asyncio.AbstractEventLoop:
    """Return uvloop's loop if uvloop is installed, whose clock cannot be frozen either, or else asyncio's.

    Not with gevent: where threads are greenlets, a loop that is not written in Python blocks all of them.
    """
    if not isinstance(_thread.start_new_thread, BuiltinFunctionType):
        return _Loop()
    try:
        import uvloop
    except ImportError:
        return _Loop() if hasattr(time, "clock_gettime") else asyncio.SelectorEventLoop()
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


def in_thread(loop: asyncio.AbstractEventLoop, work: Callable[[], Any], done: Callable[[Future[Any]], None]) -> None:
    """Run ``work`` in a thread, then ``done`` on the loop, with the result or the exception.

    The threads are daemons, unlike those of an executor, so that a slow upstream does not keep the process alive.
    """
    future: Future[Any] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again on the loop
            future.set_exception(error)
        with suppress(RuntimeError):  # the loop has been closed
            loop.call_soon_threadsafe(done, future)

    Thread(target=run, name="notify-mock-call", daemon=True).start()


class Hold:
    """The wait of a held call. It costs a timer and no thread.

    Calls ``done`` once on the loop: after ``seconds``, when ``end`` is called, or with True when it is
    released.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, held: HeldCall, done: Callable[[bool], None]
    ) -> None:
        self._loop, self._done = loop, done
        self._is_over = False
        self._timer = loop.call_later(seconds, self.end)
        self._cancel = held.when_released(self._released)

    def end(self, is_released: bool = False) -> None:
        """End the wait now, if it has not ended."""
        if not self._is_over:
            self._is_over = True
            self._timer.cancel()
            self._cancel()
            self._done(is_released)

    def _released(self) -> None:
        with suppress(RuntimeError):  # the loop has been closed
            self._loop.call_soon_threadsafe(self.end, True)


class Commits:
    """Collects what the calls of one turn of the loop command, so that all of it becomes durable at once."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: list[tuple[Commit, Callable[[Any], None]]] = []

    def add(self, commit: Commit, done: Callable[[Any], None]) -> None:
        """Commit at the end of the turn, then call ``done`` with the outcome."""
        if not self._waiting:
            self._loop.call_soon(self._commit)
        self._waiting.append((commit, done))

    def _commit(self) -> None:
        waiting, self._waiting = self._waiting, []
        for log in {id(commit.log): commit.log for commit, _ in waiting}.values():
            own = [(commit.command, done) for commit, done in waiting if commit.log is log]
            for (_, done), outcome in zip(own, _outcomes(log, [command for command, _ in own]), strict=True):
                done(outcome)


def _outcomes(log: Log, commands: list[Any]) -> list[Any]:
    """Return the outcome of each command. A bug of the log is the outcome of all, so that no call waits for ever."""
    try:
        return log.commit(commands)
    except Exception as error:  # noqa: BLE001 - a bug, which the caller of the command raises
        failed: Future[Any] = Future()
        failed.set_exception(error)
        return [failed] * len(commands)
