"""``--notify-mock-log``: a failing test leaves the log of its emulator, which opens as the test left it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from notify_mock import Emulator
from notify_mock.command_log.history import read_entries
from notify_mock.pytest_plugin.logs_of_tests import file_name

FAILING = """
import json
import pytest
from pathlib import Path

SID = "AC" + "1" * 32

@pytest.mark.notify_mock(seed="given", stubs=["sync.twilio.com=404"], unused_faults="ignore", accounts={SID: "token"})
@pytest.mark.notify_fault("service.create", "refuse", code=20429)
def test_fails(notify_mock):
    client = notify_mock.client()
    made = client.notify.v1.credentials.create(type="fcm", secret="hush")
    client.notify.v1.credentials(made.sid).fetch()
    notify_mock.clock.freeze("2030-01-01")
    notify_mock.credentials.add(type="gcm", secret="hush")
    notify_mock.faults.add("credential.delete", "drop", times=2)
    notify_mock.providers.apns.go_down()
    client.notify.v1.credentials.list()
    with pytest.raises(Exception):
        client.notify.v1.services.create()
    left = [notify_mock.journal.show(), list(notify_mock.credentials), notify_mock.clock.now().isoformat(),
            list(map(str, notify_mock.faults)), str(notify_mock.providers.apns), list(notify_mock.auth)]
    Path("left.json").write_text(json.dumps(left))
    assert False
"""


def left(emulator: Emulator) -> list[object]:
    return [
        emulator.journal.show(),
        list(emulator.credentials),
        emulator.clock.now().isoformat(),
        list(map(str, emulator.faults)),
        str(emulator.providers.apns),
        list(emulator.auth),
    ]


@pytest.fixture
def files(pytester: pytest.Pytester) -> Callable[[], list[Path]]:
    return lambda: sorted((pytester.path / "logs").glob("*"))


def test_the_file_shows_the_emulator_as_the_test_left_it(
    pytester: pytest.Pytester, files: Callable[[], list[Path]]
) -> None:
    pytester.makepyfile(FAILING)
    result = pytester.runpytest("--notify-mock-log", "logs")
    (file,) = files()
    result.stdout.fnmatch_lines(["*notify-mock log*", f"*notify-mock serve --state logs/{file.name}"])
    assert file.stat().st_mode & 0o777 == 0o600
    emulator = Emulator(state=file)
    assert left(emulator) == json.loads((pytester.path / "left.json").read_text())
    emulator.close()
    assert len(read_entries(file)) == 9
    assert list(Emulator(state=file, until=2).credentials) == list(emulator.credentials)[:1]


def test_a_folder_that_cannot_be_one_is_named_in_the_report(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_fails(notify_mock): assert False")
    pytester.path.joinpath("logs").touch()
    result = pytester.runpytest("--notify-mock-log", "logs")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["the log of this test was not written: *cannot be written: *"])


def test_a_folder_with_a_space_in_its_name_is_quoted_in_the_report(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_fails(notify_mock): assert False")
    result = pytester.runpytest("--notify-mock-log", "my logs")
    result.stdout.fnmatch_lines(['*notify-mock serve --state "my logs/*.db"'])


def test_a_test_that_passes_leaves_nothing(pytester: pytest.Pytester, files: Callable[[], list[Path]]) -> None:
    pytester.makepyfile("def test_passes(notify_mock): notify_mock.client().notify.v1.credentials.list()")
    pytester.runpytest("--notify-mock-log", "logs").assert_outcomes(passed=1)
    assert files() == []


def test_without_the_option_nothing_is_kept(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_fails(notify_mock): assert notify_mock.position")
    result = pytester.runpytest()
    result.assert_outcomes(failed=1)
    assert "notify-mock log" not in result.stdout.str()


def test_what_is_not_plain_data_works_as_without_the_option(
    pytester: pytest.Pytester, files: Callable[[], list[Path]]
) -> None:
    pytester.makepyfile(
        """
        import pytest
        def refuse(environ, start_response):
            start_response("200 OK", [])
            return [b""]
        def test_predicate(notify_mock):
            notify_mock.faults.add("*", "refuse", code=20429, predicate=lambda exchange: True)
            with pytest.raises(Exception):
                notify_mock.client().notify.v1.credentials.list()
            notify_mock.callbacks.mount(refuse)
            assert False, "seen"
        """
    )
    result = pytester.runpytest("--notify-mock-log", "logs")
    result.stdout.fnmatch_lines(["*seen*", "*the log of this test was not written: log: is not complete: *"])
    assert files() == []


def test_a_test_with_a_cassette_has_no_log(pytester: pytest.Pytester, files: Callable[[], list[Path]]) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.fixture
        def notify_mock_options(): return {"hydrate": "c.yaml"}
        def test_fails(notify_mock): assert False
        """
    )
    (pytester.path / "c.yaml").write_text("interactions: []\nversion: 1\n")
    pytester.runpytest("--notify-mock-log", "logs").stdout.fnmatch_lines(["*was not written: log: is not kept*"])
    assert files() == []


def test_a_failing_fixture_and_a_changed_folder_leave_a_log_where_it_was_asked_for(
    pytester: pytest.Pytester, files: Callable[[], list[Path]]
) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.fixture
        def broken(notify_mock, monkeypatch, tmp_path):
            monkeypatch.chdir(tmp_path)
            raise ValueError
        @pytest.mark.parametrize("value", ["a/b", "a:b", "..", "x" * 300])
        def test_fails(broken, value): pass
        """
    )
    pytester.runpytest("--notify-mock-log", "logs", "-p", "no:cacheprovider").assert_outcomes(errors=4)
    assert len(files()) == 4
    assert all(len(file.name) < 130 for file in files())


def test_workers_of_xdist_leave_logs(pytester: pytest.Pytester, files: Callable[[], list[Path]]) -> None:
    pytester.makepyfile(
        """
        import pytest
        @pytest.mark.parametrize("number", range(4))
        def test_fails(notify_mock, number): assert False
        """
    )
    result = pytester.runpytest_subprocess("-n", "2", "--notify-mock-log", "logs")
    result.stdout.fnmatch_lines(["*notify-mock serve --state logs/*"])
    assert len(files()) == 4


def test_names_are_safe_and_differ() -> None:
    names = [file_name(f"tests/a.py::test[{value}]") for value in ("a/b", "a:b", "a b", "é", "", "x" * 300)]
    assert len(set(names)) == len(names)
    assert all(name.isascii() and not set(name) & set('/:\\*?"<>| []') for name in names)
