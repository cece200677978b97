"""What the pages say, compared with the code."""

from __future__ import annotations

import re
import runpy

from helpers.pages import PAGES
from helpers.paths import ROOT

from notify_mock.twilio_api.catalog import FAULT_ERRORS

README = PAGES["README.md"]
WRITE_A_TEST = PAGES["docs/write-a-test.md"]
FAULTS = PAGES["docs/faults.md"]
CASSETTES = PAGES["docs/cassettes.md"]
NOTIFICATIONS = PAGES["docs/notifications.md"]


def test_the_first_screen_of_the_readme_has_what_a_newcomer_needs() -> None:
    lines = README.splitlines()[:40]
    assert max(map(len, lines)) <= 120
    screen = "\n".join(lines)
    assert all(text in screen for text in ("pip install", "def test_", "make serve", "make test"))
    assert len(README.splitlines()) <= 150


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


def test_the_documentation_names_only_existing_options() -> None:
    """``--read-only``, ``--rm`` and ``--tmpfs`` are options of docker, ``--notify-mock-*`` of pytest."""
    import click

    from notify_mock.cli import commands

    def options(command: click.Command) -> set[str]:
        own = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
        return own.union(*map(options, getattr(command, "commands", {}).values()))

    names = (
        "quick-start",
        "write-a-test",
        "run-a-server",
        "wrap-a-command",
        "cassettes",
        "cassette-secrets",
        "clients",
    )
    pages = README + "".join(PAGES[f"docs/{name}.md"] for name in names)
    named = set(re.findall(r"(?<![-\w])--[a-z][a-z-]+", pages))
    assert named - options(commands) == {
        "--help",
        "--notify-mock-block",
        "--notify-mock-cassette-max-age",
        "--notify-mock-inspect",
        "--notify-mock-log",
        "--notify-mock-record",
        "--notify-mock-seed",
        "--notify-mock-unused-cassettes",
        "--read-only",
        "--require",
        "--rm",
        "--tmpfs",
    }


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
    for page, text in PAGES.items():
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", text):
            assert ((ROOT / page).parent / link).exists(), f"{page}: {link}"


def test_the_glossary_is_sorted_and_has_each_term_once() -> None:
    for part in PAGES["docs/glossary.md"].split("\n## ")[1:]:
        terms = re.findall(r"^\| (?!term )([^|]+?) \|", part, re.MULTILINE)
        words = [term.strip("`").lower() for term in terms]
        assert words == sorted(set(words))


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
