"""``--notify-mock-inspect`` and ``notify_mock.inspect()``: a test stands still while somebody looks at its emulator."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator

FLAG = "--notify-mock-inspect"


def check_terminal(config: pytest.Config) -> None:
    """Raise pytest's ``UsageError`` if nobody could press Enter."""
    if config.getoption("numprocesses", None) or config.getoption("dist", "no") != "no":
        raise pytest.UsageError(f"{FLAG}: the tests run in processes of pytest-xdist, without a terminal; add -n 0")
    _suspend(config)
    if not sys.stdin.isatty():
        raise pytest.UsageError(f"{FLAG}: needs a terminal to wait for Enter, and stdin is not one")


@contextmanager
def terminal(config: pytest.Config) -> Iterator[None]:
    """Let stdin and stdout be the terminal's. pytest-timeout does not end the test while it waits."""
    config.hook.pytest_enter_pdb(config=config, pdb=None)
    capture = _suspend(config)
    try:
        yield
    finally:
        if capture is not None:
            capture.resume()


def inspect_failure(config: pytest.Config, emulator: Emulator, report: pytest.TestReport) -> None:
    """Say which test has failed, and wait while somebody looks at its emulator."""
    from notify_mock.inspector.pause import pause

    crash = getattr(report.longrepr, "reprcrash", None)
    reason = str(crash.message).partition("\n")[0] if crash else "failed"
    config.hook.pytest_enter_pdb(config=config, pdb=None)
    _suspend(config)
    print(f"\n\nnotify-mock: {report.nodeid}: {reason}")
    pause(f"{emulator.url}/_mock/")


def _suspend(config: pytest.Config) -> Any:
    """Let stdin and stdout be the terminal's, and return what must be resumed in a test; None at a breakpoint.

    Between the phases of a test nothing must be resumed: pytest captures only stdin there, and starts again by itself.
    """
    capture = config.pluginmanager.getplugin("capturemanager")
    at_breakpoint = capture is not None and capture.is_globally_capturing() and sys.stdin.isatty()
    if capture is None or at_breakpoint:
        return None
    capture.suspend(in_=True)
    return capture
