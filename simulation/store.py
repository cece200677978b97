"""A shared store, and each server's unreliable way to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

from notify_mock.command_log.entry import ENDED, Command, Entry, Result, StoreUnavailable
from simulation.scheduler import Scheduler

LEASE_SECONDS = 2.0
"""Shorter than the real one, so that it often ends."""


class Crash(BaseException):
    """The process of a server ends here."""


class Store:
    """What is stored. Entries are kept as text, as on a disk."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.entries: list[tuple[float, str, str, str]] = []
        self.options: str | None = None
        self.kept: tuple[int, str] | None = None
        self.is_full = False
        self.leases: dict[str, float] = {}
        self._batches: dict[str, tuple[int, int]] = {}
        self._joined = 0

    def join(self) -> str:
        self._joined += 1
        self.leases[str(self._joined)] = self._scheduler.now + LEASE_SECONDS
        return str(self._joined)

    def append(self, server: str, number: int, after: int, at: float, commands: Sequence[Command]) -> list[Entry]:
        """Append a batch, unless it has been appended already, and return the entries before it that are new."""
        if server not in self.leases:
            raise StoreUnavailable("the others have ended this server")
        known, first = self._batches.get(server, (0, 0))
        if commands and number < known:
            raise StoreUnavailable("late")
        if commands and number == known:
            return self.after(after, first - 1)
        if commands and self.is_full:
            raise StoreUnavailable("no space left")
        before = self.after(after)
        if commands:
            self._batches[server] = number, len(self.entries) + 1
        self.entries += [(at, server, kind, json.dumps(data)) for kind, data in commands]
        return before

    def after(self, position: int, end: int | None = None) -> list[Entry]:
        end = len(self.entries) if end is None else end
        return [
            Entry(position + number, at, kind, json.loads(data), None, None, server)
            for number, (at, server, kind, data) in enumerate(self.entries[position:end], 1)
        ]

    def end(self, server: str, at: float) -> None:
        if self.leases.pop(server, None) is not None:
            self.entries.append((at, server, ENDED, json.dumps(server)))

    def stay(self, server: str, at: float) -> bool:
        if server not in self.leases:
            return False
        now = self._scheduler.now
        self.leases[server] = now + LEASE_SECONDS
        for name in [name for name, until in self.leases.items() if until <= now]:
            self.end(name, at)
        return True


class Way:
    """One server's store, over a network that loses, delays and repeats. Begins and reads never fail: that is a start
    that is tried again."""

    def __init__(self, scheduler: Scheduler, store: Store) -> None:
        self._scheduler, self._store = scheduler, store
        self.is_shared = True
        self.server = ""
        self.is_cut = self.is_gone = False
        self.trouble = 0.0
        """The probability that something goes wrong with a message."""
        self._number = 0
        self._problem = ""

    def begin(self, options: dict[str, Any]) -> dict[str, Any]:
        if self._store.options is None:
            self._store.options = json.dumps(options)
        found: dict[str, Any] = json.loads(self._store.options)
        return found

    def join(self) -> None:
        self.server, self._number = self._store.join(), 0

    def leave(self, at: float) -> None:
        self._send(lambda: self._store.end(self.server, at))

    def append(self, after: int, at: float, commands: Sequence[Command], results: Sequence[Result]) -> list[Entry]:
        if self._problem:
            raise StoreUnavailable(self._problem)
        self._number += bool(commands)
        server, number = self.server, self._number
        before = self._twice(lambda: self._store.append(server, number, after, at, commands))
        first = (before[-1].position if before else after) + 1
        own = [Entry(first + index, at, *command, None, None, server) for index, command in enumerate(commands)]
        return [*before, *(one._replace(data=json.loads(json.dumps(one.data))) for one in own)]

    def newer(self, after: int, seconds: float) -> Sequence[Entry]:
        if self._scheduler.chance(self.trouble):
            after = max(0, after - 2)  # delivered once more
        found: list[Entry] = self._send(lambda: self._store.after(after))
        return found[: self._scheduler.random.choice([1, 3, 1000])]

    def stay(self, at: float) -> bool:
        stays: bool = self._send(lambda: self._store.stay(self.server, at))
        self._problem = ""
        return stays

    def read(self, after: int) -> list[Entry]:
        return self._store.after(after)

    def snapshot(self) -> tuple[int, str] | None:
        return self._store.kept

    def keep_snapshot(self, position: int, text: str, results: Sequence[Result]) -> None:
        def keep() -> None:
            if self._store.kept is None or self._store.kept[0] < position:
                self._store.kept = position, text

        self._send(keep)

    def close(self) -> None: ...

    def _twice(self, act: Callable[[], Any]) -> Any:
        """Ask again if the answer is lost, as a batch is never appended twice."""
        try:
            return self._send(act)
        except _Lost:
            pass
        try:
            return self._send(act)
        except _Lost as error:
            self._problem = str(error)
            raise

    def _send(self, act: Callable[[], Any]) -> Any:
        """Raises ``StoreUnavailable`` if there is no answer, or ``Crash``."""
        scheduler = self._scheduler
        if self.is_cut or self.is_gone:
            raise _Lost("the store is unreachable")
        if not scheduler.chance(self.trouble):
            return act()
        kind = scheduler.random.choice(["request", "answer", "late", "repeated", "crash before", "crash after"])
        if kind in ("answer", "repeated", "crash after"):
            act()
        if kind == "repeated":
            return act()
        if kind == "late":
            scheduler.after(scheduler.random.uniform(0, 3), lambda: _ignore(act))
        if kind.startswith("crash"):
            self.is_gone = True
            raise Crash
        raise _Lost(f"lost: {kind}")


class _Lost(StoreUnavailable):
    pass


def _ignore(act: Callable[[], Any]) -> None:
    with suppress(StoreUnavailable):
        act()
