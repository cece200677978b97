"""Fixtures of the tests of states that last."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.lasting import FakeTime

from notify_mock.command_log.stores.sqlite import SqliteStore


@pytest.fixture(autouse=True)
def without_flushing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test of this folder wait for the disk: no machine fails here."""
    prepare = SqliteStore._prepare

    def prepare_quickly(self: SqliteStore, *args: bool) -> None:
        prepare(self, *args)
        self._db.execute("PRAGMA synchronous = OFF")

    monkeypatch.setattr(SqliteStore, "_prepare", prepare_quickly)


@pytest.fixture(autouse=True)
def nothing_follows() -> Iterator[None]:
    """No server of a test goes on after it, or it would disturb later tests."""
    yield
    assert "notify-mock-state" not in {thread.name for thread in threading.enumerate()}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    return FakeTime(monkeypatch)
