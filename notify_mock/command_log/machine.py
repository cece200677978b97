"""Applies the commands of a log to an emulator's state. The same commands always have the same outcomes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import partial
from hashlib import blake2b
from typing import Any, NamedTuple

from notify_mock.command_log.entry import CALL, END, ENDED, GO_ON, SENDS, Entry, StoreError, read_call
from notify_mock.command_log.plain import Decoder
from notify_mock.engine.attempts import Attempt, Reply
from notify_mock.engine.records import Records
from notify_mock.engine.state import State
from notify_mock.engine.steps import Steps
from notify_mock.engine.stubs import Stubs
from notify_mock.resources import RESOURCES
from notify_mock.support.waits import HeldCalls, Released
from notify_mock.twilio_api.messages import Answer

CHANGING: Mapping[str, tuple[str, ...]] = {
    "clock": ("freeze", "set", "advance", "resume", "reset"),
    "faults": ("add", "read", "remove", "clear", "reset"),
    "accounts": ("suspend", "activate", "expire", "replace", "reset"),
    "providers": ("reset",),
    **{
        f"providers.{name}": (
            *("unregister", "register", "throttle", "revoke", "go_down", "slow_down", "recover", "change"),
        )
        for name in ("apns", "fcm", "gcm", "sms")
    },
}
"""The methods that change each part of the state."""


class Outcome:
    """What a command has led to. ``pause`` is set if its call waits; the log's position identifies the call then."""

    __slots__ = ("error", "pause", "position", "value")

    def __init__(self, position: int, value: Any = None, *, pause: Any = None, error: Exception | None = None) -> None:
        self.position, self.value, self.pause, self.error = position, value, pause, error

    def get(self) -> Any:
        """Return the value, or raise the exception of the command."""
        if self.error is not None:
            raise self.error
        return self.value

    def result(self) -> Outcome:
        """Return itself, as a finished future does its result."""
        return self

    def status(self) -> int:
        """Return the status of a call's response, and 0 for everything else."""
        return self.value.status if isinstance(self.value, Answer) else 0

    def digest(self) -> str:
        """Return a digest of the response or error, "" if there is none."""
        if self.error is not None:
            return type(self.error).__name__  # its text may change
        if not isinstance(self.value, Answer):
            return ""
        answer = self.value
        head = "\n".join(map(": ".join, answer.headers))
        return blake2b(f"{answer.status}\n{head}\n{answer.wire}\n".encode() + answer.body, digest_size=8).hexdigest()


class Core(NamedTuple):
    """One engine, for its log. The methods of ``direct`` change ``state`` at once, without a log."""

    direct: Any
    state: State
    lock: AbstractContextManager[bool]
    held_calls: HeldCalls
    stubs: Stubs
    seed: int | str
    permanent_faults: list[Any]


