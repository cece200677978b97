"""The log of one emulator: commands become durable, then they are carried out, in the same order everywhere."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from notify_mock.command_log.calls import LoggedCalls
from notify_mock.command_log.entry import END, Command, Entry, Result, Store, StoreError, StoreUnavailable
from notify_mock.command_log.logged import Parts, plain_arguments
from notify_mock.command_log.machine import Core, Machine, Outcome
from notify_mock.command_log.memory import MemoryStore
from notify_mock.command_log.plain import Unplain
from notify_mock.command_log.snapshot import read_snapshot, write_snapshot
from notify_mock.engine.pipeline import Pipeline
from notify_mock.support.ids import Sids
from notify_mock.support.usage import UsageError
from notify_mock.support.version import __version__

LOG = logging.getLogger("notify_mock.state")

SNAPSHOT_AFTER = 50_000
"""Entries after which a snapshot is made, so that a start has little to replay."""


class CommandLog:
    """Applies the entries of a store to a machine. ``position`` is that of the last entry applied.

    ``until``: stop at this position, as the state of then; nothing can be changed after that.
    """

    def __init__(self, store: Store, core: Core, until: int | None = None) -> None:
        self._store, self._clock, self._lock, self._until = store, core.state.clock, core.lock, until
        self._machine = Machine(core)
        self.position = 0
        self._at = 0.0
        self._results: list[Result] = []
        self._since_snapshot = 0
        self.problem = ""
        """Why the store takes no entries at present, or ""."""
        self._replay()
        self.parts = Parts(core.state, self.do, self._machine.attempts)
        request_ids = Sids(f"{core.seed} reads after {self.position}")
        reads = Pipeline(
            core.state, core.lock, core.held_calls, fault_header=False, stubs=core.stubs, request_ids=request_ids
        )
        self.calls = LoggedCalls(self, core.state, reads)
        self._end_what_was_in_progress()

    @property
    def is_in_memory(self) -> bool:
        """Whether the log lasts only if it is written to a file."""
        return isinstance(self._store, MemoryStore)

    def spoil(self, why: str) -> None:
        """Say that something has changed the state without a command."""
        if isinstance(self._store, MemoryStore):
            self._store.spoiled = why

    def write(self, path: Path) -> None:
        """Write a log in memory to a file, with the state as it is. Raises ``UsageError``."""
        store = self._store
        if not isinstance(store, MemoryStore):
            raise UsageError("state", "is in a file already", "copy it, or use notify-mock state fork")
        with self._lock:
            if store.spoiled:
                raise UsageError("log", f"is not complete: {store.spoiled}")
            try:
                snapshot = None if self._machine.is_busy else (self.position, write_snapshot(self._machine, self._at))
                store.write(path, self._results, snapshot)
            except (Unplain, TypeError) as error:
                raise UsageError("log", f"is not complete: {error}") from error

    @property
    def checkpoints(self) -> Mapping[str, Any]:
        """The checkpoints by name."""
        return self._machine.checkpoints

    def do(self, kind: str, *args: Any, **options: Any) -> Any:
        """Carry out one command and return its value, or raise its exception. Raises ``UsageError`` if the store cannot
        take it."""
        __tracebackhide__ = True
        (outcome,) = self.commit([Command(kind, plain_arguments(args, options, keep_others=self.is_in_memory))])
        if isinstance(outcome.error, StoreUnavailable):
            raise UsageError("state", f"cannot be changed: {outcome.error}") from outcome.error
        return outcome.get()

    def commit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Append commands to the log, carry them out, and return their outcomes.

        Each is a ``StoreUnavailable`` if the store cannot take them: then nothing has changed.
        """
        with self._lock:
            self._at = max(self._at, self._clock.real_time())
            try:
                entries = self._append(commands)
            except StoreUnavailable as error:
                self._note_problem(str(error))
                return [Outcome(self.position, error=error) for _ in commands]
            self._note_problem("")
            self._results.clear()
            outcomes = [self._apply(entry) for entry in entries]
            if self._since_snapshot >= SNAPSHOT_AFTER and not self._machine.is_busy:
                self.snapshot()
            return outcomes[-len(commands) :]

    def snapshot(self) -> None:
        """Store the whole state, unless calls or callbacks are in progress."""
        with self._lock:
            if self._machine.is_busy or self._until is not None or self.is_in_memory:
                return
            try:
                self._store.keep_snapshot(self.position, write_snapshot(self._machine, self._at), self._results)
            except StoreUnavailable as error:
                self._note_problem(str(error))
            else:
                self._results.clear()
                self._since_snapshot = 0

    def close(self) -> None:
        """Store a snapshot, if anything has happened since the last one, and close the store."""
        with self._lock:
            if self._since_snapshot:
                self.snapshot()
            self._store.close()

    def _end_what_was_in_progress(self) -> None:
        """End the calls that were held when the last process ended, and send again what it was sending."""
        if self._until is not None:
            return
        commands = [Command(END, position) for position in sorted(self._machine.waiting)]
        if self._machine.attempts:
            commands.append(Command("callbacks.requeue", plain_arguments((), {})))
        if commands:
            self.commit(commands)

    def _append(self, commands: Sequence[Command]) -> list[Entry]:
        if self._until is not None:
            remedy = "notify-mock state fork makes a copy to change"
            raise StoreUnavailable(f"it is the state of position {self._until}, to look at; {remedy}")
        return self._store.append(self.position, self._at, commands, self._results)

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
            self._results = [one for one in self._results if one.position > self.position]

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
    found = json.dumps({"status": outcome.status(), "digest": outcome.digest()})
    raise StoreError(
        f"entry {entry.position} ({entry.kind}) had status {entry.status} and digest {entry.digest}, "
        f"and now has {found}; a rule of notify-mock {__version__} or of a library differs. "
        "Open it with the version that wrote it, or export its state there"
    )
