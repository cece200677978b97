"""What calls wait for on the event loop: the end of a hold, and the log. Neither costs a thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from notify_mock.engine.steps import Commit
from notify_mock.engine.steps import Commits as Log
from notify_mock.support.waits import HeldCall


class Hold:
    """Calls ``done`` once on the loop: after ``seconds``, when ``end`` is called, or with True when it is released."""

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