class Machine:
    """The state of one engine, and the calls and callbacks in progress. The caller holds the engine's lock."""

    def __init__(self, core: Core) -> None:
        self._core, self._direct, self._state = core, core.direct, core.state
        self.waiting: dict[int, Steps] = {}
        """Calls that a fault holds, by the position of the command that began the pause."""
        self.attempts: dict[int, Attempt] = {}
        """Callbacks that are being sent, by the position of the command that took them."""
        self._servers: dict[int, str] = {}
        """The server of each of those calls and callbacks."""
        self.checkpoints: dict[str, Any] = {}
        self.permanent_faults = core.permanent_faults
        """The rules that every reset adds again."""
        self.senders: list[str] = []
        """The servers that offer to send callbacks, the one that does it first. Empty if the store is not shared."""
        self.generation = 0
        """How often the state was reset or restored."""
        self._own: Mapping[str, Callable[..., Any]] = {
            "reset": self._reset,
            "reset account": core.direct.reset,
            "keep_bodies": core.direct.keep_bodies,
            "load": self._load,
            "restore": self._restore,
            "drop checkpoint": self._drop_checkpoint,
            "add_records": core.direct.add_records,
            "add_permanent_fault": core.direct.add_permanent_fault,
            "records.add": self._add_record,
            "records.remove": self._remove_record,
            "faults.discard": self._discard_rule,
            "callbacks.close": self._close_attempt,
            "callbacks.give_back": self._give_back,
        }

    @property
    def is_busy(self) -> bool:
        """Whether a call or a callback is in progress, which a snapshot cannot contain."""
        return bool(self.waiting or self.attempts)

    @property
    def keeps_bodies(self) -> bool:
        """Whether the journal keeps the bodies of responses, which no reset or checkpoint changes."""
        return self._state.journal.keep_bodies

    @keeps_bodies.setter
    def keeps_bodies(self, keep: bool) -> None:
        self._state.journal.keep_bodies = keep

    def begin(self, at: float) -> None:
        """Return to the initial state, as it was at this time."""
        with self._state.clock.at(at):
            self._direct.reset()

    def state(self) -> Any:
        """Return everything that commands change, for ``restore_state``."""
        return self._direct.snapshot()

    def restore_state(self, state: Any) -> None:
        self._direct.restore(state)

    def apply(self, entry: Entry) -> Outcome:
        """Carry out one command at its time. An exception is its outcome: the command is in the log, and has the same
        one whenever it is carried out. Raises ``StoreError`` for an entry that can't be read."""
        try:
            act = self._read(entry)
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            wrong = f"is damaged or of a newer version ({type(error).__name__}: {error})"
            raise StoreError(f"entry {entry.position} ({entry.kind}) {wrong}") from error
        with self._state.clock.at(entry.at):
            try:
                return act()
            except Exception as error:  # noqa: BLE001 - a mistake of the user or a bug, which must not stop the log
                return Outcome(entry.position, error=error)

    def _read(self, entry: Entry) -> Callable[[], Outcome]:
        """Return what carries out a command. Raises whatever unreadable data leads to."""
        if entry.kind == CALL:
            return partial(self._go_on, entry, self._direct.play(read_call(entry.data)))
        if entry.kind == GO_ON:
            return partial(self._resume, entry, int(entry.data))
        if entry.kind in (END, ENDED, SENDS):
            return partial(self._end_or_send, entry)
        args, options = Decoder().decode(entry.data[0]), Decoder().decode(entry.data[1])
        if entry.kind == "callbacks.next":
            return lambda: Outcome(entry.position, self._next_attempt(entry, *args))
        if entry.kind == "checkpoint":
            return lambda: Outcome(entry.position, self._checkpoint(entry, *args))
        act = self._own.get(entry.kind) or self._method(entry.kind)
        return lambda: Outcome(entry.position, act(*args, **options))

    def _resume(self, entry: Entry, waiting: int) -> Outcome:
        steps = self._take(waiting)
        return _gone(entry.position) if steps is None else self._go_on(entry, steps)

    def _go_on(self, entry: Entry, steps: Steps) -> Outcome:
        try:
            pause = steps.send(None)
        except StopIteration as end:
            return Outcome(entry.position, end.value)
        self.waiting[entry.position], self._servers[entry.position] = steps, entry.server
        return Outcome(entry.position, pause=pause)

    def _end_or_send(self, entry: Entry) -> Outcome:
        if entry.kind == ENDED:
            self._end_server(entry.data)
        elif entry.kind == SENDS:
            self.senders.append(entry.server)
        elif (steps := self._take(entry.data)) is not None:
            steps.close()
        return Outcome(entry.position)

    def _take(self, position: int) -> Steps | None:
        self._servers.pop(position, None)
        return self.waiting.pop(position, None)

    def _end_server(self, server: str) -> None:
        """End the calls of a server, and send again what it was sending: its result is unknown."""
        own = sorted(position for position, name in self._servers.items() if name == server)
        for position in own:
            if position in self.waiting:
                self.waiting.pop(position).close()
            self._give_back(position)
        self.senders = [name for name in self.senders if name != server]

    def _method(self, kind: str) -> Callable[..., Any]:
        """Return the method that a command calls. Raises ``KeyError`` if there is none."""
        part, _, method = kind.rpartition(".")
        if method not in CHANGING.get(part, ()):
            raise KeyError("unknown command")
        found: Any = self._state
        for name in part.split("."):
            found = getattr(found, name)
        changing: Callable[..., Any] = getattr(found, method)
        return changing

    def _reset(self) -> None:
        self._end_calls()
        self._direct.reset()

    def _load(self, data: dict[str, Any], source: str) -> None:
        self._end_calls()
        self._direct.load(data, source)

    def _restore(self, name: str) -> None:
        self._end_calls()
        self._direct.restore(self.checkpoints[name])

    def _end_calls(self) -> None:
        self.generation += 1
        for position in sorted(self.waiting):
            self.waiting.pop(position).close()
        self.attempts.clear()
        self._servers.clear()

    def _checkpoint(self, entry: Entry, name: str | None) -> str:
        """Without a name, it gets one that no other command gives."""
        name = f"after {entry.position - 1}" if name is None else name
        self.checkpoints[name] = self._direct.snapshot()
        return name

    def _drop_checkpoint(self, name: str) -> None:
        self.checkpoints.pop(name, None)

    def _add_record(self, resource: str, account_sid: str | None, values: dict[str, Any]) -> Any:
        return self._records(resource, account_sid).add(**values)

    def _remove_record(self, resource: str, account_sid: str | None, sid: str) -> None:
        self._records(resource, account_sid).remove(sid)

    def _records(self, name: str, account_sid: str | None) -> Records[Any]:
        resource = next(one for one in RESOURCES if one.name == name)
        return Records(self._core.state, self._core.lock, resource, account_sid)

    def _discard_rule(self, name: str, number: int) -> None:
        faults = self._state.faults
        if name in faults and faults[name].number == number:
            faults.discard(faults[name])

    def _next_attempt(self, entry: Entry, early: bool, busy: list[str]) -> Attempt | None:
        if not early and self.senders and entry.server != self.senders[0]:
            return None
        skip = (lambda callback: callback.place in busy) if busy else None
        attempt: Attempt | None = self._direct.attempts.next(early=early, skip=skip)
        if attempt is not None:
            self.attempts[entry.position], self._servers[entry.position] = attempt, entry.server
        return attempt

    def _give_back(self, position: int) -> None:
        self._servers.pop(position, None)
        if position in self.attempts:
            self._direct.attempts.give_back(self.attempts.pop(position))

    def _close_attempt(self, position: int, status: int | None, reason: str, final: bool) -> None:
        self._servers.pop(position, None)
        attempt = self.attempts.pop(position, None)
        if attempt is not None:
            self._direct.attempts.close(attempt, Reply(status, reason, final))


def _gone(position: int) -> Outcome:
    return Outcome(position, error=Released("the emulator was reset while the call was held"))
