"""The pytest plugin, in tests that use it."""

from __future__ import annotations

import pytest
from twilio.rest import Client

from notify_mock import Emulator

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]


def test_the_sdk_uses_the_server_of_the_fixture(notify_mock: Emulator) -> None:
    client = Client(*notify_mock.auth)
    client.notify.base_url = notify_mock.url
    made = client.notify.v1.credentials.create(type="fcm", secret="x")
    assert made.url == f"{notify_mock.url}/v1/Credentials/{made.sid}"
    assert notify_mock.credentials[made.sid].secret == "x"
    notify_mock.journal.expect("credential.create", count=1)
    client.http_client.session.close()


@pytest.mark.notify_mock(seed=7, accounts={"AC" + "1" * 32: "token"}, frozen="2030-01-01")
def test_the_marker_sets_options_of_the_emulator(notify_mock: Emulator) -> None:
    assert notify_mock.auth == ("AC" + "1" * 32, "token")
    assert notify_mock.seed == 7
    assert notify_mock.client().notify.v1.credentials.create(type="fcm", secret="x").date_created.year == 2030


def test_every_test_has_its_own_state_on_one_server(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        urls = set()

        @pytest.mark.parametrize("turn", range(3))
        def test_fresh(notify_mock, notify_mock_server, turn):
            assert len(notify_mock.credentials) == len(notify_mock.journal) == 0
            notify_mock.credentials.add(type="fcm")
            notify_mock.client().notify.v1.credentials.list()
            urls.add(notify_mock.url)
            assert notify_mock.url == notify_mock_server.url
            assert len(urls) == 1
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=3)


def test_a_client_that_is_created_in_the_first_test_and_kept_works_in_all(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        from functools import cache
        import pytest
        from twilio.rest import Client

        client = cache(Client)

        @pytest.mark.parametrize("turn", range(3))
        def test_it_sees_what_the_test_adds(notify_mock, turn):
            sid = notify_mock.credentials.add(type="fcm").sid
            assert client().notify.v1.credentials(sid).fetch().sid == sid

        @pytest.mark.notify_mock(seed=7)
        def test_a_seed_decides_the_account_too(notify_mock):
            assert notify_mock.auth[0] == "AC1676d8911c842a5d5212e90d264f1ff1"
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=4)


def test_the_server_starts_when_the_url_is_used(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys, threading

        def test_in_process(notify_mock, notify_mock_server):
            notify_mock.client().notify.v1.credentials.list()
            assert repr(notify_mock_server) == "<SharedServer not started>"
            assert "flask" not in sys.modules and "cryptography" not in sys.modules
            assert notify_mock.url
            assert any(thread.name == "notify-mock-server" for thread in threading.enumerate())
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1)


def test_the_plugin_imports_nothing_when_it_is_not_used(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import sys

        def test_nothing():
            assert "notify_mock.pytest_plugin" in sys.modules
            loaded = {name for name in sys.modules if name.startswith("notify_mock")}
            assert loaded == {"notify_mock", "notify_mock.pytest_plugin"}
            assert not {"flask", "werkzeug", "cryptography", "yaml", "twilio"} & set(sys.modules)
        """
    )
    pytester.runpytest_subprocess(*PLAIN, "-p", "no:hypothesispytest", "-p", "no:xdist").assert_outcomes(passed=1)


def test_a_failing_test_shows_requests_and_responses_without_secrets(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_fails(notify_mock):
            credentials = notify_mock.client().notify.v1.credentials
            credentials.create(type="fcm", secret="hush-hush")
            credentials("CR1").fetch()

        def test_passes(notify_mock):
            notify_mock.client().notify.v1.credentials.list()
        """
    )
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*- notify-mock requests -*",
            "#1 * credential.create: POST /v1/Credentials Type=fcm Secret=[[]secret] -> 201",
            "#2 * credential.fetch: GET /v1/Credentials/CR1 -> 404 20404 (no credential CR1)",
        ]
    )
    assert str(result.stdout).count("notify-mock requests") == 1
    assert "#1 " in str(result.stdout)
    requests = str(result.stdout).partition("notify-mock requests")[2]
    assert "hush" not in requests


