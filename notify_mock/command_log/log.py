"""The log of one emulator: commands become durable, then they are carried out, in the same order everywhere."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from notify_mock.command_log.calls import LoggedCalls
from notify_mock.command_log.entry import (
    END,
    ENDED,
    READS,
    SENDS,
    SYNC,
    Command,
    Entry,
    Result,
    Store,
    StoreError,
    StoreUnavailable,
)
from notify_mock.command_log.logged import Parts, plain_arguments
from notify_mock.command_log.machine import Core, Machine, Outcome
from notify_mock.command_log.plain import Unplain
from notify_mock.command_log.reads import Reads
from notify_mock.command_log.snapshot import read_snapshot, write_snapshot
from notify_mock.command_log.stores.memory import MemoryStore
from notify_mock.engine.attempts import Attempt
from notify_mock.engine.pipeline import Pipeline
from notify_mock.support.ids import Sids
from notify_mock.support.usage import UsageError
from notify_mock.support.version import __version__

if TYPE_CHECKING:
    from notify_mock.command_log.entry import SharedStore

LOG = logging.getLogger("notify_mock.state")

_BEHIND_SECONDS = 1.0

SNAPSHOT_AFTER = 50_000
"""Entries after which a snapshot is made, so that a start has little to replay."""


class Stopping(Protocol):
    """Something that runs until it is stopped."""

    def stop(self) -> None: ...


class CommandLog:
    """Applies the entries of a store to a machine. ``position`` is that of the last entry applied.

    The state was ``begun`` at this time. ``until``: stop at this position, as the state of then; nothing can be changed
    after that. With ``strong``, each read asks the store for what others have appended.
    """

    def __init__(
        self, store: Store, core: Core, begun: float, until: int | None = None, *, strong: bool = False
    ) -> None:
        self._store, self._state, self._lock, self._until = store, core.state, core.lock, until
        self._held_calls = core.held_calls
        self._machine = Machine(core)
        self.position = 0
        self._at = begun
        self._results: list[Result] = []
        self._owed: list[Command] = []
        self._wants_snapshot = self._has_changed = False
        self._is_applying = self._is_closed = self._is_behind = False
        self.problem = ""
        """Why the store takes no entries at present, or ""."""
        self.reads = Reads(core.state.journal)
        self._replay()
        core.state.journal.hold()
        core.state.deliveries.hold()
        self.parts = Parts(core.state, self, self._machine.attempts)
        request_ids = Sids(f"{core.seed} reads after {self.position}")
        reads = Pipeline(
            core.state, core.lock, core.held_calls, fault_header=False, stubs=core.stubs, request_ids=request_ids
        )
        self.calls = LoggedCalls(self, core.state, core.lock, reads, strong=strong)
        self.follower: Stopping | None = None
        """What keeps this server in step with the others, to be stopped with the log."""
        if until is None and not store.is_shared and self._machine.is_busy:
            self.commit([Command(ENDED, "")])

    @property
    def is_past(self) -> bool:
        """Whether this is the state at an earlier position, which can only be read."""
        return self._until is not None

    @property
    def server(self) -> str:
        """The name of this server in a shared store, or ""."""
        return self._store.server

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
        self.announce()
        if isinstance(outcome.error, StoreUnavailable):
            raise UsageError("state", f"cannot be changed: {outcome.error}") from outcome.error
        return outcome.get()

    def owe(self, command: Command) -> None:
        """Carry out a command now, or with the next one that the store takes."""
        with self._lock:
            self._owed.append(command)
            self.commit([])

    def commit(self, commands: Sequence[Command]) -> list[Outcome]:
        """Append commands to the log, carry them out, and return their outcomes.

        Each is a ``StoreUnavailable`` if the store cannot take them: then nothing has changed. ``announce`` tells the
        listeners, once the caller holds no lock.
        """
        with self._lock:
            own = [command for command in commands if command.kind != SYNC]
            if not (commands or self._owed):
                return []
            try:
                entries = self._append(max(self._at, self._now()), [*self._owed, *own])
            except (StoreUnavailable, StoreError) as error:
                self.note_problem(str(error))
                return [Outcome(self.position, error=StoreUnavailable(str(error))) for _ in commands]
            self.note_problem("")
            first = len(entries) - len(self._owed) - len(own)
            lost = self._lost(entries[:first], self._apply_all(entries[:first]))
            mine = self._apply_all(entries[first:])
            self._results = [Result(one.position, one.status(), one.digest()) for one in mine]
            answered = iter(mine[len(self._owed) :])
            self._owed = lost
            self._snapshot_if_due()
            return [Outcome(self.position) if one.kind == SYNC else next(answered) for one in commands]

    def catch_up(self, entries: Sequence[Entry]) -> None:
        """Apply entries that others have appended, from the next position on. Raises ``StoreError`` for a gap."""
        with self._lock:
            new = [entry for entry in entries if entry.position > self.position]
            self._owed += self._lost(new, self._apply_all(new))
            if self._owed:
                self.commit([])
        self.announce()

    def announce(self) -> None:
        """Tell the listeners of journal and deliveries what has happened. The caller holds no lock."""
        self._state.journal.announce_held()
        self._state.deliveries.announce_held()

    def join(self) -> None:
        """Become one of the servers that share the state. Raises ``StoreUnavailable`` or ``StoreError``."""
        with self._lock:
            cast("SharedStore", self._store).join()
            self._state.journal.own_servers.add(self.server)

    def stay(self) -> None:
        """Renew the lease of this server, or give it a new name if the others have ended it.

        Raises ``StoreUnavailable`` or ``StoreError``.
        """
        store = cast("SharedStore", self._store)
        if not store.stay(self._state.clock.real_time()):
            LOG.warning("this server was silent for too long: its held calls have ended")
            self.join()

    def share_reads(self) -> None:
        """Append the reads that this server has answered since the last time."""
        with self._lock:
            batches = self.reads.take(self._machine.generation)
            if batches and isinstance(self.commit(batches)[0].error, StoreUnavailable):
                self.reads.give_back()

    def is_sender(self) -> bool:
        """Whether this server sends the callbacks that are due. The first time, it offers to."""
        if not self.server:
            return True
        if self.server not in self._machine.senders:
            self.commit([Command(SENDS, None)])
        return self._machine.senders[:1] == [self.server]

    def snapshot(self) -> None:
        """Store the whole state, unless calls or callbacks are in progress."""
        with self._lock:
            if self._until is not None or self.is_in_memory:
                return
            self.share_reads()
            if self._machine.is_busy or self._is_applying or self._is_closed or self.problem:
                return
            try:
                self._store.keep_snapshot(self.position, write_snapshot(self._machine, self._at), self._results)
            except (StoreUnavailable, StoreError) as error:
                self.note_problem(str(error))
            else:
                self._results.clear()
                self._has_changed = self._wants_snapshot = False

    def close(self) -> None:
        """Store a snapshot, if anything has happened since the last one, and close the store."""
        if self.follower is not None:
            self.follower.stop()
        with self._lock:
            if self._has_changed:
                self.snapshot()
            if self.follower is not None:
                with suppress(StoreUnavailable):
                    cast("SharedStore", self._store).leave(self._state.clock.real_time())
                self.follower = None
            self._is_closed = True
            self._store.close()

    def note_problem(self, problem: str) -> None:
        """Note why the store takes no entries, or "" if it takes them again."""
        if problem and not self.problem:
            LOG.error("the state cannot be changed: %s", problem)
        elif self.problem and not problem:
            LOG.warning("the state can be changed again")
        self.problem = problem

    def _append(self, at: float, commands: Sequence[Command]) -> list[Entry]:
        if self._until is not None:
            remedy = "notify-mock state fork makes a copy to change"
            raise StoreUnavailable(f"it is the state of position {self._until}, to look at; {remedy}")
        if self._is_closed:
            raise StoreUnavailable("the emulator has been closed")
        if self._is_applying:
            raise StoreUnavailable("another command is being carried out, or was interrupted; open the state again")
        return self._store.append(self.position, at, commands, self._results)

    def _now(self) -> float:
        """Return the real time. Commands never get an earlier time than the one before; if the clock of the machine
        was set back, they get that time until it has passed."""
        now = self._state.clock.real_time()
        if now < self._at - _BEHIND_SECONDS and not self._is_behind:
            LOG.warning("the clock of this machine is %.0f s behind the last command of the state", self._at - now)
        self._is_behind = now < self._at - _BEHIND_SECONDS
        return now

    def _apply_all(self, entries: Sequence[Entry]) -> list[Outcome]:
        """Raises ``StoreError`` for a gap. An interruption leaves a command half carried out, and the log unusable."""
        outcomes = []
        for entry in entries:
            self._check_position(entry)
            self._is_applying = True
            outcomes.append(self._apply(entry))
            self._is_applying = False
        return outcomes

    def _lost(self, entries: Sequence[Entry], outcomes: Sequence[Outcome]) -> list[Command]:
        """Return what ends the calls and callbacks that this server has begun without knowing, because the store's
        answer to it was lost."""
        commands = []
        for entry, outcome in zip(entries, outcomes, strict=True):
            if entry.server == self._store.server and outcome.pause is not None:
                commands.append(Command(END, entry.position))
            elif entry.server == self._store.server and isinstance(outcome.value, Attempt):
                commands.append(Command("callbacks.give_back", plain_arguments((entry.position,), {})))
        return commands

    def _apply(self, entry: Entry) -> Outcome:
        is_own = entry.server == self._store.server
        self._at = max(self._at, entry.at)
        if entry.kind == READS:
            if not is_own and entry.data["generation"] == self._machine.generation:
                self.reads.add(entry.data, entry.server)
            outcome = Outcome(entry.position)
        else:
            outcome = self._carry_out(entry)
        self.position = entry.position
        self._has_changed = True
        self._wants_snapshot |= is_own and entry.position % SNAPSHOT_AFTER == 0
        return outcome

    def _carry_out(self, entry: Entry) -> Outcome:
        """Times never go back, whichever server they are from."""
        journal, generation = self._state.journal, self._machine.generation
        journal.server = entry.server
        try:
            outcome = self._machine.apply(entry._replace(at=self._at))
        finally:
            journal.server = ""
        if generation != self._machine.generation:
            self.reads.clear()
        if entry.kind == ENDED and entry.data == self._store.server:
            self._held_calls.release()
        return outcome

    def _snapshot_if_due(self) -> None:
        if self._wants_snapshot and not self._machine.is_busy:
            self.snapshot()

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
            if self._until is not None:
                self._check_until(self._until, max(self.position, kept[0] if kept is not None else 0), entries)
            for entry in entries:
                if self._until is not None and entry.position > self._until:
                    break
                self._check_position(entry)
                outcome = self._apply(entry)
                _compare(entry, outcome)
                if entry.digest is None and not self._store.is_shared:
                    self._results.append(Result(entry.position, outcome.status(), outcome.digest()))

    def _check_until(self, until: int, last: int, entries: Sequence[Entry]) -> None:
        """Raises ``StoreError`` if the log does not reach ``until``, or no longer reaches back to it."""
        last = entries[-1].position if entries else last
        if until > last:
            raise StoreError(f"there is no position {until}: the log ends at {last}")
        oldest = entries[0].position - 1 if entries else last
        if oldest > self.position:
            raise StoreError(gone(until, oldest))

    def _check_position(self, entry: Entry) -> None:
        if entry.position != self.position + 1:
            raise StoreError(f"entry {self.position + 1} is missing; the log goes on at {entry.position}")


def gone(position: int, oldest: int) -> str:
    """Return the message for a position before the oldest one."""
    return f"position {position} is gone, because the log was compacted; the oldest one kept is {oldest}"


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
