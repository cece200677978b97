"""``--notify-mock-inspect`` and ``notify_mock.inspect()``: a test stands still while somebody looks at its emulator."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator

FLAG = "--notify-mock-inspect"


def check_terminal(config: pytest.Config) -> None:
    """Raise pytest's ``UsageError`` if nobody could press Enter."""
    if config.getoption("numprocesses", None) or config.getoption("dist", "no") != "no":
        raise pytest.UsageError(f"{FLAG}: the tests run in processes of pytest-xdist, without a terminal; add -n 0")
    with _uncaptured(config):
        if not sys.stdin.isatty():
            raise pytest.UsageError(f"{FLAG}: needs a terminal to wait for Enter, and stdin is not one")


@contextmanager
def terminal(config: pytest.Config) -> Iterator[None]:
    """Let stdin and stdout be the terminal's. pytest-timeout does not end the test while it waits."""
    config.hook.pytest_enter_pdb(config=config, pdb=None)
    with _uncaptured(config):
        yield


def inspect_failure(emulator: Emulator, report: pytest.TestReport) -> None:
    """Say which test has failed, and wait while somebody looks at its emulator."""
    crash = getattr(report.longrepr, "reprcrash", None)
    reason = str(crash.message).partition("\n")[0] if crash else "failed"
    with emulator.terminal():
        print(f"\n\nnotify-mock: {report.nodeid}: {reason}")
        emulator.inspect()


@contextmanager
def _uncaptured(config: pytest.Config) -> Iterator[None]:
    capture = config.pluginmanager.getplugin("capturemanager")
    at_breakpoint = capture is not None and capture.is_globally_capturing() and sys.stdin.isatty()
    if capture is None or at_breakpoint:
        yield
        return
    capture.suspend(in_=True)
    try:
        yield
    finally:
        capture.resume()
