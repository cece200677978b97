"""A server without sockets and threads: an engine on the shared store, its turns, and its callbacks."""

from __future__ import annotations

import json
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from notify_mock.command_log.entry import StoreError, StoreUnavailable
from notify_mock.command_log.follower import Follower
from notify_mock.command_log.lasting import LastingEngine
from notify_mock.command_log.plain import FIELDS, Encoder
from notify_mock.engine.attempts import Attempt, Reply
from notify_mock.engine.steps import Commit, Pause, Steps
from notify_mock.faults.rule import Rule
from notify_mock.resources import RESOURCES
from notify_mock.server.loop import Commits
from notify_mock.store.collections import Collection, Key
from notify_mock.support.usage import UsageError
from notify_mock.support.waits import Released
from notify_mock.twilio_api.messages import Answer, Call
from simulation.scheduler import Broken, Scheduler
from simulation.store import Crash, Store, Way

_PARTS = ("clock", "sids", "accounts", "store", "journal", "faults", "playback", "deliveries", "providers", "outbox")

_FIELDS = {one.name: attrgetter(*FIELDS[one.record]) for one in RESOURCES}
"""Returns the fields of a record, to compare: records are the same only if they are the same object."""

Done = Callable[[Answer | None], None]


class Still:
    """An event that nobody waits for."""

    def wait(self, _seconds: float) -> bool:
        return False

    def is_set(self) -> bool:
        return False


