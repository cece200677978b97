"""Reports of a user's mistakes: tracebacks without the package's own lines, and what to do about an error."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from notify_mock.support.counted import counted

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator

_MAX_CODES = 5

_REMEDY = (
    'a fixture that uses notify_mock must have scope="function". For an emulator with a longer life, '
    "use the fixture notify_mock_factory"
)

_SIGNS_OF_TWILIO = (
    "notify.twilio.com",
    "KeyError: 'TWILIO_ACCOUNT_SID'",
    "Credentials are required to create a TwilioClient",
)
_NO_EMULATOR = (
    "this test has no emulator: its requests to Twilio are not redirected. Add the fixture notify_mock to its "
    "arguments, or to all tests: see Blocked requests in docs/write-a-test.md"
)


def hide_own_lines(config: pytest.Config, error: BaseException) -> None:
    """Cut the traceback of a ``UsageError``, unless pytest runs with --full-trace."""
    usage = sys.modules.get("notify_mock.support.usage")
    if usage is not None and not config.getoption("fulltrace"):
        usage.cut_traceback(error)


def remedies(report: pytest.TestReport, emulator: Emulator | None, *, is_blocked: bool) -> str:
    """Return what to do about a failed test, a line for each thing, or "".

    ``is_blocked``: requests outside of an emulator fail with an error that says what to do.
    """
    if emulator is not None:
        found = [*_callback_remedies(emulator), *_account_remedies(emulator)]
    else:
        found = [] if is_blocked else [_fixture_remedy(report)]
    return "\n".join(filter(None, [_scope_remedy(report), *found]))


def _scope_remedy(report: pytest.TestReport) -> str:
    """Return what to do if a fixture has the wrong scope for notify_mock, or ""."""
    text = report.longreprtext if report.failed and report.when == "setup" else ""
    first = text.partition("\n")[0]
    return _REMEDY if first.startswith("ScopeMismatch") and " fixture notify_mock " in first else ""


def _fixture_remedy(report: pytest.TestReport) -> str:
    """Return what to do if the error or the output of a test without an emulator is about Twilio, or ""."""
    errors = [line for line in report.longreprtext.splitlines() if line.startswith("E  ")]
    texts = [*errors, *(text for name, text in report.sections if name.startswith("Captured"))]
    return _NO_EMULATOR if any(sign in text for text in texts for sign in _SIGNS_OF_TWILIO) else ""


def _callback_remedies(emulator: Emulator) -> Iterator[str]:
    waiting = len(emulator.callbacks.waiting)
    if waiting:
        yield f"{counted(waiting, 'callback is', 'callbacks are')} waiting; callbacks.drain() sends all"


def _account_remedies(emulator: Emulator) -> Iterator[str]:
    """Say how to make the account of the requests that of the records that a test adds, if it is another one."""
    default = emulator.auth[0]
    mismatch = f"in account {default}, but the request was for account "
    for account_sid in {one.account_sid: None for one in emulator.journal if mismatch in one.reason}:
        marker = f'@pytest.mark.notify_mock(default_account="{account_sid}")'
        yield f"records that a test adds belong to account {default}; to add them to {account_sid}: {marker}"


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