def test_a_failing_expect_reads_well(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_fails(notify_mock):
            notify_mock.client().notify.v1.credentials.list()
            notify_mock.journal.expect("credential.create", count=1)
        """
    )
    result = pytester.runpytest_subprocess(*PLAIN)
    result.stdout.fnmatch_lines(["E*AssertionError: expected 1 of credential.create, found 0"])
    assert "def expect" not in str(result.stdout)


def test_the_header_shows_the_seed_and_the_option_repeats_the_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_sid(notify_mock):\n    print('SID', notify_mock.credentials.add(type='fcm').sid)")

    def sid(*options: str) -> tuple[str, str]:
        lines = pytester.runpytest_subprocess("-s", *PLAIN, *options).outlines
        header = next(line for line in lines if line.startswith("notify-mock: seed "))
        return header.split()[2], next(line for line in lines if "SID " in line).partition("SID ")[2]

    seed, first = sid()
    assert sid()[1] != first
    assert sid(f"--notify-mock-seed={seed}") == (seed, first)
    pytester.makeini(f"[pytest]\nnotify_mock_seed = {seed}")
    assert sid() == (seed, first)


def test_every_xdist_worker_has_its_own_server_and_the_seed_of_the_run(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from pathlib import Path

        @pytest.mark.parametrize("turn", range(6))
        def test_it(notify_mock, pytestconfig, worker_id, turn):
            assert notify_mock.client().notify.v1.credentials.list() == []
            with open("seen.txt", "a") as seen:
                seen.write(f"{worker_id} {notify_mock.url} {notify_mock.seed.partition('/')[0]}\\n")
        """
    )
    result = pytester.runpytest_subprocess("-n2", *PLAIN, "--notify-mock-seed=42")
    result.assert_outcomes(passed=6)
    seen = {tuple(line.split()) for line in (pytester.path / "seen.txt").read_text().splitlines()}
    assert {seed for _, _, seed in seen} == {"42"}
    assert len({url for _, url, _ in seen}) == len({worker for worker, _, _ in seen})


def test_markers_are_merged_from_module_to_class_to_function(pytester: pytest.Pytester) -> None:
    pytester.makefile(".yaml", seed="credentials:\n  - {type: fcm, friendly_name: from a file}\n")
    pytester.makepyfile(
        """
        import pytest
        pytestmark = pytest.mark.notify_mock(seed=1, frozen="2030-01-01", data="seed.yaml")

        @pytest.mark.notify_mock(seed=2)
        class TestIt:
            @pytest.mark.notify_mock(frozen="2031-01-01")
            def test_function(self, notify_mock):
                assert notify_mock.seed == 2
                assert notify_mock.clock.now().year == 2031
                assert [record.friendly_name for record in notify_mock.credentials.values()] == ["from a file"]
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1)


def test_options_are_set_by_overriding_a_fixture(pytester: pytest.Pytester) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def notify_mock_options():
            return {"seed": 5, "journal_limit": 2}
        """
    )
    pytester.makepyfile(
        """
        import pytest

        def test_options(notify_mock):
            assert notify_mock.seed == 5

        @pytest.mark.notify_mock(seed=6)
        def test_marker_wins(notify_mock):
            assert notify_mock.seed == 6
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("notify_mock(sed=1)", "marker notify_mock: unknown argument 'sed'; did you mean seed?"),
        ("notify_mock(7)", "marker notify_mock takes only keyword arguments, such as notify_mock(seed=...)"),
    ],
)
def test_an_invalid_marker_argument_stops_the_collection(pytester: pytest.Pytester, marker: str, message: str) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.{marker}\ndef test_it(notify_mock): pass")
    result = pytester.runpytest_subprocess(*PLAIN)
    assert result.ret == 2
    result.stdout.fnmatch_lines([f"*test_it: {message.replace('[', '[[]')}"])
    assert "Traceback" not in str(result.stdout)


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        (
            "notify_mock(seed=1.5)",
            "notify_mock: marker notify_mock, seed: expected text or a whole number of up to 30 digits, got 1.5",
        ),
        ("notify_mock(data='missing.yaml')", "missing.yaml: cannot be read: No such file or directory"),
        ("notify_mock(accounts=[])", "accounts: no account given"),
        ("notify_mock(frozen='soon')", "'soon' is not a point in time"),
        (
            "notify_mock(data={'credentials': [{'type': 'fcm', 'sid': 'CR1'}]})",
            "data, credentials[[]0].sid: 'CR1' is no*",
        ),
    ],
)
def test_an_invalid_value_fails_that_test_with_one_line(pytester: pytest.Pytester, marker: str, message: str) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.{marker}\ndef test_it(notify_mock): pass")
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{message}*"])
    assert "Traceback" not in str(result.stdout)


def test_region_and_edge_of_the_environment_do_not_change_the_url(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import os
        from twilio.rest import Client

        def test_url(notify_mock):
            client = Client(*notify_mock.auth)
            client.notify.base_url = notify_mock.url
            assert client.notify.v1.credentials.list() == []

        def test_they_are_restored():
            assert os.environ["TWILIO_REGION"] == "ie1"
        """
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWILIO_REGION", "ie1")
        patch.setenv("TWILIO_EDGE", "dublin")
        pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=2)


