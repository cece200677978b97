"""The skill for assistants: its front matter, its examples, and the names in it."""

from __future__ import annotations

import re

import pytest
import yaml
from helpers.paths import ROOT

FILE = ROOT / "skills" / "notify-mock" / "SKILL.md"
TEXT = FILE.read_text()


def test_the_front_matter_has_a_name_and_a_description_within_the_limits() -> None:
    _, front, _ = TEXT.split("---\n", 2)
    matter = yaml.safe_load(front)
    assert set(matter) == {"name", "description"}
    assert matter["name"] == FILE.parent.name == "notify-mock"
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", matter["name"])
    assert 0 < len(matter["description"]) <= 1024
    assert "Use when" in matter["description"]


def test_the_skill_is_short() -> None:
    assert len(TEXT.splitlines()) < 150


def test_the_examples_pass(pytester: pytest.Pytester) -> None:
    examples = re.findall(r"^```python\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
    assert len(examples) == 2
    for number, example in enumerate(examples):
        pytester.makepyfile(**{f"test_example_{number}": example})
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=3)


def test_the_commands_and_pages_exist() -> None:
    from notify_mock.cli import commands

    named = set(re.findall(r"(?:`|\$\()notify-mock ([a-z]+)", TEXT))
    assert {"exec", "serve", "env", "tail", "explain", "doctor", "mcp"} == named <= set(commands.commands)
    pages = re.findall(r"`(docs/[\w-]+\.md)`", TEXT)
    assert pages
    assert [page for page in pages if not (ROOT / page).exists()] == []
