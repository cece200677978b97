"""Emulators whose state lasts: their content as text, crashes, and a clock of their own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from notify_mock.command_log.lasting import LastingEngine
from notify_mock.command_log.plain import Encoder
from notify_mock.support import clock as clock_module

_PARTS = ("clock", "sids", "accounts", "store", "journal", "faults", "playback", "deliveries", "providers", "outbox")


def content(engine: LastingEngine) -> dict[str, Any]:
    """Return the state as plain data by part, without what only reads change: journal and request ids."""
    parts = dict(zip(_PARTS, engine._state.snapshot(), strict=True))
    del parts["journal"]
    kept, removed, fired, *rest = parts["faults"]
    parts["faults"] = (kept, removed, [name for _, name in fired], *rest)
    seed, made = parts["sids"]
    parts["sids"] = seed, {prefix: number for prefix, number in made.items() if prefix != "RQ"}
    parts["permanent faults"] = engine._permanent_faults
    encode = Encoder().encode
    return {name: json.loads(json.dumps(encode(part))) for name, part in parts.items()}


def copy_after_crash(file: Path, to: Path) -> Path:
    """Copy the file as it is, with what SQLite has not moved into it yet, as a crash would leave it."""
    to.mkdir(parents=True, exist_ok=True)
    for one in (file, Path(f"{file}-wal")):
        if one.exists():
            shutil.copy(one, to / one.name)
    return to / file.name


class FakeTime:
    """The real time, for all emulators of this process, in seconds since 1970. Each look at it takes a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, now: float = 1_900_000_000.0) -> None:
        self.now = now
        monkeypatch.setattr(clock_module, "time", SimpleNamespace(time=lambda: self.now))