def test_the_plugin_can_be_loaded_by_name(pytester: pytest.Pytester) -> None:
    pytester.makeconftest('pytest_plugins = ["notify_mock.pytest_plugin"]')
    pytester.makepyfile("def test_it(notify_mock): assert notify_mock.auth")
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1)


def test_a_fault_marker_adds_a_rule_and_markers_add_up(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from notify_mock import Delay, Refuse
        from twilio.base.exceptions import TwilioRestException

        pytestmark = pytest.mark.notify_fault("*", "delay", seconds="1h", name="slow")

        @pytest.mark.notify_mock(frozen="2030-01-01")
        @pytest.mark.notify_fault("credential.create", "refuse", code=20429, Type="fcm")
        class TestIt:
            @pytest.mark.notify_fault("credential.create", Refuse(20503), name="mine", unused="ignore")
            def test_order(self, notify_mock):
                assert [rule.name for rule in notify_mock.faults] == ["slow", "refuse-1", "mine"]
                with pytest.raises(TwilioRestException) as caught:
                    notify_mock.client().notify.v1.credentials.create(type="fcm", secret="x")
                assert caught.value.code == 20429
                assert notify_mock.clock.now().hour == 1
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=1)


def test_a_rule_that_was_never_applied_fails_a_test_that_would_pass(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        unused = lambda **options: pytest.mark.notify_fault("credential.create", "drop", **options)

        @unused(name="unused")
        def test_error(notify_mock):
            pass

        @unused(unused="ignore")
        def test_ignored(notify_mock):
            pass

        @unused(unused="warn")
        def test_warned(notify_mock):
            pass

        @pytest.mark.notify_mock(unused_faults="ignore")
        @unused()
        def test_ignored_by_default(notify_mock):
            pass

        @unused()
        def test_fails_itself(notify_mock):
            assert 1 == 2

        @pytest.mark.xfail(strict=True)
        @unused()
        def test_expected_to_fail_but_does_not(notify_mock):
            pass

        def test_removed_without_being_applied(notify_mock):
            with notify_mock.faults.add("credential.create", "drop", name="removed"):
                pass
        """
    )
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(passed=3, failed=4, warnings=1)
    head = "fault rules that were never applied: "
    result.stdout.fnmatch_lines(
        [
            f"{head}unused (credential.create drop before) (unused='ignore' allows this)",
            f"{head}removed (credential.create drop before)*",
        ]
    )
    failures = [line for line in result.outlines if line.startswith(head)]
    assert len(failures) == 2


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ("notify_fault('credential.craete', 'drop')", "marker notify_fault, call: 'credential.craete' matches no call"),
        ("notify_fault('*', 'dorp')", "marker notify_fault, effect: unknown effect 'dorp'; did you mean drop?"),
        (
            "notify_fault('*')",
            "marker notify_fault, arguments: expected 2 positional arguments (call name and effect), got 1",
        ),
        ("notify_fault('*', 'drop', chance=2)", "marker notify_fault, chance: expected a number from 0 to 1, got 2"),
        ("notify_mock(scenario='outrage')", "scenario: unknown scenario 'outrage'; did you mean outage?"),
        ("notify_mock(unused_faults='x')", "unused_faults: unknown value 'x'"),
    ],
)
def test_an_invalid_fault_fails_that_test_with_one_line(pytester: pytest.Pytester, marker: str, message: str) -> None:
    pytester.makepyfile(f"import pytest\n@pytest.mark.{marker}\ndef test_it(notify_mock): pass")
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{message}*"])
    assert "Traceback" not in str(result.stdout)


@pytest.mark.notify_mock(scenario="outage")
def test_the_marker_selects_a_scenario(notify_mock: Emulator) -> None:
    response = notify_mock.client().http_client.request(
        "GET", "https://notify.twilio.com/v1/Credentials", auth=notify_mock.auth
    )
    assert response.status_code == 503


def test_a_held_call_is_released_at_the_end_of_its_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import socket, threading
        from base64 import b64encode

        held = []

        def test_holds(notify_mock):
            notify_mock.faults.add("*", "hang", seconds=3000)
            host, _, port = notify_mock.url.removeprefix("http://").rpartition(":")
            connection = socket.create_connection((host, int(port)))
            user = b64encode(b"ACx:y").decode()
            lines = f"Host: x\\r\\nAuthorization: Basic {user}\\r\\n"
            connection.sendall(f"GET /v1/Credentials HTTP/1.1\\r\\n{lines}\\r\\n".encode())
            fired = threading.Event()
            while not notify_mock.faults.fired:
                fired.wait(0.01)
            held.append(connection)

        def test_is_released():
            held[0].settimeout(20)
            assert held[0].recv(1) == b""
            held[0].close()
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=2)


def test_an_app_of_the_session_talks_to_the_emulator_of_each_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest
        from twilio.rest import Client

        @pytest.fixture(scope="session")
        def app(notify_mock_server):
            client = Client("ACapp", "any")
            client.notify.base_url = notify_mock_server.url
            return client

        @pytest.mark.parametrize("turn", range(2))
        def test_it(app, notify_mock, turn):
            assert app.notify.v1.credentials.list() == []
            made = app.notify.v1.credentials.create(type="fcm", secret="x")
            assert list(notify_mock.credentials) == [made.sid]
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=2)


def test_an_emulator_is_freed_after_its_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import gc, weakref
        kept = []

        def test_one(notify_mock):
            notify_mock.client().notify.v1.credentials.list()
            kept.append(weakref.ref(notify_mock))

        def test_two():
            gc.collect()
            assert kept[0]() is None
        """
    )
    pytester.runpytest_subprocess(*PLAIN).assert_outcomes(passed=2)


