"""The log of one emulator: commands become durable, then they are carried out, in the same order everywhere."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from notify_mock.command_log.calls import LoggedCalls
from notify_mock.command_log.entry import END, Command, Entry, Result, Store, StoreError, StoreUnavailable
from notify_mock.command_log.logged import Parts, plain_arguments
from notify_mock.command_log.machine import Core, Machine, Outcome
from notify_mock.command_log.snapshot import read_snapshot, write_snapshot
from notify_mock.engine.pipeline import Pipeline
from notify_mock.support.ids import Sids
from notify_mock.support.usage import UsageError
from notify_mock.support.version import __version__

LOG = logging.getLogger("notify_mock.state")

_BEHIND_SECONDS = 1.0

SNAPSHOT_AFTER = 50_000
"""Entries after which a snapshot is made, so that a start has little to replay."""


class CommandLog:
    """Applies the entries of a store to a machine. ``position`` is that of the last entry applied.

    The state was ``begun`` at this time. ``until``: stop at this position, as the state of then; nothing can be changed after that.
    """

    def __init__(self, store: Store, core: Core, begun: float, until: int | None = None) -> None:
        self._store, self._state, self._lock, self._until = store, core.state, core.lock, until
        self._clock = core.state.clock
        self._machine = Machine(core)
        self.position = 0
        self._at = begun
        self._results: list[Result] = []
        self._owed: list[Command] = []
        self._is_applying = self._is_closed = self._is_behind = False
        self._since_snapshot = 0
        self.problem = ""
        """Why the store takes no entries at present, or ""."""
        self._replay()
        core.state.journal.hold()
        core.state.deliveries.hold()
        self.parts = Parts(core.state, self, self._machine.attempts)
        request_ids = Sids(f"{core.seed} reads after {self.position}")
        reads = Pipeline(
            core.state, core.lock, core.held_calls, fault_header=False, stubs=core.stubs, request_ids=request_ids
        )
        self.calls = LoggedCalls(self, core.state, core.lock, reads)
        self._end_what_was_in_progress()

    @property
    def is_past(self) -> bool:
        """Whether this is the state at an earlier position, which can only be read."""
        return self._until is not None

    def do(self, kind: str, *args: Any, **options: Any) -> Any:
        """Carry out one command and return its value, or raise its exception. Raises ``UsageError`` if the store cannot
        take it."""
        __tracebackhide__ = True
        (outcome,) = self.commit([Command(kind, plain_arguments(args, options))])
        self.announce()
        if isinstance(outcome.error, StoreUnavailable):
            raise UsageError("state", f"cannot be changed: {outcome.error}") from outcome.error
        return outcome.get()

    def settle(self, command: Command) -> None:
        """Carry out a command that nobody waits for: now, or with the first one that the store takes again."""
        with self._lock:
            self._owed.append(command)
            self.commit([])

    def commit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Append commands to the log, carry them out, and return their outcomes.

        Each is a ``StoreUnavailable`` if the store cannot take them: then nothing has changed. ``announce`` tells the
        listeners, once the caller holds no lock.
        """
        with self._lock:
            self._at = max(self._at, self._now())
            appended = [*self._owed, *commands]
            try:
                entries = self._append(appended) if appended else []
            except (StoreUnavailable, StoreError) as error:
                self._note_problem(str(error))
                return [Outcome(self.position, error=StoreUnavailable(str(error))) for _ in commands]
            self._note_problem("")
            self._results.clear()
            self._owed.clear()
            self._is_applying = True  # and stays so if an interruption leaves a command half carried out
            outcomes = [self._apply(entry) for entry in entries]
            self._is_applying = False
            if self._since_snapshot >= SNAPSHOT_AFTER:
                self.snapshot()
            return outcomes[len(outcomes) - len(commands) :]

    def announce(self) -> None:
        """Tell the listeners of journal and deliveries what has happened. The caller holds no lock."""
        self._state.journal.announce_held()
        self._state.deliveries.announce_held()

    def snapshot(self) -> None:
        """Store the whole state, unless calls or callbacks are in progress."""
        with self._lock:
            if self._machine.is_busy or self._is_applying or self._is_closed or self.is_past:
                return
            try:
                self._store.keep_snapshot(self.position, write_snapshot(self._machine, self._at), self._results)
            except (StoreUnavailable, StoreError) as error:
                self._note_problem(str(error))
            else:
                self._results.clear()
                self._since_snapshot = 0

    def close(self) -> None:
        """Store a snapshot, if anything has happened since the last one, and close the store."""
        with self._lock:
            if self._since_snapshot:
                self.snapshot()
            self._is_closed = True
            self._store.close()

    def _end_what_was_in_progress(self) -> None:
        """End the calls that were held when the last process ended, and send again what it was sending."""
        if self.is_past:
            return
        commands = [Command(END, position) for position in sorted(self._machine.waiting)]
        if self._machine.attempts:
            commands.append(Command("callbacks.requeue", plain_arguments((), {})))
        if commands:
            self.commit(commands)

    def _append(self, commands: Sequence[Command]) -> list[Entry]:
        if self.is_past:
            raise StoreUnavailable(f"this is the state at position {self._until}, which cannot be changed")
        if self._is_closed:
            raise StoreUnavailable("the emulator has been closed")
        if self._is_applying:
            raise StoreUnavailable("another command is being carried out, or was interrupted; open the state again")
        return self._store.append(self.position, self._at, commands, self._results)

    def _now(self) -> float:
        """Return the real time. Commands never get an earlier time than the one before; if the clock of the machine
        was set back, they get that time until it has passed."""
        now = self._clock.real_time()
        if now < self._at - _BEHIND_SECONDS and not self._is_behind:
            LOG.warning("the clock of this machine is %.0f s behind the last command of the state", self._at - now)
        self._is_behind = now < self._at - _BEHIND_SECONDS
        return now

    def _apply(self, entry: Entry) -> Outcome:
        outcome = self._machine.apply(entry)
        self.position, self._at = entry.position, max(self._at, entry.at)
        self._since_snapshot += 1
        self._results.append(Result(entry.position, outcome.status(), outcome.digest()))
        return outcome

    def _replay(self) -> None:
        """Bring the state to the end of the log. Raises ``StoreError`` where the outcome of a command differs."""
        with self._lock:
            kept = self._store.snapshot()
            if kept is not None and (self._until is None or kept[0] <= self._until):
                self.position, text = kept
                self._at = read_snapshot(self._machine, text, self.position)
            else:
                self._machine.begin(self._at)
            entries = self._store.read(self.position)
            if self._until is not None and self._until > (entries[-1].position if entries else self.position):
                last = entries[-1].position if entries else self.position
                raise StoreError(f"there is no position {self._until}: the log ends at {last}")
            for entry in entries:
                if self._until is not None and entry.position > self._until:
                    break
                if entry.position != self.position + 1:
                    raise StoreError(f"entry {self.position + 1} is missing; the log goes on at {entry.position}")
                _compare(entry, self._apply(entry))
                if entry.digest is not None:
                    self._results.pop()

    def _note_problem(self, problem: str) -> None:
        if problem and not self.problem:
            LOG.error("the state cannot be changed: %s", problem)
        elif self.problem and not problem:
            LOG.warning("the state can be changed again")
        self.problem = problem


def _compare(entry: Entry, outcome: Outcome) -> None:
    """Raises ``StoreError`` if the outcome differs from the stored one."""
    if entry.digest is None or (entry.status, entry.digest) == (outcome.status(), outcome.digest()):
        return
    raise StoreError(
        f"entry {entry.position} ({entry.kind}) had status {entry.status} and digest {entry.digest!r}, "
        f"and now has {outcome.status()} and {outcome.digest()!r}; it is damaged, or a rule of notify-mock "
        f"{__version__} or of a library differs from the version that wrote it. Open it with that version, or export "
        "its state there"
    )