class Server:
    """One process after another. ``act`` does something in the present one, unless it ends meanwhile."""

    def __init__(
        self,
        scheduler: Scheduler,
        store: Store,
        name: str,
        sent: Callable[[Server, Attempt], None],
        crashed: Callable[[Server], None] = lambda server: None,
    ) -> None:
        self._scheduler, self._store, self.name, self._sent, self._crashed = scheduler, store, name, sent, crashed
        self.engine: LastingEngine | None = None
        self.skew = scheduler.random.choice([0.0, 0.0, -3.0, 2.0])
        self.seen = 0

    def start(self, *, follows: bool = True) -> None:
        """Start a process, if there is none. One that does not follow the others only gets what it is given."""
        if self.engine is not None:
            return
        self.way = Way(self._scheduler, self._store)
        self.way.is_shared = follows
        self._scheduler.skew = self.skew
        self.engine = LastingEngine(state=self.way, seed=1)  # type: ignore[arg-type]  # see ``world``
        self._scheduler.skew = 0.0
        self.seen = 0
        self._commits = Commits(self)  # type: ignore[arg-type]  # it only needs call_soon
        follower = self.log.follower
        if isinstance(follower, Follower):
            follower._stopped = Still()  # type: ignore[assignment]
            self._turn()
            self._send_callbacks()

    @property
    def log(self) -> Any:
        return self.engine._log if self.engine is not None else None

    @property
    def position(self) -> int:
        return self.engine.position if self.engine is not None else 0

    def crash(self) -> None:
        """End the process. What is left of it reaches nothing."""
        self.way.is_gone = True
        self.engine = None
        self._crashed(self)

    def stop(self) -> None:
        """Stop as Ctrl-C does: calls end, a snapshot is kept, the others take over at once."""

        def stop() -> None:
            engine, log = self.engine, self.log
            if engine is not None:
                engine.held_calls.release()
                log.follower.stop = lambda: None
                engine.close_log()

        self.act(stop)
        if self.engine is not None:
            self.way.is_gone = True
            self.engine = None

    def act(self, action: Callable[[], None]) -> None:
        """Do something in this process. It may crash on the way to the store."""
        if self.engine is None:
            return
        self._scheduler.skew = self.skew
        try:
            action()
        except Crash:
            self.crash()
        except UsageError:
            pass
        finally:
            self._scheduler.skew = 0.0

    def later(self, seconds: float, action: Callable[[], None]) -> None:
        """Do something in this process in so many seconds, if it still runs."""
        engine = self.engine
        self._scheduler.after(seconds, lambda: self.act(action) if self.engine is engine else None)

    def call_soon(self, action: Callable[[], None]) -> None:
        """Do something at the end of a turn of the loop."""
        self.later(0.001, action)

    def play(self, call: Call, done: Done) -> None:
        """Carry out a call; ``done`` takes the response, or None if the connection ends without one."""
        if self.engine is None:
            done(None)
            return
        self._go_on(self.engine.play(call), None, done)

    def facts(self) -> tuple[Any, ...]:
        """Return the state, to compare: everything but the journal, where each server has its own reads."""
        if self.engine is None:
            return ()
        state, machine = self.engine._state, self.log._machine
        rules, removed, fired, *rest = state.faults.snapshot()
        return (
            state.clock.snapshot(),
            state.sids.snapshot(),
            state.accounts.snapshot(),
            {key: _collection(key, found) for key, found in state.store._collections.items()},
            [_rule(rule) for rule, *_ in rules],
            [_rule(rule) for rule in removed],
            [name for _, name in fired],
            rest,
            state.deliveries.snapshot(),
            state.outbox.snapshot(),
            (sorted(machine.waiting), sorted(machine.attempts), list(machine.senders), machine.generation),
        )

    def content(self) -> str:
        """Return the state as text, to compare it byte by byte."""
        if self.engine is None:
            return ""
        parts = dict(zip(_PARTS, self.engine._state.snapshot(), strict=True))
        del parts["journal"]
        kept, removed, fired, *rest = parts["faults"]
        parts["faults"] = (kept, removed, [name for _, name in fired], *rest)
        return json.dumps(Encoder().encode(parts))

    def _go_on(self, steps: Steps, outcome: Any, done: Done) -> None:
        try:
            step = steps.send(outcome)
        except StopIteration as end:
            done(end.value)
            return
        except Released:
            done(None)
            return
        if isinstance(step, Commit):
            self._commits.add(step, lambda found: self._go_on(steps, found, done))
        elif isinstance(step, Pause):
            self._hold(step, steps, done)

    def _hold(self, pause: Pause, steps: Steps, done: Done) -> None:
        over: list[bool] = []

        def end(is_released: bool) -> None:
            if over:
                return
            over.append(True)
            if is_released:
                steps.close()
                done(None)
            else:
                self._go_on(steps, None, done)

        self.later(pause.seconds, lambda: end(False))
        pause.held.when_released(lambda: self.later(0.0, lambda: end(True)))

    def _turn(self) -> None:
        follower = self.log.follower

        def turn() -> None:
            try:
                follower.turn()
            finally:
                self._turn()

        self.later(self._scheduler.random.uniform(0.05, 0.4), lambda: _noting(self.log, turn))

    def _send_callbacks(self) -> None:
        engine, random = self.engine, self._scheduler.random

        def look() -> None:
            self._send_callbacks()
            attempt = engine.attempts.next() if engine is not None else None
            if attempt is not None and engine is not None:
                self._sent(self, attempt)
                reply = Reply(random.choice([200, 200, 500]))
                self.later(random.uniform(0.01, 2), lambda: engine.attempts.close(attempt, reply))

        self.later(0.3, look)


def _collection(key: Key, collection: Collection[Any]) -> tuple[Any, ...]:
    positions, records, *rest, _, following = collection.dump()
    fields = _FIELDS[key.resource]
    return list(positions), list(map(fields, records)), rest, following


def _rule(rule: Rule) -> dict[str, Any]:
    return {**vars(rule), "memory": dict(rule.memory)}


def _noting(log: Any, turn: Callable[[], None]) -> None:
    """Note the problems that the follower's thread notes. Raises ``Broken`` for a gap."""
    try:
        turn()
    except StoreUnavailable as error:
        log.note_problem(str(error))
    except StoreError as error:
        raise Broken(str(error)) from error
