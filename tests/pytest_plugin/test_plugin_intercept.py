"""The fixture redirects every Twilio client of the process to its emulator, and blocks other requests to Twilio."""

from __future__ import annotations

import pytest

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]

APPLICATION = """
import os
from twilio.rest import Client

client = Client("AC" + "1" * 32, "token")

def register(secret):
    return client.notify.v1.credentials.create(type="fcm", secret=secret).sid

def look_up_and_ignore_errors():
    try:
        return client.lookups.v2.phone_numbers("+15005550006").fetch()
    except Exception:
        return None
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(application=APPLICATION)
    return pytester


def test_a_client_created_at_import_is_redirected(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import application

        def test_one(notify_mock):
            assert application.register("s") in notify_mock.credentials

        def test_two(notify_mock):
            assert not notify_mock.credentials
            application.register("s")
            notify_mock.journal.expect("credential.create", count=1)
        """
    )
    project.runpytest_subprocess(*PLAIN).assert_outcomes(passed=2)


def test_a_blocked_request_fails_the_test_even_if_the_application_ignores_the_error(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import application

        def test_ignores_errors(notify_mock):
            assert application.look_up_and_ignore_errors() is None
        """
    )
    result = project.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "blocked requests: blocked GET https://lookups.twilio.com/v2/PhoneNumbers/*: "
            "lookups.twilio.com is not emulated; use stubs=[[]'lookups.twilio.com=404'[]] to answer it, "
            "or allow_real=[[]'lookups.twilio.com'[]] to let it reach the real Twilio, "
            "in @pytest.mark.notify_mock(...) or intercept(...) (at *application.py, line *)"
        ]
    )


def test_a_test_of_blocking_uses_its_own_interception(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import application
        import pytest
        from notify_mock import EscapedRequest

        def test_it(notify_mock):
            with notify_mock.intercept() as interception:
                with pytest.raises(EscapedRequest):
                    application.client.api.v2010.accounts.list()
            assert len(interception.escaped) == 1
        """
    )
    project.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1)


def test_interception_can_be_turned_off_and_hosts_allowed(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import socket
        import pytest
        import application
        from twilio.http.http_client import TwilioHttpClient

        REAL = TwilioHttpClient.request

        @pytest.mark.notify_mock(intercept=False)
        def test_turned_off(notify_mock):
            assert TwilioHttpClient.request is REAL

        @pytest.mark.notify_mock(allow_real=["lookups.twilio.com"])
        def test_allowed(notify_mock, monkeypatch):
            sent = []
            monkeypatch.setattr(TwilioHttpClient.request, "__wrapped__", None, raising=False)
            monkeypatch.setattr("requests.Session.send", lambda *_, **__: sent.append(1) or 1 / 0)
            assert application.look_up_and_ignore_errors() is None
            assert sent == [1]

        def test_turned_on(notify_mock):
            assert TwilioHttpClient.request is not REAL
        """
    )
    project.runpytest_subprocess(*PLAIN).assert_outcomes(passed=3)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("intercept='no'", "notify_mock: marker notify_mock, intercept: expected True or False, got 'no'"),
        (
            "allow_real='api.twilio.com'",
            "notify_mock: marker notify_mock, allow_real: expected a list of hosts such as ['api.twilio.com'], "
            "got 'api.twilio.com'",
        ),
        (
            "allow_real=['example.com']",
            "notify_mock: marker notify_mock, allow_real: 'example.com' is not a Twilio host; expected a name*",
        ),
    ],
)
def test_an_invalid_value_fails_that_test_with_one_line(project: pytest.Pytester, marker: str, message: str) -> None:
    project.makepyfile(
        f"""
        import pytest

        @pytest.mark.notify_mock({marker})
        def test_it(notify_mock):
            pass
        """
    )
    result = project.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message.replace("[", "[[]")])


def test_missing_account_variables_are_set_and_present_ones_are_kept(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TWILIO_AUTH_TOKEN", raising=False)
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "2" * 32)
    project.makepyfile(
        """
        import os
        import pytest
        from twilio.rest import Client

        @pytest.fixture
        def no_sid(monkeypatch):
            monkeypatch.delenv("TWILIO_ACCOUNT_SID")

        def test_both_missing(no_sid, notify_mock):
            assert Client().auth == notify_mock.auth
            Client().notify.v1.credentials.list()

        def test_one_present(notify_mock):
            assert Client().auth == ("AC" + "2" * 32, notify_mock.auth[1])

        def test_without_it():
            assert "TWILIO_AUTH_TOKEN" not in os.environ
        """
    )
    project.runpytest_subprocess(*PLAIN).assert_outcomes(passed=3)


def test_a_subprocess_of_a_test_is_redirected_too(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import subprocess, sys

        def test_it(notify_mock):
            program = "import application; print(application.register('s'))"
            env = {**notify_mock.env(), "PYTHONDONTWRITEBYTECODE": "1"}
            ran = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, check=True)
            assert ran.stdout.strip() in notify_mock.credentials
        """
    )
    project.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1)


def test_every_xdist_worker_uses_its_own_emulator(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import application, pytest, requests

        @pytest.mark.parametrize("number", range(6))
        def test_it(notify_mock, number):
            for _ in range(number):
                application.register("s")
            answer = requests.get("https://notify.twilio.com/v1/Credentials", auth=("AC" + "1" * 32, "token"))
            assert len(answer.json()["credentials"]) == number
        """
    )
    project.runpytest_subprocess(*PLAIN, "-n", "2").assert_outcomes(passed=6)


def test_planted_records_belong_to_the_account_of_the_environment(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "2" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "of the shell")
    project.makepyfile(
        """
        import application, pytest
        from twilio.rest import Client

        def services(client):
            return [one.sid for one in client.notify.v1.services.list()]

        def test_it(notify_mock):
            planted = notify_mock.services.add().sid
            assert services(Client()) == services(Client("SK" + "3" * 32, "secret")) == [planted]

        @pytest.mark.notify_mock(default_account="AC" + "1" * 32)
        def test_an_account_that_the_program_pins(notify_mock):
            planted = notify_mock.services.add().sid
            assert services(application.client) == [planted]
            assert services(Client("SK" + "3" * 32, "secret", "AC" + "1" * 32)) == [planted]

        @pytest.mark.notify_mock(accounts={"AC" + "4" * 32: "token"})
        def test_accounts_of_its_own(notify_mock):
            assert notify_mock.auth[0] == "AC" + "4" * 32

        def test_asks_as_another(notify_mock):
            application.client.notify.v1.services(notify_mock.services.add().sid).fetch()
        """
    )
    result = project.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(passed=3, failed=1)
    result.stdout.fnmatch_lines(
        [
            "notify-mock: seed *, account AC2222* (from TWILIO_ACCOUNT_SID)",
            "*it exists in account AC2222*, but the request was for account AC1111*",
        ]
    )


def test_the_marker_without_the_fixture_is_an_error(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest
        pytestmark = pytest.mark.notify_mock(seed=1)

        @pytest.fixture
        def chosen(request):
            return request.getfixturevalue("notify_mock")

        @pytest.mark.notify_mock(frozen="2030-01-01")
        def test_without_the_fixture():
            pass

        @pytest.mark.notify_mock(seed=2)
        def test_with_a_fixture_that_uses_it(chosen):
            assert chosen.seed == 2

        @pytest.mark.notify_mock(seed=3)
        @pytest.mark.usefixtures("notify_mock")
        def test_with_usefixtures():
            pass

        def test_with_the_marker_of_the_module_only():
            pass
        """
    )
    result = project.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["*marker notify_mock: the test does not use the fixture notify_mock; add it to*"])
