"""Opening a state: its store, the options that it was begun with, and its log."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from notify_mock.accounts.account import read_accounts
from notify_mock.command_log.entry import SharedStore, Store, StoreError, StoreUnavailable
from notify_mock.command_log.follower import Follower
from notify_mock.command_log.log import CommandLog
from notify_mock.command_log.machine import Core
from notify_mock.command_log.plain import Decoder, Encoder, Unplain
from notify_mock.command_log.stores.memory import MemoryStore
from notify_mock.command_log.stores.shared import ValkeyStore, is_url
from notify_mock.command_log.stores.sqlite import SqliteStore
from notify_mock.engine.engine import Engine
from notify_mock.engine.seed_data import DataOption, read_data
from notify_mock.faults.readers import read_faults
from notify_mock.support.clock import Clock, moment
from notify_mock.support.documents import read_file
from notify_mock.support.usage import UsageError, shown

_REFUSED = ("hydrate", "forward", "observer", "cassette")
"""What these add is not in the log, so the same log would not give the same state."""

_DEFAULTS: Mapping[str, Any] = Engine.__init__.__kwdefaults__ or {}
"""An option with its default value is one that is not given."""

_BEGUN = "begun"
"""The key of the time when the state was begun: seed data gets its dates from it."""

_NAMES = {"forward": "upstream", "observer": "record"}


def open_store(state: object, until: int | None) -> Store:
    """Return the store of an option ``state``. Raises ``UsageError``."""
    __tracebackhide__ = True
    if isinstance(state, MemoryStore):
        return state
    if not isinstance(state, (str, Path)) or not str(state):
        raise UsageError(
            "state", f"expected the path of a file or a URL such as redis://127.0.0.1:6379/0, got {shown(state)}"
        )
    if until is not None and (isinstance(until, bool) or not isinstance(until, int) or until < 0):
        raise UsageError("until", f"expected a position (0 or more), got {shown(until)}")
    try:
        if is_url(state):
            return ValkeyStore(str(state))
        return SqliteStore(Path(state), read_only=until is not None)
    except StoreError as error:
        raise UsageError("state", str(error)) from error


def open_log(store: Store, core: Core, begun: float, until: int | None, *, strong: bool = False) -> CommandLog:
    """Return the log, with the state at its end or at ``until``. It was ``begun`` at this time. Raises
    ``UsageError``."""
    __tracebackhide__ = True
    try:
        log = CommandLog(store, core, begun, until, strong=strong)
        if store.is_shared and until is None:
            _follow(log, cast("SharedStore", store))
    except (StoreError, StoreUnavailable) as error:
        raise UsageError("state", str(error) if str(store) in str(error) else f"{store}: {error}") from error
    return log


def _follow(log: CommandLog, store: SharedStore) -> None:
    """Raises ``StoreError`` or ``StoreUnavailable``."""
    log.join()
    log.reads.share()
    log.follower = follower = Follower(log, store)
    follower.start()


def with_stored_options(store: Store, options: dict[str, Any]) -> tuple[dict[str, Any], float]:
    """Return the options that the state was begun with, and when, in seconds since 1970. Raises ``UsageError`` if other
    options are given."""
    __tracebackhide__ = True
    given = {name: value for name, value in options.items() if value not in (None, [], _DEFAULTS.get(name))}
    for name in _REFUSED:
        if name in given:
            raise UsageError(_NAMES.get(name, name), "cannot be used with state=", "leave one of them out")
    plain = _plain_options(given)
    try:
        stored = dict(store.begin({**plain, _BEGUN: Clock().real_time()}))
        begun = float(stored.pop(_BEGUN))
        read = {name: Decoder().decode(value) for name, value in stored.items()}
    except (StoreError, StoreUnavailable) as error:
        raise UsageError("state", str(error)) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise UsageError(
            "state", f"{store}: the stored options are damaged ({type(error).__name__}: {error})"
        ) from error
    for name, value in plain.items():
        if json.loads(json.dumps(value)) != stored.get(name):
            was = f"with another value of {name}"
            if name == "seed":
                was = f"with seed {shown(stored.get(name, 0))}, and this is seed {shown(value)}"
            raise UsageError(name, f"the state was begun {was}", "leave the option out, or choose another state")
    return {**options, **read}, begun


def plain_data(data: DataOption) -> Any:
    """Return seed data as a mapping. Raises ``UsageError``."""
    __tracebackhide__ = True
    read_data(data)
    return data if not isinstance(data, (str, Path)) else read_file(Path(data)).value


def _plain_options(given: dict[str, Any]) -> dict[str, Any]:
    """Return options as plain data; files are read. Raises ``UsageError``."""
    __tracebackhide__ = True
    read = dict(given)
    if "accounts" in read:
        read["accounts"] = list(read_accounts(read["accounts"]))
    if "data" in read:
        read["data"] = plain_data(read["data"])
    if "frozen" in read:
        read["frozen"] = moment(read["frozen"], "frozen")
    if "faults" in read:
        read["faults"] = [dict(spec) for spec, _ in read_faults(read["faults"])]
    if "stubs" in read:
        read["stubs"] = list(read["stubs"])
    try:
        return {name: Encoder().encode(value) for name, value in read.items()}
    except Unplain as error:
        raise UsageError("state", f"cannot keep {error}", "use what notify-mock brings, or no state=") from error
