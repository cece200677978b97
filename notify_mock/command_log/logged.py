"""The parts of an emulator whose changes are commands: the same methods, through the log."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from notify_mock.command_log.entry import Command
from notify_mock.command_log.machine import CHANGING
from notify_mock.command_log.plain import Encoder, Unplain
from notify_mock.deliveries.callback import Callback
from notify_mock.engine.attempts import Attempt, Attempts, Reply
from notify_mock.engine.records import Records
from notify_mock.engine.state import State
from notify_mock.faults.rules import AddedRule
from notify_mock.support.usage import UsageError

Do = Callable[..., Any]
"""Takes the name of a command and its arguments, and returns or raises its outcome."""


def plain_arguments(args: tuple[Any, ...], options: dict[str, Any], *, keep_others: bool = False) -> list[Any]:
    """Return arguments as plain data. Raises ``UsageError`` for a value that a log can't keep, or keeps the value."""
    try:
        return Encoder(keep_others=keep_others).all((list(args), options))
    except Unplain as error:
        raise UsageError("state", f"cannot keep {error}", "use what notify-mock brings, or no state=") from error


class Logged:
    """One part of the state. Methods that change it become commands, everything else is passed on."""

    def __init__(self, part: Any, name: str, do: Do) -> None:
        self.__dict__.update(_part=part, _name=name, _do=do)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if name not in CHANGING[self._name]:
            return found
        return lambda *args, **options: self._do(f"{self._name}.{name}", *args, **options)

    def __setattr__(self, name: str, value: Any) -> None:
        raise UsageError("state", f"{self._name}.{name} cannot be set", "use a method, or no state=")

    def __repr__(self) -> str:
        return repr(self._part)

    def __len__(self) -> int:
        return len(self._part)

    def __iter__(self) -> Iterator[Any]:
        return iter(self._part)

    def __contains__(self, item: object) -> bool:
        return item in self._part

    def __getitem__(self, key: Any) -> Any:
        return self._part[key]


class LoggedFaults(Logged):
    """The fault rules. What ``add`` returns removes its rule by a command too."""

    def add(self, call: str, effect: Any, **options: Any) -> AddedRule:
        added: AddedRule = self._do("faults.add", call, effect, **options)
        return AddedRule(self, added.rule)  # type: ignore[arg-type]

    def discard(self, rule: Any) -> None:
        self._do("faults.discard", rule.name, rule.number)


class LoggedProviders(Logged):
    """The providers, each with its own commands."""

    def __init__(self, part: Any, do: Do) -> None:
        super().__init__(part, "providers", do)
        by_name = {name: _LoggedProvider(one, f"providers.{name}", do) for name, one in part.by_name.items()}
        self.__dict__.update(by_name=by_name, **by_name)

    def __getitem__(self, channel: str) -> Any:
        provider = self._part[channel]
        return next(one for name, one in self.by_name.items() if self._part.by_name[name] is provider)


class _LoggedProvider(Logged):
    def revoke(self, credential: Any) -> None:
        self._do(f"{self._name}.revoke", getattr(credential, "sid", credential))

    def __setattr__(self, name: str, value: Any) -> None:
        self._do(f"{self._name}.change", {name: value})


class LoggedRecords(Records[Any]):
    """Records that are added and removed by commands."""

    def __init__(self, records: Records[Any], do: Do, account_sid: str | None = None) -> None:
        self.__dict__.update(records.__dict__)
        self._do, self._account_sid = do, account_sid

    def of(self, account_sid: str) -> LoggedRecords:
        return LoggedRecords(self, self._do, account_sid)

    def add(self, **values: Any) -> Any:
        __tracebackhide__ = True
        return self._do("records.add", self._resource.name, self._account_sid, values)

    def remove(self, sid: str) -> None:
        self._do("records.remove", self._resource.name, self._account_sid, sid)


class Log(Protocol):
    """The log, as its parts use it."""

    def do(self, kind: str, *args: Any, **options: Any) -> Any: ...
    def owe(self, command: Command) -> None: ...
    def is_sender(self) -> bool: ...
    def announce(self) -> None: ...


class LoggedAttempts(Attempts):
    """Callbacks that are taken and closed by commands. Looking whether one is due is none."""

    def __init__(self, attempts: Attempts, log: Log, numbers: dict[int, Attempt]) -> None:
        self.__dict__.update(attempts.__dict__)
        self._log, self._numbers = log, numbers

    def next(self, *, early: bool = False, skip: Callable[[Callback], bool] | None = None) -> Attempt | None:
        """See ``Attempts.next``. None, too, while another server sends them, or the store takes no commands."""
        with self._lock:
            now = self._state.clock.time()
            waiting = [one for one in self._state.outbox if skip is None or not skip(one)]
            if not any(early or one.due <= now for one in waiting):
                return None
            if not (early or self._log.is_sender()):
                return None
            busy = sorted({one.place for one in self._state.outbox} - {one.place for one in waiting})
            try:
                found: Attempt | None = self._log.do("callbacks.next", early, busy)
            except UsageError:
                if early:
                    raise
                return None
            return found

    def close(self, attempt: Attempt, reply: Reply) -> None:
        with self._lock:
            position = next((at for at, one in self._numbers.items() if one is attempt), None)
            if position is not None:
                arguments = plain_arguments((position, reply.status, reply.reason, reply.final), {})
                self._log.owe(Command("callbacks.close", arguments))
        self._log.announce()


class Parts:
    """The parts of an emulator that change by commands of ``log``."""

    def __init__(self, state: State, log: Log, numbers: dict[int, Attempt]) -> None:
        self._log, self._numbers = log, numbers
        do = log.do
        self.clock: Any = Logged(state.clock, "clock", do)
        self.accounts: Any = Logged(state.accounts, "accounts", do)
        self.faults: Any = LoggedFaults(state.faults, "faults", do)
        self.providers: Any = LoggedProviders(state.providers, do)

    def records(self, found: Records[Any]) -> Any:
        return LoggedRecords(found, self._log.do)

    def attempts(self, found: Attempts) -> Attempts:
        return LoggedAttempts(found, self._log, self._numbers)
