"""Runs the examples in the documentation and compares the documentation with the code."""

from __future__ import annotations

import json
import re
import runpy
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from helpers.paths import ROOT, SHARED

from notify_mock import Emulator
from notify_mock.twilio_api.catalog import FAULT_ERRORS
from notify_mock.twilio_api.errors import ERRORS, TwilioError

README = (ROOT / "README.md").read_text()
WRITE_A_TEST = (ROOT / "docs" / "write-a-test.md").read_text()
RUN_A_SERVER = (ROOT / "docs" / "run-a-server.md").read_text()
WRAP_A_COMMAND = (ROOT / "docs" / "wrap-a-command.md").read_text()
FAULTS = (ROOT / "docs" / "faults.md").read_text()
CONTROL = (ROOT / "docs" / "control-api.md").read_text()
CASSETTES = (ROOT / "docs" / "cassettes.md").read_text()
CASSETTE_SECRETS = (ROOT / "docs" / "cassette-secrets.md").read_text()
CLIENTS = (ROOT / "docs" / "clients.md").read_text()
NOTIFICATIONS = (ROOT / "docs" / "notifications.md").read_text()


def blocks(language: str, page: str) -> list[str]:
    return [dedent(block) for block in re.findall(rf"^ *```{language}\n(.*?)^ *```$", page, re.DOTALL | re.MULTILINE)]


@pytest.mark.parametrize(
    ("page", "examples", "passed"), [(README, 3, 3), (WRITE_A_TEST, 14, 18)], ids=["README", "write-a-test"]
)
def test_the_pytest_examples_of_a_page_pass(pytester: pytest.Pytester, page: str, examples: int, passed: int) -> None:
    found = [block for block in blocks("python", page) if "def test_" in block and "import django" not in block]
    assert len(found) == examples
    for number, example in enumerate(found):
        pytester.makepyfile(**{f"test_example_{number}": example})
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=passed)


