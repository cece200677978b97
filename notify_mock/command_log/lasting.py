"""An engine whose state can last: with ``state``, everything that changes it goes through a log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from notify_mock.engine.engine import Engine
from notify_mock.resources.resource import Resource
from notify_mock.support.usage import UsageError

if TYPE_CHECKING:
    from notify_mock.command_log.log import CommandLog
    from notify_mock.engine.attempts import Attempts
    from notify_mock.engine.records import Records
    from notify_mock.engine.seed_data import DataOption
    from notify_mock.engine.steps import Steps
    from notify_mock.faults.decision import Effect
    from notify_mock.replay.cassette import CassetteOption
    from notify_mock.replay.playback import Playback
    from notify_mock.support.waits import HeldCall
    from notify_mock.twilio_api.messages import Call

StateOption = str | Path
"""The path of a file, which is created if it does not exist, or the URL of a Valkey or Redis server."""

Consistency = Literal["session", "strong"]
"""What a read sees: all that its server knows, or, with "strong", all that is in the shared state when it arrives."""


class LastingEngine(Engine):
    """An engine that keeps its state in the file ``state``, or shares it with others at that URL, if it is given.

    Options that are not given are those that the state was begun with. ``until`` gives the state as it was after the
    command at that position, to look at. Raises ``UsageError`` if the file can't be used, or was begun with other
    options.
    """

    def __init__(
        self,
        *,
        state: StateOption | None = None,
        until: int | None = None,
        consistency: Consistency = "session",
        **options: Any,
    ) -> None:
        __tracebackhide__ = True
        if consistency not in ("session", "strong"):
            raise UsageError("consistency", f"expected session or strong, got {consistency!r}")
        self._log: CommandLog | None = None
        if state is None:
            if until is not None:
                raise UsageError("until", "needs a state", "give state=, too")
            super().__init__(**options)
            return
        from notify_mock.command_log.machine import Core
        from notify_mock.command_log.opening import open_log, open_store, with_stored_options

        store = open_store(state, until)
        try:
            stored, begun = with_stored_options(store, options)
            super().__init__(**stored)
            core = Core(
                super(), self._state, self._lock, self.held_calls, self.stubs, self.seed, self._permanent_faults
            )
            self._log = open_log(store, core, begun, until, strong=consistency == "strong")
            self._parts = self._log.parts
        except BaseException:
            store.close()
            raise

    @property
    def degraded(self) -> str:
        """Why the state cannot be changed at present, or ""."""
        return self._log.problem if self._log is not None else ""

    @property
    def position(self) -> int:
        """The number of commands in the log: 0 without ``state``."""
        return self._log.position if self._log is not None else 0

    @property
    def attempts(self) -> Attempts:
        """Delivery callbacks, for the code that sends them."""
        return super().attempts if self._log is None else self._log.parts.attempts(super().attempts)

    @property
    def checkpoints(self) -> Mapping[str, Any]:
        """The checkpoints that have a name. With ``state``, they last."""
        return super().checkpoints if self._log is None else self._log.checkpoints

    def set_checkpoint(self, name: str) -> None:
        """Keep the whole state under a name, for ``restore_checkpoint``. A reset keeps checkpoints."""
        if self._log is None:
            super().set_checkpoint(name)
        else:
            self._log.do("checkpoint", name)

    def restore_checkpoint(self, name: str) -> None:
        """Replace the state with that of a checkpoint. Raises ``KeyError``."""
        if self._log is None:
            super().restore_checkpoint(name)
        else:
            self.restore(name)

    def drop_checkpoint(self, name: str) -> None:
        """Forget a checkpoint. Raises ``KeyError``."""
        if self._log is None:
            super().drop_checkpoint(name)
        else:
            self._log.do("drop checkpoint", name)

    def reset(self, account: str | None = None) -> None:
        """Restore the initial state: seed, accounts, data and faults as given, and nothing else.

        Held calls are released without a response. With ``account``, only the records, requests and deliveries of the
        account with this SID are removed, and its callbacks that wait.
        """
        __tracebackhide__ = True
        if self._log is None:
            super().reset(account)
        elif account is None:
            self.held_calls.release()
            self._log.do("reset")
        else:
            self._log.do("reset account", account)

    def load(self, data: DataOption, source: str = "data") -> None:
        """Replace the whole state with seed data, such as that of ``export``. A reset restores the initial state.

        Held calls are released without a response. ``source`` is the location of a mapping, for error messages. Raises
        ``UsageError`` without changing anything.
        """
        __tracebackhide__ = True
        if self._log is None:
            super().load(data, source)
            return
        from notify_mock.command_log.opening import plain_data

        plain = plain_data(data)
        self.held_calls.release()
        self._log.do("load", plain, source)

    def keep_bodies(self, keep: bool) -> None:
        """Keep the bodies of responses in the journal from now on, or no longer. A reset does not change it."""
        if self._log is None:
            super().keep_bodies(keep)
        else:
            self._log.do("keep_bodies", keep)

    def snapshot(self) -> Any:
        """Return the whole state, for ``restore``. With ``state``, it is kept in the log under a name."""
        return super().snapshot() if self._log is None else self._log.do("checkpoint", None)

    def restore(self, snapshot: Any) -> None:
        """Replace the state with that of ``snapshot``. Held calls are released without a response."""
        if self._log is None:
            super().restore(snapshot)
        else:
            self.held_calls.release()
            self._log.do("restore", snapshot)

    @contextmanager
    def checkpoint(self) -> Iterator[None]:
        """Restore the emulator's whole state at the end of the ``with`` block."""
        if self._log is None:
            with super().checkpoint():
                yield
            return
        name = self.snapshot()
        try:
            yield
        finally:
            self.restore(name)
            self._log.do("drop checkpoint", name)

    def play(self, call: Call) -> Steps:
        """Handle one call step by step, for a front that must not block. The steps hold no lock where they yield."""
        return super().play(call) if self._log is None else self._log.calls.play(call)

    def add_records(self, data: DataOption, source: str = "data") -> list[Any]:
        """Add records while the emulator runs, as ``data`` does at its start, and return them. A reset discards them.

        ``source`` is the location of a mapping, for error messages. Raises ``UsageError`` without adding any.
        """
        __tracebackhide__ = True
        if self._log is None:
            return super().add_records(data, source)
        from notify_mock.command_log.opening import plain_data

        added: list[Any] = self._log.do("add_records", plain_data(data), source)
        return added

    def add_permanent_fault(self, call: str, effect: Effect | str, **options: Any) -> None:
        """Add a fault rule now and again after every ``reset``. The arguments are those of ``faults.add``."""
        if self._log is None:
            super().add_permanent_fault(call, effect, **options)
        else:
            self._log.do("add_permanent_fault", call, effect, **options)

    @property
    def is_lasting(self) -> bool:
        """Whether the state is kept in a file, so that only plain data can be commanded."""
        return self._log is not None and not self._log.is_in_memory

    @property
    def cassette(self) -> Playback | None:
        """The cassette in use; see ``Engine.cassette``. There is none with ``state``."""
        return super().cassette

    @cassette.setter
    def cassette(self, given: CassetteOption | None) -> None:
        __tracebackhide__ = True
        if self.is_lasting and given is not None:
            raise UsageError("cassette", "cannot be used with state=", "leave one of them out")
        if self._log is not None and given is not None:
            self._log.spoil("a cassette was set")
        Engine.cassette.fset(self, given)  # type: ignore[attr-defined]

    def write_log(self, path: Path) -> None:
        """Write the log that is kept in memory to a file for ``state``, with the state as it is now.

        Raises ``UsageError`` if there is none, or it is not complete.
        """
        if self._log is None:
            raise UsageError("log", "is not kept", "it cannot be with a cassette, hydrate, upstream or record")
        self._log.write(path)

    def close_log(self) -> None:
        """Store a snapshot and close the file. The state stays readable, and can't be changed."""
        if self._log is not None:
            self._log.close()

    def _records(self, resource: Resource[Any]) -> Records[Any]:
        found = super()._records(resource)
        return found if self._log is None else self._log.parts.records(found)

    def _advance(self, seconds: float, held: HeldCall) -> None:
        if self._log is None or not self._log.is_past:  # an earlier state stays as it was
            super()._advance(seconds, held)
