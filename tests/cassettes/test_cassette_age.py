"""``max_age``: cassettes that were recorded too long ago."""

from __future__ import annotations

import json
import logging
import warnings
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from helpers.entries import SID, URL, entry, record

from notify_mock import Cassette, Emulator, StaleCassetteWarning, UsageError
from notify_mock.cassettes.age import UndatedCassetteWarning, recorded_at
from notify_mock.cassettes.files import read_interactions
from notify_mock.cassettes.har import write_har
from notify_mock.cassettes.interaction import Interaction
from notify_mock.cli import commands

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]
AT = 1_704_164_645.0
"""2 January 2024, 03:04:05 UTC."""


def dated(date: str = "Tue, 02 Jan 2024 03:04:05 GMT", **more: Any) -> dict[str, Any]:
    made = entry(uri=f"{URL}/{SID}", text=record(), **more)
    made["response"]["headers"] |= {"Date": [date]} if date else {}
    return made


def write(path: Path, *entries: dict[str, Any]) -> Path:
    path.write_text(yaml.safe_dump({"version": 1, "interactions": list(entries)}))
    return path


@pytest.mark.parametrize(
    ("made", "at"),
    [
        (dated(), AT),
        (dated("", recorded_at="Tue, 02 Jan 2024 03:04:05 GMT"), AT),
        (dated("Fri, 01 Jan 2021 00:00:00 GMT", recorded_at="2024-01-02T03:04:05Z"), AT),
        (dated("Fri, 01 Jan 2021 00:00:00 GMT", recorded_at="2024-01-02T03:04:05.000+00:00"), AT),
        (dated("", recorded_at=AT), AT),
        (dated(recorded_at="yesterday"), AT),
        (dated(recorded_at=["2020"]), AT),
        (dated(""), None),
        (dated("not a date, really"), None),
        (dated("Tue, 02 Jan 2024 03:04:05 +9999999999999999"), None),
        (dated("Thu, 01 Jan 1970 00:00:00 GMT"), None),
    ],
)
def test_the_time_of_an_entry_is_recorded_at_or_the_date_of_its_response(
    tmp_path: Path, made: dict[str, Any], at: float | None
) -> None:
    (one,) = read_interactions(write(tmp_path / "x.yaml", made))
    assert recorded_at(one) == at


@pytest.mark.parametrize(
    ("started", "at"),
    [("2024-01-02T03:04:05.000Z", AT), ("2024-01-02T04:04:05.000+01:00", AT), ("1970-01-01T00:00:00.000Z", None)],
)
def test_the_time_of_an_entry_in_har_is_when_it_started(tmp_path: Path, started: str, at: float | None) -> None:
    request, answer = {"method": "GET", "url": URL}, {"status": 200}
    har = {"log": {"entries": [{"startedDateTime": started, "request": request, "response": answer}]}}
    (tmp_path / "x.har").write_text(json.dumps(har))
    (one,) = read_interactions(tmp_path / "x.har")
    assert recorded_at(one) == at


def test_the_time_of_an_entry_survives_the_conversion_to_har(tmp_path: Path) -> None:
    for extra in ({"recorded_at": "2024-01-02T03:04:05Z"}, {}):
        one = Interaction("GET", URL, (), b"", 200, "OK", (("Date", "Tue, 02 Jan 2024 03:04:05 GMT"),), b"", "", extra)
        (tmp_path / "x.har").write_text(write_har([one]))
        assert '"startedDateTime": "2024-01-02T03:04:05.000+00:00"' in (tmp_path / "x.har").read_text()
        (read,) = read_interactions(tmp_path / "x.har")
        assert (recorded_at(read), read.extra) == (AT, extra)


def test_a_cassette_with_old_entries_warns_and_names_the_oldest(tmp_path: Path) -> None:
    older, newer = dated("Mon, 01 Jan 2024 00:00:00 GMT"), dated()
    path = write(tmp_path / "x.yaml", newer, older, dated("Fri, 01 Jan 2100 00:00:00 GMT"))
    with pytest.warns(StaleCassetteWarning) as caught:
        Cassette(path, max_age="90d")
    (warning,) = caught
    assert warning.filename == __file__
    text = str(warning.message)
    assert text.startswith(
        f"{path}: 2 of 3 entries are older than max_age (90d); the oldest was recorded on 2024-01-01, "
    )
    assert text.endswith("interactions[1]); record it again")


