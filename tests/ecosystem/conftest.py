"""A project whose application welcomes its users by Twilio Notify, to be tested beside other packages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

PLAIN = ("-p", "no:randomly", "-p", "no:cacheprovider")
STRICT = ("-W", "error::ResourceWarning", "-W", "error::pytest.PytestUnraisableExceptionWarning")

APPLICATION = """
from twilio.rest import Client

client = Client()

def welcome(service_sid, user):
    service = client.notify.v1.services(service_sid)
    service.bindings.create(user, "fcm", "phone")
    service.notifications.create(identity=[user], body="Welcome")
"""

FIXTURES = """
import pytest
from notify_mock import fcm_service_account

@pytest.fixture
def service_sid(notify_mock):
    fcm = notify_mock.credentials.add(type="fcm", secret=fcm_service_account())
    return notify_mock.services.add(fcm_credential_sid=fcm.sid).sid
"""


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """The application as ``application.py``, and a fixture ``service_sid``."""
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "1" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "token")
    monkeypatch.delenv("PYTEST_ADDOPTS")  # all plugins take part here
    pytester.makepyfile(application=APPLICATION)
    pytester.makeconftest(FIXTURES)
    return pytester


@pytest.fixture
def check(project: pytest.Pytester) -> Callable[..., pytest.RunResult]:
    """Run the project's tests. The failing ones welcome alice and expect a delivery to alicia."""

    def run(*options: str, passed: int) -> pytest.RunResult:
        result = project.runpytest_subprocess(*PLAIN, *STRICT, *options)
        result.assert_outcomes(passed=passed, failed=1)
        result.stdout.fnmatch_lines(
            [
                "E * delivered instead (1):",
                "E * fcm to phone of alice: 'Welcome' -> sent  <- identity is 'alice'",
                "*- notify-mock requests -*",
                "#1 * binding.create: * Identity=alice * -> 201",
                "#2 * notification.create: * Identity=alice -> 201",
                "*- notify-mock deliveries -*",
                "* fcm to phone of alice: 'Welcome' -> sent",
            ]
        )
        return result

    return run
