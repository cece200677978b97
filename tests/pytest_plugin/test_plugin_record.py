"""``--notify-mock-record``: the marker notify_cassette records."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from notify_mock import Emulator

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]
TEST = """
import pytest
from twilio.rest import Client

client = Client("AC" + "1" * 32, "token")

@pytest.mark.notify_cassette
def test_it(notify_mock):
    assert [one.friendly_name for one in client.notify.v1.credentials.list()] == ["Android"]
"""


@pytest.fixture
def upstream() -> Iterator[Emulator]:
    """Plays the part of Twilio."""
    with Emulator(default_account="AC" + "1" * 32) as emulator:
        emulator.credentials.add(type="fcm", friendly_name="Android")
        yield emulator


@pytest.fixture
def project(pytester: pytest.Pytester, upstream: Emulator) -> pytest.Pytester:
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.fixture(scope="session")
        def notify_mock_options():
            return {{"upstream": "{upstream.url}"}}
        """
    )
    return pytester


def run(project: pytest.Pytester, source: str, mode: str | None) -> pytest.RunResult:
    project.makepyfile(test_app=source)
    return project.runpytest_subprocess(*PLAIN, *([f"--notify-mock-record={mode}"] if mode else []))


def cassette(project: pytest.Pytester) -> Path:
    return project.path / "cassettes" / "test_app" / "test_it.yaml"


@pytest.mark.parametrize("mode", ["once", "new_episodes", "all", "rewrite"])
def test_a_test_is_recorded_and_then_replayed(project: pytest.Pytester, upstream: Emulator, mode: str) -> None:
    run(project, TEST, mode).assert_outcomes(passed=1)
    upstream.journal.expect("credential.list", count=1)
    assert "AC" + "1" * 32 not in cassette(project).read_text()
    run(project, TEST, None).assert_outcomes(passed=1)
    upstream.journal.expect("credential.list", count=1)


@pytest.mark.parametrize(("mode", "sent"), [("once", 1), ("new_episodes", 1), ("all", 2), ("rewrite", 2)])
def test_an_existing_cassette_is_replayed_or_replaced(
    project: pytest.Pytester, upstream: Emulator, mode: str, sent: int
) -> None:
    for again in ("once", mode):
        run(project, TEST, again).assert_outcomes(passed=1)
    upstream.journal.expect("credential.list", count=sent)
    assert cassette(project).read_text().count("request:") == 1


@pytest.mark.parametrize("mode", [None, "none"])
def test_nothing_is_recorded_by_default(project: pytest.Pytester, upstream: Emulator, mode: str | None) -> None:
    run(project, TEST, mode).assert_outcomes(errors=1)
    assert not len(upstream.journal)
    assert not cassette(project).exists()


def test_new_episodes_are_added_and_the_options_of_the_marker_apply(
    project: pytest.Pytester, upstream: Emulator
) -> None:
    run(project, TEST, "once").assert_outcomes(passed=1)
    both = TEST.replace("notify_cassette", "notify_cassette(repeat=True)") + (
        "    assert client.notify.v1.services.list() == []\n    client.notify.v1.credentials.list()\n"
    )
    run(project, both, "once").assert_outcomes(failed=1)
    run(project, both, "new_episodes").assert_outcomes(passed=1)
    assert [one.name for one in upstream.journal] == ["credential.list", "service.list"]
    run(project, both, None).assert_outcomes(passed=1)


def test_tests_without_the_marker_are_not_forwarded(project: pytest.Pytester, upstream: Emulator) -> None:
    source = TEST.replace("@pytest.mark.notify_cassette", "").replace('["Android"]', "[]")
    run(project, source, "all").assert_outcomes(passed=1)
    assert not len(upstream.journal)


def test_two_names_cannot_be_recorded(project: pytest.Pytester) -> None:
    result = run(project, TEST.replace("notify_cassette", 'notify_cassette("a.yaml", "b.yaml")'), "once")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(
        ["*marker notify_cassette, arguments: cannot record into more than one cassette; give one name"]
    )


def test_the_cassette_is_released_if_another_option_is_invalid(project: pytest.Pytester) -> None:
    source = TEST.replace("@pytest.mark.notify_cassette", "@pytest.mark.notify_mock(frozen='x')\n@mark")
    source = source.replace("client =", "mark = pytest.mark.notify_cassette('shared.yaml')\nclient =")
    source += "\n@mark\ndef test_other(notify_mock):\n    client.notify.v1.credentials.list()\n"
    run(project, source, "once").assert_outcomes(passed=1, errors=1)