def test_markers_of_one_node_keep_their_order_after_a_reset(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        fault = pytest.mark.notify_fault
        pytestmark = [fault("*", "drop", name="a"), fault("*", "drop", name="b")]

        @pytest.mark.notify_mock(unused_faults="ignore")
        @fault("*", "drop", name="c")
        def test_order(notify_mock):
            for _ in range(2):
                assert [rule.name for rule in notify_mock.faults] == ["a", "b", "c"]
                notify_mock.reset()

        def test_with_the_module_markers_but_no_emulator():
            pass

        @fault("*", "drop")
        def test_without_an_emulator():
            pass
        """
    )
    result = pytester.runpytest_subprocess(*PLAIN)
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["*marker notify_fault: the test does not use the fixture notify_mock; add it*"])


def test_a_failing_test_shows_deliveries(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_alice(notify_mock):
            service = notify_mock.services.add()
            notify_mock.bindings.add(identity="alice", binding_type="fcm", address="t")
            send = notify_mock.client().notify.v1.services(service.sid).notifications.create
            send(identity=["alice"], body="Hello")
            notify_mock.deliveries.expect(identity="alice")
        """
    )
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*expected at least one delivery with identity='alice', state='sent', found 0",
            "*notify-mock deliveries*",
            "NT* fcm to t of alice: 'Hello' -> failed 52004 Credential SID not specified*",
        ]
    )
