"""``--notify-mock-block``: no request of the run reaches Twilio outside of an emulator."""

from __future__ import annotations

import pytest

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]

APPLICATION = """
from twilio.rest import Client

client = Client("AC" + "1" * 32, "token")

def register():
    return client.notify.v1.credentials.create(type="fcm", secret="s").sid
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    pytester.makepyfile(application=APPLICATION)
    return pytester


@pytest.mark.parametrize("where", ["ini", "option"])
def test_a_request_outside_of_an_emulator_fails_its_test(project: pytest.Pytester, where: str) -> None:
    project.makepyfile(
        """
        import application, notify_mock as package, pytest, requests
        from contextlib import suppress

        def test_bare():
            application.register()

        def test_ignored():
            with suppress(Exception):
                requests.get("https://api.twilio.com/2010-04-01/Accounts.json")

        def test_with_the_fixture(notify_mock):
            assert application.register() in notify_mock.credentials

        def test_with_intercept():
            with package.intercept() as emulator:
                assert application.register() in emulator.credentials

        @pytest.mark.notify_mock(intercept=False)
        def test_switched_off(notify_mock):
            notify_mock.client().notify.v1.credentials.list()
            application.register()

        @pytest.fixture
        def bare():
            with suppress(RuntimeError):
                application.register()

        def test_with_a_fixture(bare):
            pass
        """
    )
    if where == "ini":
        project.makeini("[pytest]\nnotify_mock_block = true")
    result = project.runpytest_subprocess(*PLAIN, *(["--notify-mock-block"] if where == "option" else []))
    result.assert_outcomes(passed=2, failed=3, errors=1)
    advice = "outside of an emulator; use the fixture notify_mock or notify_mock.intercept()"
    result.stdout.fnmatch_lines(
        [
            "notify-mock: seed *, requests to Twilio are blocked",
            f"blocked requests: blocked POST https://notify.twilio.com/v1/Credentials {advice} "
            "(at *application.py, line *) in *::test_with_a_fixture (setup)",
            f"*EscapedRequest: notify_mock: blocked POST https://notify.twilio.com/v1/Credentials {advice} "
            "(at *application.py, line *) in *::test_bare (call)",
            f"blocked requests: blocked a connection to api.twilio.com {advice} (at *) in *::test_ignored (call)",
            "*in *::test_switched_off (call)",
        ]
    )


def test_a_request_of_a_conftest_is_blocked(project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    project.makeconftest("import application\napplication.register()")
    result = project.runpytest_subprocess(*PLAIN, "--notify-mock-block")
    assert result.ret != 0
    result.stderr.fnmatch_lines(["*EscapedRequest: notify_mock: blocked POST *application.py, line *) in no test"])


def test_every_xdist_worker_blocks(project: pytest.Pytester) -> None:
    project.makepyfile("import application\n\ndef test_bare():\n    application.register()")
    result = project.runpytest_subprocess(*PLAIN, "--notify-mock-block", "-n", "1")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*EscapedRequest: notify_mock: blocked POST *::test_bare (call)"])


def test_a_library_that_is_imported_during_a_test_is_guarded_afterwards(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        def test_emulated(notify_mock):
            import httpx
            assert httpx.get("https://notify.twilio.com/v1/Credentials", auth=("ACx", "y")).status_code == 200

        def test_bare():
            import httpx
            httpx.get("https://notify.twilio.com/v1/Credentials", proxy="http://127.0.0.1:9")
        """
    )
    result = project.runpytest_subprocess(*PLAIN, "--notify-mock-block")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        ["*EscapedRequest: notify_mock: blocked GET https://notify.twilio.com/v1/Credentials *"]
    )


def test_the_guard_ends_with_the_run(pytester: pytest.Pytester) -> None:
    from twilio.http.http_client import TwilioHttpClient

    real = TwilioHttpClient.request
    pytester.makepyfile(
        "from twilio.http.http_client import TwilioHttpClient\n\n"
        "def test_it():\n    assert hasattr(TwilioHttpClient.request, '__wrapped__')"
    )
    pytester.runpytest_inprocess(*PLAIN, "--notify-mock-block").assert_outcomes(passed=1)
    assert TwilioHttpClient.request is real


@pytest.mark.parametrize("options", [["--notify-mock-block"], ["-o", "notify_mock_block=true"]])
def test_it_blocks_as_well_if_a_conftest_loads_the_plugin(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, options: list[str]
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    project.makeconftest("pytest_plugins = ['notify_mock.pytest_plugin']")
    project.makepyfile("import application\n\ndef test_bare():\n    application.register()")
    result = project.runpytest_subprocess("-p", "no:cacheprovider", *options)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*EscapedRequest: notify_mock: blocked POST *::test_bare (call)"])
