"""The marker ``notify_cassette``: pytest-recording's folders, clear errors, and misses in the report."""

from __future__ import annotations

import pytest
import yaml
from helpers.entries import SID, URL, entry, record

from notify_mock.cassettes.files import safe_name

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]
FETCH = f'notify_mock.client().notify.v1.credentials("{SID}").fetch()'


@pytest.fixture
def cassettes(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with cassettes for ``test_app.py``."""
    folder = pytester.path / "cassettes" / "test_app"
    folder.mkdir(parents=True)
    text = yaml.safe_dump({"version": 1, "interactions": [entry(uri=f"{URL}/{SID}", text=record(name="played"))]})
    for name in ("test_it.yaml", "TestIt.test_it.yaml", "named.yaml", safe_name("test_each[a/b]")):
        (folder / name).write_text(text)
    (folder.parent / "shared.yaml").write_text(text)
    return pytester


def run(pytester: pytest.Pytester, source: str, *options: str) -> pytest.RunResult:
    pytester.makepyfile(test_app="import pytest\n" + source)
    return pytester.runpytest_subprocess(*PLAIN, *options)


def test_the_cassette_of_a_test_is_found_where_pytest_recording_keeps_it(cassettes: pytest.Pytester) -> None:
    result = run(
        cassettes,
        f"""
@pytest.mark.notify_cassette
def test_it(notify_mock):
    assert {FETCH}.friendly_name == "played"

class TestIt:
    @pytest.mark.notify_cassette()
    def test_it(self, notify_mock):
        assert {FETCH}.friendly_name == "played"

@pytest.mark.notify_cassette
@pytest.mark.parametrize("one", ["a/b"])
def test_each(notify_mock, one):
    assert {FETCH}.friendly_name == "played"

@pytest.mark.notify_cassette("named.yaml", repeat=True)
def test_named(notify_mock):
    assert [{FETCH}.friendly_name for _ in range(3)] == ["played"] * 3
    notify_mock.journal.expect("credential.fetch", count=3)

@pytest.mark.notify_cassette("shared.yaml", "named.yaml")
def test_two(notify_mock):
    assert [{FETCH}.friendly_name for _ in range(2)] == ["played"] * 2

def test_set(notify_mock, request):
    notify_mock.cassette = request.path.parent / "cassettes" / "shared.yaml"
    assert {FETCH}.friendly_name == "played"
    notify_mock.cassette = None
    assert notify_mock.client().notify.v1.credentials.list() == []
""",
    )
    result.assert_outcomes(passed=6)


def test_a_miss_fails_the_test_even_if_the_application_ignores_the_error(cassettes: pytest.Pytester) -> None:
    result = run(
        cassettes,
        """
@pytest.mark.notify_cassette("named.yaml")
def test_it(notify_mock):
    try:
        notify_mock.client().notify.v1.credentials("CR2").fetch()
    except Exception:
        pass
""",
    )
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*GET /v1/Credentials/CR2 has no recorded response in *named.yaml; nearest is *line 2, "
            f"interactions[[]0[]]: path is '/Credentials/CR2', recorded '/Credentials/{SID}'",
            "*notify-mock cassette*",
            "0 of 1 entries replayed from *; requests without a recorded response: 1; unused: interactions[[]0[]]",
        ]
    )


def test_a_failing_test_shows_how_far_its_cassette_was_played(cassettes: pytest.Pytester) -> None:
    result = run(cassettes, f"@pytest.mark.notify_cassette\ndef test_it(notify_mock):\n    {FETCH}\n    assert 0\n")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*credential.fetch*200 (recorded: *", "1 of 1 entries replayed from *test_it.yaml"])


@pytest.mark.parametrize(
    ("unused", "outcome"),
    [("ignore", {"passed": 1}), ("warn", {"passed": 1, "warnings": 1}), ("error", {"failed": 1})],
)
def test_unused_entries_can_be_reported(cassettes: pytest.Pytester, unused: str, outcome: dict[str, int]) -> None:
    source = f'@pytest.mark.notify_cassette(unused="{unused}")\ndef test_it(notify_mock):\n    pass\n'
    result = run(cassettes, source)
    result.assert_outcomes(**outcome)
    if unused != "ignore":
        result.stdout.fnmatch_lines(["*0 of 1 entries replayed from *unused: interactions[[]0[]]*"])


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ('"nowhere.yaml"', "*marker notify_cassette, *nowhere.yaml: cannot be read*"),
        ('"../../outside.yaml"', "*'*outside.yaml': is outside *cassettes; give the name of a cassette in that folder"),
        (
            "7",
            "*marker notify_cassette, arguments: a name is not text; "
            'expected names such as notify_cassette("name.yaml")',
        ),
        ("on_mis=1", "*marker notify_cassette, arguments: unknown key 'on_mis'; did you mean on_miss[?]"),
        ('on_miss="maybe"', "*on_miss: unknown value 'maybe'; expected one of: error, emulate, forward"),
        ('on_miss="forward"', "*on_miss: forward requires an upstream*"),
    ],
)
def test_an_invalid_marker_is_a_clear_error(cassettes: pytest.Pytester, marker: str, expected: str) -> None:
    result = run(cassettes, f"@pytest.mark.notify_cassette({marker})\ndef test_it(notify_mock):\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([expected])


def test_a_marker_without_the_fixture_is_an_error(cassettes: pytest.Pytester) -> None:
    result = run(cassettes, "@pytest.mark.notify_cassette\ndef test_it():\n    pass\n")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*marker notify_cassette: the test does not use the fixture notify_mock; add it*"])


def test_two_tests_cannot_share_a_file_by_accident(cassettes: pytest.Pytester) -> None:
    result = run(
        cassettes,
        """
@pytest.mark.notify_cassette
@pytest.mark.parametrize("one", ["a/b", "a:b"])
def test_each(notify_mock, one):
    pass
""",
    )
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*test_each[[]a-b[]].yaml: is also the cassette of *test_each*; name one of them*"])


def test_paths_in_session_options_are_relative_to_the_root(cassettes: pytest.Pytester) -> None:
    cassettes.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def notify_mock_options():
            return {"hydrate": "cassettes/shared.yaml"}
        """
    )
    result = run(cassettes, f'def test_it(notify_mock):\n    assert "{SID}" in notify_mock.credentials\n')
    result.assert_outcomes(passed=1)
