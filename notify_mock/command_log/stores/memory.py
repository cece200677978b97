"""A log in memory, for which it turns out later whether a file is wanted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from notify_mock.command_log.entry import Command, Entry, Result, StoreError, StoreUnavailable
from notify_mock.command_log.stores.sqlite import SqliteStore
from notify_mock.support.usage import UsageError


class MemoryStore:
    """Keeps entries in memory until ``write``. Until then, what is commanded may be any Python object.

    ``spoiled`` says why the log does not have all that was commanded, or is "".
    """

    is_shared = False
    server = ""

    def __init__(self) -> None:
        self._options: dict[str, Any] = {}
        self._entries: list[Entry] = []
        self.spoiled = ""

    def begin(self, options: dict[str, Any]) -> dict[str, Any]:
        self._options = options
        return options

    def append(self, after: int, at: float, commands: Sequence[Command], results: Sequence[Result]) -> list[Entry]:
        self._note(results)
        entries = [Entry(after + number, at, *command) for number, command in enumerate(commands, 1)]
        self._entries += entries
        return entries

    def read(self, after: int) -> list[Entry]:
        return self._entries[after:]

    def snapshot(self) -> tuple[int, str] | None:
        return None

    def keep_snapshot(self, position: int, text: str, results: Sequence[Result]) -> None:
        """Keep nothing: nobody opens this store again."""

    def close(self) -> None: ...

    def write(self, path: Path, results: Sequence[Result], snapshot: tuple[int, str] | None) -> None:
        """Write the file of a state, with this snapshot at its end. A file at ``path`` is replaced.

        Raises ``UsageError`` if it can't be written, or something was commanded that is not plain data.
        """
        self._note(results)
        partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            store = SqliteStore(partial)
            try:
                store.fill(self._options, self._entries, snapshot)
            finally:
                store.close()
            partial.replace(path)
        except (StoreError, StoreUnavailable, OSError) as error:
            raise UsageError(str(path), f"cannot be written: {error}") from error
        finally:
            with suppress(OSError):
                partial.unlink()

    def _note(self, results: Sequence[Result]) -> None:
        for position, status, digest in results:
            self._entries[position - 1] = self._entries[position - 1]._replace(status=status, digest=digest)