@pytest.mark.parametrize("library", ["responses", "respx"])
def test_the_recipes_for_other_products_pass_beside_a_mock_library(pytester: pytest.Pytester, library: str) -> None:
    pytest.importorskip(library)
    (example,) = (block for block in blocks("python", CLIENTS) if f"import {library}\n" in block)
    pytester.makepyfile(test_example=example)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_the_ini_example_for_other_products_is_valid(pytester: pytest.Pytester) -> None:
    (example,) = blocks("ini", CLIENTS)
    pytester.makeini(example)
    pytester.makepyfile("def test_it(notify_mock): assert notify_mock.stubs.answer_for('video.twilio.com')")
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def run_unittest(folder: Path, example: str) -> str:
    (folder / "test_example.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "-m", "unittest"], cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_the_unittest_examples_run_without_pytest(tmp_path: Path) -> None:
    examples = [block for block in blocks("python", WRITE_A_TEST) if "import unittest" in block]
    assert ["Ran 2 tests" in run_unittest(tmp_path, example) for example in examples] == [True, True]


def test_the_django_example_runs_without_pytest(tmp_path: Path) -> None:
    pytest.importorskip("django")
    (example,) = (block for block in blocks("python", WRITE_A_TEST) if "import django" in block)
    assert "Ran 1 test" in run_unittest(tmp_path, example)


def test_the_first_screen_of_the_readme_has_what_a_newcomer_needs() -> None:
    lines = README.splitlines()[:40]
    assert max(map(len, lines)) <= 120
    screen = "\n".join(lines)
    assert all(text in screen for text in ("pip install", "def test_", "make serve", "make test"))
    assert len(README.splitlines()) <= 150


@pytest.mark.parametrize(
    "example",
    [
        block
        for page in (README, WRITE_A_TEST, RUN_A_SERVER, WRAP_A_COMMAND, FAULTS, CASSETTES, CLIENTS, NOTIFICATIONS)
        for block in blocks("python", page)
        if "def test_" not in block
    ],
)
def test_the_plain_python_examples_run(tmp_path: Path, example: str) -> None:
    (tmp_path / "example.py").write_text(example)
    done = subprocess.run(
        [sys.executable, "-W", "error", tmp_path / "example.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_the_code_in_the_tutorial_is_that_of_the_example() -> None:
    tutorial = (ROOT / "docs" / "tutorial.md").read_text()
    code = "".join(file.read_text() for file in sorted((ROOT / "examples").rglob("*.py")))
    shown = re.findall(r"^```python\n(.*?)^```$", tutorial, re.DOTALL | re.MULTILINE)
    assert len(shown) == 7
    for block in shown:
        assert block in code, block


def test_the_chat_example_does_not_mention_the_emulator() -> None:
    for file in (ROOT / "examples" / "chat").glob("*.py"):
        assert not re.search(r"notify.?mock|emulator", file.read_text(), re.IGNORECASE), file


def test_the_page_of_notifications_names_every_error_code() -> None:
    given = {
        int(code)
        for file in (ROOT / "notify_mock").rglob("*.py")
        for code in re.findall(r"Problem\((52\d{3})", file.read_text())
    }
    assert {code for code in given if str(code) not in NOTIFICATIONS} == set()


def test_the_page_of_notifications_names_every_criterion() -> None:
    from notify_mock.deliveries.inbox import CRITERIA

    assert [name for name in CRITERIA if f"`{name}`" not in NOTIFICATIONS] == []


def test_the_fault_file_of_the_page_is_valid(tmp_path: Path) -> None:
    (rules,) = blocks("yaml", FAULTS)
    (tmp_path / "faults.yaml").write_text(rules)
    assert len(Emulator(faults=tmp_path / "faults.yaml").faults) == 2


def test_the_control_examples_of_the_page_work() -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (lines,) = blocks("sh", CONTROL)
    with Emulator() as emulator:
        for line in lines.splitlines():
            words = shlex.split(line.replace("http://127.0.0.1:8010", emulator.url))
            subprocess.run([*words, "-s", "--fail"], capture_output=True, timeout=20, check=True)
            assert len(emulator.faults) == (0 if "reset" in line else 1)


def test_the_fetch_example_of_the_server_page_works(served: Emulator) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    (example,) = blocks("js", RUN_A_SERVER)
    example = example.replace("await fetch(", "const answer = await fetch(").replace(
        "http://127.0.0.1:8010", served.url
    )
    script = example + "console.log((await answer.json()).type);"
    done = subprocess.run(
        ["node", "--input-type=module", "-e", script], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout == "fcm\n", done.stderr


def curl_lines(page: str) -> list[str]:
    return [line for block in blocks("sh", page) for line in block.splitlines() if line.startswith("curl")]


def run_curl(line: str, emulator: Emulator) -> str:
    words = shlex.split(line.replace("http://127.0.0.1:8010", emulator.url))
    return subprocess.run([*words, "-s"], capture_output=True, text=True, timeout=20, check=True).stdout


def test_the_curl_examples_of_the_server_page_work_with_its_seed_data(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (data,) = (block for block in blocks("yaml", RUN_A_SERVER) if block.startswith("credentials:"))
    (tmp_path / "seed.yaml").write_text(data)
    curls = curl_lines(RUN_A_SERVER)
    assert len(curls) == 3
    with Emulator(data=tmp_path / "seed.yaml") as emulator:
        answers = [run_curl(line, emulator) for line in curls]
    assert json.loads(answers[0])["friendly_name"] == "Android"
    assert [item["type"] for item in json.loads(answers[1])["credentials"]] == ["apn", "fcm", "fcm"]
    assert [answers[2] + "\n"] == blocks("json", RUN_A_SERVER)


def test_the_curl_example_of_the_readme_works(served: Emulator) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    (line,) = curl_lines(README)
    assert json.loads(run_curl(line, served))["type"] == "fcm"


def test_the_documentation_names_only_existing_options() -> None:
    """``--read-only``, ``--rm`` and ``--tmpfs`` are options of docker, ``--notify-mock-*`` of pytest."""
    import click

    from notify_mock.cli import commands

    def options(command: click.Command) -> set[str]:
        own = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        return own.union(*map(options, getattr(command, "commands", {}).values()))

    pages = README + WRITE_A_TEST + RUN_A_SERVER + WRAP_A_COMMAND + CASSETTES + CASSETTE_SECRETS + CLIENTS
    named = set(re.findall(r"(?<![-\w])--[a-z][a-z-]+", pages))
    assert named - options(commands) == {
        "--help",
        "--notify-mock-block",
        "--notify-mock-cassette-max-age",
        "--notify-mock-inspect",
        "--notify-mock-record",
        "--notify-mock-seed",
        "--notify-mock-unused-cassettes",
        "--read-only",
        "--require",
        "--rm",
        "--tmpfs",
    }


def test_the_marked_tests_of_the_page_of_cassettes_pass(pytester: pytest.Pytester) -> None:
    (example,) = (block for block in blocks("python", CASSETTES) if "def test_" in block)
    folder = pytester.path / "cassettes"
    with Emulator() as emulator:
        emulator.credentials.add(type="fcm", friendly_name="Android")
        for path in (folder / "test_example" / "test_credentials_are_listed.yaml", folder / "shared.yaml"):
            recording = Emulator(upstream=emulator.url, record=path)
            recording.client(*emulator.auth).notify.v1.credentials.list()
            recording.close()
    pytester.makepyfile(test_example=example)
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=2)


def test_the_page_of_cassettes_names_every_option_mode_and_field() -> None:
    import inspect
    from typing import get_args

    from notify_mock import Cassette
    from notify_mock.recording.recorder import Mode
    from notify_mock.replay.matching import FIELDS

    rows = re.findall(r"^\| `(\w+)`(?: \(default\))? \|", CASSETTES, re.MULTILINE)
    options = [name for name in inspect.signature(Cassette).parameters if name != "paths"]
    assert rows == [*get_args(Mode), *options]
    assert all(f"`{field}`" in CASSETTES for field in FIELDS)


def test_the_marker_table_names_every_argument() -> None:
    from notify_mock.options import MARKER_KEYS

    assert tuple(re.findall(r"^\| `(\w+)` \|", WRITE_A_TEST, re.MULTILINE)) == MARKER_KEYS


def test_the_tests_that_the_page_of_security_names_exist() -> None:
    named = set(re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "security.md").read_text()))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_links_between_the_pages_work() -> None:
    for page in [
        ROOT / "CHANGELOG.md",
        ROOT / "README.md",
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / "benchmarks").glob("*.md"),
    ]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / link).exists(), f"{page.name}: {link}"


