"""Emulators for several tests, and options for some tests."""

from __future__ import annotations

import pytest

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]

SHARED = """
import pytest
from twilio.rest import Client

client = Client("AC" + "1" * 32, "token")

@pytest.fixture(scope="{scope}")
def emulator(notify_mock_factory):
    with notify_mock_factory(default_account="AC" + "1" * 32) as emulator:
        emulator.services.add(friendly_name="shared")
        yield emulator

@pytest.fixture(autouse=True)
def rollback(emulator):
    with emulator.checkpoint():
        yield
"""


@pytest.mark.parametrize("scope", ["class", "module", "session"])
def test_an_emulator_of_any_scope_is_rolled_back_between_tests(pytester: pytest.Pytester, scope: str) -> None:
    pytester.makeconftest(SHARED.replace("{scope}", scope))
    pytester.makepyfile(
        """
        import os
        import pytest
        from conftest import client
        from twilio.rest import Client

        @pytest.mark.parametrize("turn", range(2))
        def test_it(emulator, turn):
            (service,) = client.notify.v1.services.list()
            assert service.sid in emulator.services
            client.notify.v1.credentials.create(type="fcm", secret="x")
            assert len(emulator.credentials) == 1
            assert len(emulator.journal) == 2
            assert Client().notify.v1.services(service.sid).fetch()

        def test_one_of_its_own_comes_first(emulator, notify_mock, notify_mock_server):
            import requests
            url, auth = notify_mock_server.url + "/v1/Credentials", notify_mock.auth
            client.notify.v1.credentials.create(type="fcm", secret="x")
            assert (len(notify_mock.credentials), len(emulator.credentials)) == (1, 0)
            assert len(requests.get(url, auth=auth).json()["credentials"]) == 1
            emulator.credentials.add(type="fcm"), emulator.credentials.add(type="fcm")
            notify_mock.close()
            assert len(requests.get(url, auth=auth).json()["credentials"]) == 2
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=3)


def test_a_failing_test_of_a_shared_emulator_is_reported_like_any_other(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(SHARED.replace("{scope}", "session"))
    pytester.makepyfile(
        """
        import pytest
        from contextlib import suppress
        from conftest import client

        def test_shows_requests(emulator):
            client.notify.v1.credentials("CR1").fetch()

        def test_blocked(emulator):
            with suppress(Exception):
                client.api.v2010.accounts.list()

        def test_unused_rule(emulator):
            emulator.faults.add("*", "drop")

        def test_passes(emulator):
            pass

        @pytest.mark.notify_mock(seed=1)
        def test_has_a_marker(emulator):
            pass
        """
    )
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(failed=3, passed=1, errors=1)
    result.stdout.fnmatch_lines(
        [
            "*marker notify_mock: the test does not use the fixture notify_mock*",
            "#1 * credential.fetch: GET /v1/Credentials/CR1 -> 404 20404 (no credential CR1)",
            "blocked requests: blocked GET https://api.twilio.com*",
            "fault rules that were never applied: drop-1*",
        ]
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("sed=1", "notify_mock: notify_mock_factory: unknown key 'sed'; did you mean seed?"),
        ("frozen='x'", "notify_mock: notify_mock_factory, frozen: *"),
    ],
)
def test_an_invalid_option_of_the_factory_is_one_line(pytester: pytest.Pytester, options: str, message: str) -> None:
    pytester.makepyfile(
        f"""
        def test_it(notify_mock_factory):
            with notify_mock_factory({options}):
                pass
        """
    )
    result = pytester.runpytest_subprocess(*PLAIN)
    result.stdout.fnmatch_lines([message])
    assert "Traceback" not in str(result.stdout)


def test_the_options_can_have_the_scope_of_a_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture
        def notify_mock_options(request):
            return {"seed": request.node.name, "journal_limit": 2}

        def test_one(notify_mock, notify_mock_server):
            assert notify_mock.seed == "test_one"
            assert notify_mock_server.url == notify_mock.url

        def test_two(notify_mock, notify_mock_factory):
            assert notify_mock.seed == "test_two"
            with notify_mock_factory(seed=3) as shared:
                assert shared.seed == 3
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=2)


def test_the_servers_options_need_the_scope_of_the_session(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        @pytest.fixture(scope="module")
        def notify_mock_options(request):
            return {"tls": True}

        def test_it(notify_mock):
            pass
        """
    )
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        [
            "notify_mock: notify_mock_options, tls: is an option of the session's server; "
            'give notify_mock_options scope="session"'
        ]
    )
