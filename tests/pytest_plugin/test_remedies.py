"""What the report of a failing test says to do about the emulator that it lacks, or about what it did not finish."""

from __future__ import annotations

import pytest

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]
NO_EMULATOR = "this test has no emulator: its requests to Twilio are not redirected. Add the fixture notify_mock"
WAITING = "1 callback is waiting; callbacks.drain() sends all"
NOTIFY = """
def notify(emulator):
    service = emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    emulator.bindings.add(identity="alice", binding_type="sms", address="+4912345")
    emulator.client().notify.v1.services(service.sid).notifications.create(
        identity=["alice"], body="x", delivery_callback_url="https://app.example/deliveries"
    )
"""


def shown(pytester: pytest.Pytester, source: str, *options: str) -> str:
    pytester.makepyfile(test_app=source)
    return pytester.runpytest_subprocess(*PLAIN, *options).stdout.str()


@pytest.mark.parametrize(
    "body",
    [
        "raise ConnectionError('HTTPSConnectionPool(host=' + repr('notify.twilio.com') + ', port=443)')",
        "logging.error('no answer from %s', 'notify.twilio.com')\n    assert 0",
        "os.environ['TWILIO_ACCOUNT_SID']",
        "raise RuntimeError('Credentials are required to create a TwilioClient')",  # older SDKs
    ],
)
def test_a_failing_test_that_lacks_the_fixture_is_told_so(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, body: str
) -> None:
    monkeypatch.delenv("TWILIO_ACCOUNT_SID", raising=False)
    source = f"import logging, os\ndef test_it():\n    {body}\n"
    assert NO_EMULATOR in shown(pytester, source)
    assert NO_EMULATOR not in shown(pytester, source.replace("test_it()", "test_it(notify_mock)"))


def test_other_failing_tests_are_not(pytester: pytest.Pytester) -> None:
    assert NO_EMULATOR not in shown(pytester, "def test_it():\n    'notify.twilio.com'\n    assert 0\n")


def test_a_failing_test_is_told_that_a_callback_was_not_sent(pytester: pytest.Pytester) -> None:
    source = f"{NOTIFY}\ndef test_it(notify_mock):\n    notify(notify_mock)\n    DRAIN\n    assert 0\n"
    assert WAITING in shown(pytester, source.replace("DRAIN", ""))
    assert WAITING not in shown(pytester, source.replace("DRAIN", "notify_mock.callbacks.drain()"))


def test_a_failing_test_is_told_how_to_use_the_account_of_the_application(pytester: pytest.Pytester) -> None:
    text = shown(
        pytester,
        """
from twilio.rest import Client

def test_it(notify_mock):
    client = Client("AC" + "9" * 32, "token")
    client.notify.v1.services(notify_mock.services.add().sid).fetch()
""",
    )
    assert f'to add them to AC{"9" * 32}: @pytest.mark.notify_mock(default_account="AC{"9" * 32}")' in text


def test_the_traceback_of_a_blocked_request_ends_outside_of_the_package(pytester: pytest.Pytester) -> None:
    source = "def test_it(notify_mock):\n    CLIENT.messages.create(to='+1', from_='+1')\n"
    text = shown(
        pytester, f"from twilio.rest import Client\nCLIENT = Client('AC' + '1' * 32, 'token')\n{source}"
    ).partition("= FAILURES =")[2]
    assert "api.twilio.com is not emulated; use stubs=" in text
    assert "def is_emulated" not in text
    assert "sdk.py" not in text