def test_the_generated_tables_are_up_to_date() -> None:
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    page = (ROOT / "docs" / "fidelity.md").read_text()
    assert generate["fill"](page, "score", generate["score_table"]()) == page, "run: make docs"
    assert generate["fill"](page, "errors", generate["error_table"]()) == page, "run: make docs"
    assert generate["fill"](page, "fault errors", generate["error_table"](FAULT_ERRORS)) == page, "run: make docs"
    design = (ROOT / "docs" / "design.md").read_text()
    assert generate["fill"](WRITE_A_TEST, "markers", generate["marker_table"]()) == WRITE_A_TEST, "run: make docs"
    options = (ROOT / "docs" / "options.md").read_text()
    assert generate["fill"](options, "options", generate["option_table"]()) == options, "run: make docs"
    errors = (ROOT / "docs" / "errors.md").read_text()
    assert generate["fill"](errors, "codes", generate["code_table"]()) == errors, "run: make docs"
    assert generate["fill"](design, "folders", generate["folder_table"]()) == design, "run: make docs"
    assert generate["fill"](FAULTS, "scenarios", generate["scenario_table"]()) == FAULTS, "run: make docs"


def test_the_page_of_faults_names_every_effect_and_every_key_of_a_rule() -> None:
    from notify_mock.faults.kinds import EFFECTS, field_names
    from notify_mock.faults.rule import RULE_KEYS

    effects = FAULTS.partition("## Effects")[2].partition("## Ways to add a rule")[0]
    for effect in EFFECTS:
        (row,) = re.findall(rf"^\| (.*`{effect.__name__}\(.*?) \| ", effects, re.MULTILINE)
        assert all(name in row or effect.__name__ in ("Delay", "Garble") for name in field_names(effect)), row
    assert all(f"| `{effect.kind}`" in effects or f"`{effect.kind}` |" in effects for effect in EFFECTS)
    assert all(f"`{key}`" in FAULTS or f"{key}=" in FAULTS for key in RULE_KEYS)


def test_every_error_has_evidence_and_a_source() -> None:
    def descendants(cls: type[TwilioError]) -> set[type[TwilioError]]:
        return {cls}.union(*(descendants(child) for child in cls.__subclasses__()))

    every = (*ERRORS, *FAULT_ERRORS)
    assert descendants(TwilioError) - {TwilioError} == set(every)
    for error in every:
        assert error.evidence in ("observed", "documented", "inferred")
        assert error.source


def test_observed_texts_are_in_the_collected_evidence() -> None:
    """Every observed error text is quoted there. Skipped where the collected evidence is not available."""
    page = SHARED / "reference" / "twilio-facts.md"
    if not page.exists():
        pytest.skip("the collected evidence is not available")
    facts = page.read_text()
    for error in (*ERRORS, *FAULT_ERRORS):
        if error.evidence == "observed":
            pieces = [piece for piece in re.split(r"\{\w+\}|<path>", error.message) if len(piece.strip(" '")) > 3]
            for piece in pieces:
                assert piece.strip(" '").replace("{verb}", "create") in facts, error
