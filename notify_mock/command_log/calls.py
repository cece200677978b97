"""Calls on a state that lasts: reads are played at once, everything else is a command."""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import AbstractContextManager
from typing import Any, Protocol

from notify_mock.command_log.entry import CALL, END, GO_ON, SYNC, Command, StoreUnavailable, plain_call
from notify_mock.engine.pipeline import FAULT_HEADER, Pipeline
from notify_mock.engine.state import State
from notify_mock.engine.steps import Commit, Commits, Steps
from notify_mock.twilio_api.errors import EdgeUnavailable, MalformedRequest, TwilioError
from notify_mock.twilio_api.messages import Answer, Call, edge_answer

LOG = logging.getLogger("notify_mock.state")

_READING = ("GET", "HEAD", "OPTIONS")

POSITION_HEADER = "X-Notify-Mock-Position"
"""In a request: answer with the state at this position or a later one, or at the end of the log if it is ``latest``.
The response to such a request has the position that it was made at."""

_POSITION_KEY = POSITION_HEADER.lower()
_LATEST = "latest"
_MAX_DIGITS = 16


class Log(Commits, Protocol):
    """The log, as calls use it."""

    position: int

    @property
    def is_past(self) -> bool: ...
    def owe(self, command: Command) -> None: ...
    def announce(self) -> None: ...


class LoggedCalls:
    """Plays calls through a log. ``reads`` plays those that change nothing but the journal.

    ``strong``: reads, too, see all that was in the log when they arrived.
    """

    def __init__(
        self, log: Log, state: State, lock: AbstractContextManager[bool], reads: Pipeline, *, strong: bool
    ) -> None:
        self._log, self._state, self._lock, self._reads, self._strong = log, state, lock, reads, strong

    def play(self, call: Call) -> Steps:
        """Carry out a call; see ``Engine.play``. It gets a 503 while the store can't take it."""
        asked = call.headers.get(_POSITION_KEY)
        if asked is None and not self._strong:
            answer = self._read(call)
            if answer is not None:
                self._log.announce()
                return answer
        try:
            if call.method in _READING and (asked is not None or self._strong):
                yield from self._catch_up(asked or _LATEST)
            answer = yield from self._play(call)
        except StoreUnavailable as error:
            LOG.debug("503 for %s %s: %s", call.method, call.path, error)
            answer = self._refused(EdgeUnavailable())
        except MalformedRequest as error:
            answer = self._refused(error)
        finally:
            self._log.announce()
        if asked is None:
            return answer
        return answer._replace(headers=[*answer.headers, (POSITION_HEADER, str(self._log.position))])

    def _play(self, call: Call) -> Steps:
        read = self._read(call)
        if read is not None:
            return read
        if self._log.is_past and call.method in _READING:
            return (yield from self._reads.play(call))  # with the faults of then, which may let it wait
        waiting: int | None = None
        try:
            outcome = yield Commit(self._log, Command(CALL, plain_call(call)))
            while outcome.pause is not None:
                waiting = outcome.position
                yield outcome.pause
                outcome = yield Commit(self._log, Command(GO_ON, waiting))
            if not isinstance(outcome.error, StoreUnavailable):
                waiting = None
            answer: Answer = outcome.get()
            return answer
        finally:
            if waiting is not None:
                self._log.owe(Command(END, waiting))

    def _read(self, call: Call) -> Answer | None:
        """Carry out a call that changes nothing but the journal. None: it is another one."""
        with self._lock:  # nothing may come between the decision and the read
            if self._log.is_past or not self._is_read(call):
                return None
            try:
                self._reads.play(call).send(None)
            except StopIteration as end:
                answer: Answer = end.value
                return answer
        raise RuntimeError("a read without faults does not wait")

    def _catch_up(self, asked: str) -> Generator[Commit, Any, None]:
        """Wait until the state is as new as asked. Raises ``MalformedRequest`` or ``StoreUnavailable``."""
        wanted = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < _MAX_DIGITS else None
        if wanted is not None and wanted <= self._log.position:
            return
        if wanted is None and asked != _LATEST:
            raise _malformed(f"expected a position or {_LATEST}, got {asked[:40]!r}")
        outcome = yield Commit(self._log, Command(SYNC, None))
        outcome.get()
        if wanted is not None and wanted > self._log.position:
            raise _malformed(f"there is no position {wanted} yet: the log ends at {self._log.position}")

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

    def _refused(self, error: TwilioError) -> Answer:
        return edge_answer(error, self._state.clock.time())


def _malformed(what: str) -> MalformedRequest:
    refusal = MalformedRequest(f"{POSITION_HEADER}: {what}", what=f"invalid {POSITION_HEADER}")
    refusal.detail = f"{POSITION_HEADER}: {what}"
    return refusal
