"""The steps of a call: the points at which it waits or blocks, so that every front can wait in its own way."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, NamedTuple, Protocol

from notify_mock.support.waits import HeldCall
from notify_mock.twilio_api.messages import Answer


class Pause(NamedTuple):
    """A fault holds the call for this many seconds. ``held`` tells when the call is released early."""

    seconds: float
    held: HeldCall


class Commits(Protocol):
    """A log that takes commands, several at a time."""

    def commit(self, commands: Sequence[Any]) -> list[Any]:
        """Append the commands, carry them out, and return their outcomes. Never raises for a single command."""


class Commit(NamedTuple):
    """A command that must be in the log before the call continues with its outcome."""

    log: Commits
    command: Any


class Blocking(NamedTuple):
    """Something that takes real time, such as a request to an upstream. The call continues with its result."""

    run: Callable[[], Any]


Steps = Generator[Pause | Commit | Blocking, Any, Answer]
"""Yields where the call waits, holding no lock, and returns the response. ``close`` ends the call at that point."""

Wait = Callable[[float, HeldCall], None]
"""Lets this many seconds pass for a call that a fault holds. An exception ends the call."""


def run(steps: Steps, wait: Wait) -> Answer:
    """Carry out a call in this thread and return its response. Exceptions of ``wait`` end the call and propagate."""
    result = None
    try:
        while True:
            step = steps.send(result)
            result = _take(step, wait)
    except StopIteration as end:
        answer: Answer = end.value
        return answer
    finally:
        steps.close()


def _take(step: Pause | Commit | Blocking, wait: Wait) -> Any:
    if isinstance(step, Pause):
        return wait(*step)
    if isinstance(step, Commit):
        return step.log.commit([step.command])[0]
    return step.run()