@pytest.mark.parametrize("max_age", ["36500d", timedelta(days=36500), 3.0e9])
def test_a_cassette_that_is_young_enough_does_not_warn(tmp_path: Path, max_age: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Cassette(write(tmp_path / "x.yaml", dated()), max_age=max_age)


def test_the_clock_of_an_emulator_does_not_matter(tmp_path: Path) -> None:
    with pytest.warns(StaleCassetteWarning):
        Emulator(frozen="2024-01-03", cassette=Cassette(write(tmp_path / "x.yaml", dated()), max_age="90d"))


@pytest.mark.parametrize("max_age", ["soon", -1, [], True])
def test_an_invalid_age_is_a_clear_error(tmp_path: Path, max_age: Any) -> None:
    with pytest.raises(UsageError, match=r"max_age: .* is not a length of time"):
        Cassette(write(tmp_path / "x.yaml", dated()), max_age=max_age)


def test_entries_without_a_time_are_mentioned(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "x.yaml", dated(""), dated("Fri, 01 Jan 2100 00:00:00 GMT"))
    text = f"{path}: 1 of 2 entries without a recorded time; max_age does not apply"
    with pytest.warns(UndatedCassetteWarning) as caught:
        Cassette(path, max_age="90d")
    assert [str(one.message) for one in caught] == [text]
    with warnings.catch_warnings(), caplog.at_level(logging.WARNING, "notify_mock"):
        warnings.simplefilter("error")
        Cassette(path, max_age="90d")
    assert caplog.messages == [text]


# --- in tests --------------------------------------------------------------------------------------------------------

BY_MARKER = 'import pytest\n@pytest.mark.notify_cassette("x.yaml", max_age="90d")\ndef test_it(notify_mock): pass\n'
BY_OPTION = 'import pytest\n@pytest.mark.notify_cassette("x.yaml")\ndef test_it(notify_mock): pass\n'
ASSIGNED = "def test_it(notify_mock): notify_mock.cassette = 'cassettes/x.yaml'\n"
AGE = "--notify-mock-cassette-max-age=90d"


def run(pytester: pytest.Pytester, source: str, *options: str, date: str = "Tue, 02 Jan 2024 03:04:05 GMT") -> Any:
    pytester.mkdir("cassettes")
    write(pytester.path / "cassettes" / "x.yaml", dated(date))
    pytester.makepyfile(test_app=source)
    return pytester.runpytest_subprocess(*PLAIN, *options)


@pytest.mark.parametrize(
    ("source", "options"), [(BY_MARKER, []), (BY_MARKER, [AGE]), (BY_OPTION, [AGE]), (ASSIGNED, [AGE])]
)
def test_a_stale_cassette_is_a_warning_of_its_test(pytester: pytest.Pytester, source: str, options: list[str]) -> None:
    result = run(pytester, source, *options)
    result.assert_outcomes(passed=1, warnings=1)
    result.stdout.fnmatch_lines(["*StaleCassetteWarning: *x.yaml: 1 of 1 entry is older than max_age (90d); *"])


@pytest.mark.parametrize("error", ["error", "error::notify_mock.StaleCassetteWarning"])
@pytest.mark.parametrize(
    ("source", "options", "outcome"),
    [(BY_MARKER, [], {"errors": 1}), (BY_OPTION, [AGE], {"failed": 1}), (ASSIGNED, [AGE], {"failed": 1})],
)
def test_a_stale_cassette_fails_the_test_where_warnings_are_errors(
    pytester: pytest.Pytester, error: str, source: str, options: list[str], outcome: dict[str, int]
) -> None:
    result = run(pytester, source, "-W", error, *options)
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(["*x.yaml: 1 of 1 entry is older than max_age (90d); *"])
    assert "checks.py" not in result.stdout.str()


@pytest.mark.parametrize("options", [[], ["-W", "error"]])
def test_a_cassette_without_times_never_fails_a_test(pytester: pytest.Pytester, options: list[str]) -> None:
    run(pytester, BY_MARKER, *options, date="").assert_outcomes(passed=1, warnings=not options)


def test_the_markers_age_overrides_that_of_the_run(pytester: pytest.Pytester) -> None:
    run(pytester, BY_MARKER.replace("90d", "36500d"), AGE).assert_outcomes(passed=1, warnings=0)


def test_an_invalid_age_of_the_run_is_a_usage_error(pytester: pytest.Pytester) -> None:
    result = run(pytester, BY_OPTION, "--notify-mock-cassette-max-age=soon")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --notify-mock-cassette-max-age: 'soon' is not a length of time; expected *"])


# --- on the command line ---------------------------------------------------------------------------------------------


def test_lint_finds_stale_cassettes(tmp_path: Path) -> None:
    write(tmp_path / "old.yaml", dated())
    write(tmp_path / "undated.yaml", dated(""))
    assert CliRunner().invoke(commands, ["cassette", "lint", str(tmp_path)]).exit_code == 0
    result = CliRunner().invoke(commands, ["cassette", "lint", "--max-age", "90d", str(tmp_path)])
    assert result.exit_code == 1
    assert f"{tmp_path / 'old.yaml'}: 1 of 1 entry is older than max_age (90d); the oldest was" in result.stdout
    assert f"{tmp_path / 'undated.yaml'}: 1 of 1 entry without a recorded time" in result.stderr
