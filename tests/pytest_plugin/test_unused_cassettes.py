"""``--notify-mock-unused-cassettes``: files that no test of a complete run has opened."""

from __future__ import annotations

import pytest
import yaml
from helpers.entries import SID, URL, entry, record

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider"]
TEST = f"""
import pytest

@pytest.mark.notify_cassette
def test_it(notify_mock):
    assert notify_mock.client().notify.v1.credentials("{SID}").fetch()

def test_plain():
    pass
"""
LISTED = ["1 cassette that no test opened:", "tests/cassettes/test_app/test_gone.yaml"]


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    """A test with its cassette, and a cassette that is left over."""
    folder = pytester.path / "tests" / "cassettes" / "test_app"
    folder.mkdir(parents=True)
    text = yaml.safe_dump({"version": 1, "interactions": [entry(uri=f"{URL}/{SID}", text=record())]})
    for name in ("test_it.yaml", "test_gone.yaml"):
        (folder / name).write_text(text)
    (pytester.path / "tests" / "test_app.py").write_text(TEST)
    return pytester


def run(project: pytest.Pytester, *options: str, action: str = "warn") -> pytest.RunResult:
    return project.runpytest_subprocess(*PLAIN, f"--notify-mock-unused-cassettes={action}", *options)


def lines(result: pytest.RunResult) -> list[str]:
    """Return the lines of the section on cassettes."""
    shown = result.stdout.str().partition(" notify-mock cassettes ")[2].splitlines()[1:]
    return [line for line in shown if line and not line.startswith("=")]


@pytest.mark.parametrize(
    ("action", "status", "workers", "folder"),
    [("warn", 0, "0", "."), ("error", 1, "0", "tests"), ("warn", 0, "2", "tests"), ("error", 1, "2", ".")],
)
def test_a_file_that_no_test_opened_is_listed(
    project: pytest.Pytester, action: str, status: int, workers: str, folder: str
) -> None:
    result = run(project, "-n", workers, folder, action=action)
    assert (result.ret, lines(result)) == (status, LISTED)
    assert (project.path / LISTED[1]).exists()


def test_nothing_is_listed_without_the_option(project: pytest.Pytester) -> None:
    result = project.runpytest_subprocess(*PLAIN)
    assert (result.ret, lines(result)) == (0, [])


def test_nothing_is_shown_if_every_cassette_was_opened(project: pytest.Pytester) -> None:
    (project.path / LISTED[1]).unlink()
    result = run(project, action="error")
    assert (result.ret, lines(result)) == (0, [])


@pytest.mark.parametrize(
    "use",
    [
        "notify_mock.cassette = path",
        "Emulator(hydrate=path)",
        "__import__('vcr').cassette.Cassette.load(path=str(path))",
        "path.read_text()",
        "open(bytes(path)).read()",
    ],
)
def test_a_file_is_used_however_it_is_opened(project: pytest.Pytester, use: str) -> None:
    source = "from pathlib import Path\nfrom notify_mock import Emulator\n"
    source += (
        f"path = Path(__file__).parent / 'cassettes' / 'test_app' / 'test_gone.yaml'\ndef test_it(notify_mock): {use}"
    )
    (project.path / "tests" / "test_other.py").write_text(source)
    result = run(project, action="error")
    assert (result.ret, lines(result)) == (0, [])


def test_the_cassette_of_a_skipped_test_is_used(project: pytest.Pytester) -> None:
    path = project.path / "tests" / "test_app.py"
    path.write_text(TEST.replace("@pytest", "@pytest.mark.skip\n@pytest", 1))
    assert lines(run(project)) == LISTED


def test_folders_of_removed_test_files_are_searched(project: pytest.Pytester) -> None:
    folder = project.path / "tests" / "cassettes"
    (folder / "test_removed").mkdir()
    (folder / "test_app" / "test_gone.yaml").rename(folder / "test_removed" / "test_it.json")
    assert lines(run(project))[1:] == ["tests/cassettes/test_removed/test_it.json"]


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (["-k", "test_it"], "1 test deselected"),
        (["-k", "test_it", "-n", "2"], "1 test deselected"),
        (["--deselect", "tests/test_app.py::test_plain"], "1 test deselected"),
        (["--ignore", "tests/other"], "--ignore was given"),
        (["--collect-only"], "--collect-only was given"),
        (["tests/test_app.py"], "no folder with cassettes was tested as a whole"),
        (["tests/test_app.py::test_it"], "no folder with cassettes was tested as a whole"),
    ],
)
def test_an_incomplete_run_reports_nothing_and_says_why(project: pytest.Pytester, options: list[str], why: str) -> None:
    result = run(project, *options, action="error")
    assert (result.ret, lines(result)) == (0, [f"unused cassettes were not looked for: {why}"])


def test_a_test_with_a_long_name_can_be_run_alone(project: pytest.Pytester) -> None:
    name = f"test_{'x' * 300}"
    path = project.path / "tests" / "test_long.py"
    path.write_text(TEST.replace("test_it", name))
    cassettes = project.path / "tests" / "cassettes"
    (cassettes / "a.yaml").write_bytes((cassettes / "test_app" / "test_it.yaml").read_bytes())
    path.write_text(path.read_text().replace("notify_cassette", "notify_cassette('a.yaml')"))
    result = run(project, f"tests/test_long.py::{name}", action="error")
    why = "no folder with cassettes was tested as a whole"
    assert (result.ret, lines(result)) == (0, [f"unused cassettes were not looked for: {why}"])


def test_a_file_that_is_skipped_as_a_whole_makes_the_run_incomplete(project: pytest.Pytester) -> None:
    (project.path / "tests" / "test_other.py").write_text("import pytest\npytest.importorskip('no_such_module')\n")
    (line,) = lines(run(project, action="error"))
    assert line.endswith("tests/test_other.py was not collected")


@pytest.mark.parametrize("broken", ["def test_it(): assert 0", "import no_such_module"])
def test_a_failing_run_reports_nothing(project: pytest.Pytester, broken: str) -> None:
    (project.path / "tests" / "test_other.py").write_text(broken)
    assert lines(run(project, "--continue-on-collection-errors")) == []
