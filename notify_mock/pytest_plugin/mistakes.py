"""Reports of a user's mistakes: tracebacks without the package's own lines, and what to do about an error."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator

_MAX_CODES = 5

_REMEDY = (
    'a fixture that uses notify_mock must have scope="function". For an emulator with a longer life, '
    "use the fixture notify_mock_factory"
)


def hide_own_lines(config: pytest.Config, error: BaseException) -> None:
    """Cut the traceback of a ``UsageError``, unless pytest runs with --full-trace."""
    usage = sys.modules.get("notify_mock.support.usage")
    if usage is not None and not config.getoption("fulltrace"):
        usage.cut_traceback(error)


def scope_remedy(report: pytest.TestReport) -> str:
    """Return what to do if a fixture has the wrong scope for notify_mock, or ""."""
    text = report.longreprtext if report.failed and report.when == "setup" else ""
    first = text.partition("\n")[0]
    return _REMEDY if first.startswith("ScopeMismatch") and " fixture notify_mock " in first else ""


def explained(emulator: Emulator) -> str:
    """Return a line with title, remedy and evidence for each of the last codes in refused calls, failed deliveries and
    alerts; "" if there are none."""
    codes = [exchange.code for exchange in emulator.journal]
    codes += [delivery.code for delivery in emulator.deliveries]
    codes += [alert.problem.code for alert in emulator.deliveries.alerts]
    if not any(codes):
        return ""
    from notify_mock.twilio_api.explain import summaries

    return "\n".join(summaries(filter(None, codes), _MAX_CODES))
