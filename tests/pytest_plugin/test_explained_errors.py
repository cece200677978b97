"""The codes in the report of a failing test are explained."""

from __future__ import annotations

import pytest

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]
SMS = """
def send(emulator):
    service = emulator.services.add()
    emulator.bindings.add(identity="alice", binding_type="sms", address="+4912345", service_sid=service.sid)
    emulator.client().notify.v1.services(service.sid).notifications.create(identity="alice", body="x")
"""


def sections(pytester: pytest.Pytester, source: str) -> list[str]:
    """Return the lines of the section on errors, in all reports."""
    pytester.makepyfile(test_app=source)
    shown = pytester.runpytest_subprocess(*PLAIN, "-rA").stdout.str()
    found = []
    for part in shown.split(" notify-mock errors ")[1:]:
        found += [line for line in part.partition("\n")[2].partition("\n=")[0].splitlines() if line[:1].isdigit()]
    return found


def test_a_failing_test_explains_failed_deliveries_and_refused_calls(pytester: pytest.Pytester) -> None:
    lines = sections(
        pytester,
        f"""{SMS}
def test_it(notify_mock):
    for sid in ("CR1", "CR2"):
        try:
            notify_mock.client().notify.v1.credentials(sid).fetch()
        except Exception:
            pass
    send(notify_mock)
    assert notify_mock.deliveries.last.code is None
""",
    )
    refused, failed = lines
    assert refused.startswith("20404 Not Found: Check the SID, ")
    assert failed.startswith("52182 Messaging Service not specified: Create a Messaging Service ")
    assert failed.endswith("(documented: twilio.com/docs/api/errors/52182)")


def test_alerts_are_explained(pytester: pytest.Pytester) -> None:
    source = SMS.replace('identity="alice", body', 'identity="bob", body')
    (line,) = sections(pytester, f"{source}\ndef test_it(notify_mock):\n    send(notify_mock)\n    assert 0\n")
    assert line.startswith("52301 Resulted destination list ")


def test_at_most_five_codes_are_explained_the_last_ones(pytester: pytest.Pytester) -> None:
    lines = sections(
        pytester,
        """
from notify_mock import Refuse

def test_it(notify_mock):
    for code in (20003, 20005, 20006, 20403, 20404, 20429):
        notify_mock.faults.add("*", Refuse(code), times=1)
        try:
            notify_mock.client().notify.v1.credentials.list()
        except Exception:
            pass
    assert 0
""",
    )
    assert [line[:5] for line in lines] == ["20005", "20006", "20403", "20404", "20429"]


@pytest.mark.parametrize("assertion", ["assert 1", "assert 0"])
def test_nothing_is_explained_without_need(pytester: pytest.Pytester, assertion: str) -> None:
    source = (
        SMS if assertion == "assert 1" else "def send(emulator):\n    emulator.client().notify.v1.credentials.list()\n"
    )
    assert sections(pytester, f"{source}\ndef test_it(notify_mock):\n    send(notify_mock)\n    {assertion}\n") == []
