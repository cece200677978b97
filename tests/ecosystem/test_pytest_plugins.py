"""The pytest plugin beside other plugins."""

from __future__ import annotations

from collections.abc import Callable

import pytest

BOTH = """
import pytest
from application import welcome

@pytest.mark.parametrize("user", ["alice", "alicia"])
def test_welcome(notify_mock, service_sid, user):
    welcome(service_sid, "alice")
    notify_mock.deliveries.expect(identity=user, body="Welcome", count=1)
"""


def test_steps_of_pytest_bdd(project: pytest.Pytester, check: Callable[..., object]) -> None:
    project.makefile(
        ".feature",
        welcome="""
        Feature: Welcome
          Scenario Outline: A new user is welcomed
            When alice registers
            Then <user> is welcomed

            Examples:
            | user   |
            | alice  |
            | alicia |
        """,
    )
    project.makepyfile(
        """
        from application import welcome
        from pytest_bdd import parsers, scenarios, then, when

        scenarios("welcome.feature")

        @when("alice registers")
        def _(service_sid):
            welcome(service_sid, "alice")

        @then(parsers.parse("{user} is welcomed"))
        def _(notify_mock, user):
            notify_mock.deliveries.expect(identity=user, body="Welcome", count=1)
        """
    )
    check(passed=1)


@pytest.mark.parametrize("option", ["--allow-hosts=127.0.0.1", "--disable-socket"])
def test_pytest_socket(project: pytest.Pytester, check: Callable[..., object], option: str) -> None:
    """In-process requests need no socket, so it does not matter whether loopback is allowed."""
    project.makepyfile(BOTH)
    check(option, passed=1)


def test_pytest_socket_with_loopback_allowed_and_the_server(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import httpx

        def test_the_server(notify_mock):
            assert httpx.get(f"{notify_mock.url}/v1/Services", auth=notify_mock.auth).status_code == 200
        """
    )
    project.runpytest_subprocess("--allow-hosts=127.0.0.1").assert_outcomes(passed=1)


def test_a_rerun_of_pytest_rerunfailures_has_a_new_emulator(
    project: pytest.Pytester, check: Callable[..., pytest.RunResult]
) -> None:
    project.makepyfile(
        BOTH
        + """
from twilio.base.exceptions import TwilioRestException

runs = []

def test_passes_the_second_time(notify_mock, service_sid):
    assert not notify_mock.journal and not notify_mock.bindings and not notify_mock.deliveries
    runs.append(notify_mock)
    welcome(service_sid, "alice")
    assert len(notify_mock.bindings) == 1
    assert len(runs) == 2
    assert runs[0] is not runs[1]

@pytest.mark.notify_fault("binding.create", "refuse", code=20429, times=1)
def test_a_fault_applies_to_each_run(notify_mock, service_sid):
    with pytest.raises(TwilioRestException):
        welcome(service_sid, "alice")
    runs.append("fault")
    assert runs.count("fault") == 2
"""
    )
    result = check("--reruns=1", passed=3)
    assert result.parseoutcomes()["rerun"] == 3
    assert str(result.stdout).count("- notify-mock requests -") == 1


@pytest.mark.parametrize("plugin", ["asyncio", "anyio"])
def test_suites_of_coroutines(project: pytest.Pytester, check: Callable[..., object], plugin: str) -> None:
    project.makepyfile(
        f"""
        import httpx
        import pytest
        from application import welcome
        from twilio.http.async_http_client import AsyncTwilioHttpClient
        from twilio.rest import Client

        pytestmark = pytest.mark.{plugin}

        @pytest.fixture
        def anyio_backend():
            return "asyncio"

        async def test_a_socket(notify_mock):
            async with httpx.AsyncClient(base_url=notify_mock.url) as client:
                assert (await client.get("/v1/Credentials", auth=notify_mock.auth)).status_code == 200

        async def test_in_process(notify_mock):
            made = await notify_mock.async_client().notify.v1.credentials.create_async(type="fcm", secret="x")
            assert made.sid in notify_mock.credentials

        @pytest.mark.parametrize("user", ["alice", "alicia"])
        async def test_welcome(notify_mock, service_sid, user):
            async with AsyncTwilioHttpClient() as http:
                service = Client(http_client=http).notify.v1.services(service_sid)
                await service.bindings.create_async("alice", "fcm", "phone")
            service = Client().notify.v1.services(service_sid)
            service.notifications.create(identity=["alice"], body="Welcome")
            notify_mock.deliveries.expect(identity=user, body="Welcome", count=1)
        """
    )
    check(passed=3)
