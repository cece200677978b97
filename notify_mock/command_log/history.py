"""The log in a file as something to read and to copy: its commands in words, and the state at an earlier position."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from notify_mock.command_log.entry import CALL, END, GO_ON, Entry, StoreError, StoreUnavailable, read_call
from notify_mock.command_log.lasting import LastingEngine
from notify_mock.command_log.log import gone
from notify_mock.command_log.plain import Decoder
from notify_mock.command_log.stores.sqlite import SqliteStore
from notify_mock.faults.decision import Effect
from notify_mock.resources import RESOURCES
from notify_mock.support.counted import counted
from notify_mock.support.masked_url import MASK
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.masking import is_secret, show_text

_KEYS = {resource.key: resource.name for resource in RESOURCES}
_TOKENS = ("authorization", "new_token")


def read_entries(path: Path, first: int = 1, last: int | None = None) -> Sequence[Entry]:
    """Return the entries from position ``first`` to ``last``. Raises ``UsageError``."""
    try:
        store = SqliteStore(path, read_only=True)
        try:
            entries = store.read(first - 1)
        finally:
            store.close()
    except (StoreError, StoreUnavailable) as error:
        raise UsageError("state", str(error)) from error
    return [entry for entry in entries if last is None or entry.position <= last]


def copy_until(path: Path, position: int, out: Path) -> None:
    """Copy the state as it was at a position to a new file. Raises ``UsageError``."""
    if out.exists():
        raise UsageError(str(out), "exists already", "choose another name")
    try:
        source = SqliteStore(path, read_only=True)
        try:
            _copy(source, position, out)
        finally:
            source.close()
    except (StoreError, StoreUnavailable) as error:
        raise UsageError("state", str(error)) from error


def _copy(source: SqliteStore, position: int, out: Path) -> None:
    kept, last = source.snapshot(), source.last()
    everything = source.read(0)  # at the end: a server may write meanwhile
    if position > last:
        raise StoreError(f"{source.path} has no position {position}; it ends at {last}")
    snapshot = kept if kept is not None and kept[0] <= position else None
    oldest = everything[0].position - 1 if everything else last
    if oldest > (snapshot[0] if snapshot is not None else 0):
        raise StoreError(gone(position, oldest))
    target = SqliteStore(out)
    try:
        target.fill(source.options(), [entry for entry in everything if entry.position <= position], snapshot)
    except BaseException:
        target.close()
        out.unlink()
        raise
    target.close()


def compact(path: Path) -> int:
    """Remove the entries of a file that no server has open, keep a snapshot of the state, and return its position.

    Earlier positions are gone. Raises ``UsageError``.
    """
    if not path.exists():
        raise UsageError("state", f"{path} does not exist")
    LastingEngine(state=path).close_log()  # leaves a snapshot
    try:
        store = SqliteStore(path)
        try:
            return store.compact()
        finally:
            store.close()
    except (StoreError, StoreUnavailable) as error:
        raise UsageError("state", str(error)) from error


def words(entry: Entry) -> str:
    """Return what was commanded, on one line, with secrets masked."""
    if entry.kind == CALL:
        return str(read_call(entry.data))
    if entry.kind in (GO_ON, END):
        return f"{'continue' if entry.kind == GO_ON else 'end'} the call of {entry.data}"
    try:
        args, options = Decoder().all(entry.data)
    except (ValueError, KeyError, TypeError, IndexError):
        return entry.kind
    parts = [text for value in args if (text := _shown(value))]
    parts += [f"{name}={MASK if _is_masked(name) else _shown(value)}" for name, value in options.items()]
    return " ".join([entry.kind, *parts])


def _is_masked(name: str) -> bool:
    return is_secret(name) or name in _TOKENS


def _shown(value: Any) -> str:
    if isinstance(value, Effect):
        return value.kind
    if isinstance(value, Mapping):
        if value.keys() & _KEYS.keys():
            return ", ".join(_counted(key, one) for key, one in value.items())
        shown = ((name, MASK if _is_masked(str(name)) else _shown(one)) for name, one in value.items())
        return " ".join(f"{name}={text}" for name, text in shown)
    if isinstance(value, (list, tuple)):
        return ",".join(map(_shown, value))
    return show_text(str(value)) if value is not None else ""


def _counted(key: str, value: Any) -> str:
    return counted(len(value), _KEYS[key], key) if key in _KEYS else key
