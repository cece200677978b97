"""Calls on a state that lasts: reads are played at once, everything else is a command."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager

from notify_mock.command_log.entry import CALL, END, GO_ON, Command, Log, StoreUnavailable, plain_call
from notify_mock.engine.pipeline import FAULT_HEADER, Pipeline
from notify_mock.engine.state import State
from notify_mock.engine.steps import Commit, Steps, run
from notify_mock.support.waits import HeldCall
from notify_mock.twilio_api.errors import EdgeUnavailable
from notify_mock.twilio_api.headers import ERROR_JSON, edge
from notify_mock.twilio_api.messages import Answer, Call

LOG = logging.getLogger("notify_mock.state")

_READING = ("GET", "HEAD", "OPTIONS")


class LoggedCalls:
    """Plays calls through a log. ``reads`` plays those that change nothing but the journal."""

    def __init__(self, log: Log, state: State, lock: AbstractContextManager[bool], reads: Pipeline) -> None:
        self._log, self._state, self._lock, self._reads = log, state, lock, reads

    def play(self, call: Call) -> Steps:
        """Carry out a call; see ``Engine.play``. It gets a 503 while the store can't take it."""
        try:
            return (yield from self._play(call))
        finally:
            self._log.announce()

    def _play(self, call: Call) -> Steps:
        if self._log.is_past and call.method in _READING:
            return (yield from self._reads.play(call))
        with self._lock:  # nothing may come between the decision and the read
            if self._is_read(call):
                return run(self._reads.play(call), _never)
        waiting: int | None = None
        try:
            outcome = yield Commit(self._log, Command(CALL, plain_call(call)))
            while outcome.pause is not None:
                waiting = outcome.position if waiting is None else waiting
                yield outcome.pause
                outcome = yield Commit(self._log, Command(GO_ON, waiting))
            waiting = None
            answer: Answer = outcome.get()
            return answer
        except StoreUnavailable as error:
            LOG.debug("503 for %s %s: %s", call.method, call.path, error)
            return self._unavailable()
        finally:
            if waiting is not None:
                self._log.settle(Command(END, waiting))

    def _is_read(self, call: Call) -> bool:
        """Whether the call changes nothing but the journal. An unreadable request changes nothing, either."""
        if call.defect is not None:
            return True
        state = self._state
        return (
            call.method in _READING
            and not len(state.faults)
            and FAULT_HEADER not in call.headers
            and not state.store.is_forgetful
            and not state.accounts.is_new(call.headers.get("authorization"))
        )

    def _unavailable(self) -> Answer:
        body = EdgeUnavailable().body()
        return Answer(503, edge(at=self._state.clock.time(), content_type=ERROR_JSON, length=len(body)), body)


def _never(_seconds: float, _held: HeldCall) -> None:
    raise RuntimeError("a read without faults does not wait")
