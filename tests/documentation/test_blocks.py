"""Every block of the documentation is run, is data that can be read, or says why not."""

from __future__ import annotations

import configparser
import json
import sys
from collections.abc import Callable
from pathlib import PurePath

import pytest
import yaml
from helpers.pages import BLOCKS, PAGES, REMEDY, SHELLS, Block, read
from helpers.paths import ROOT


def _parse_toml(text: str) -> None:
    if sys.version_info >= (3, 11):
        import tomllib

        tomllib.loads(text)


DATA: dict[str, Callable[[str], object]] = {
    "ini": lambda text: configparser.ConfigParser().read_string(text),
    "json": json.loads,
    "toml": _parse_toml,
    "yaml": yaml.safe_load,
}
RUN = ("python", *SHELLS)
FREE = ("text", "diff")
"""What programs print, and changes: their tests are about what is shown."""


def _problem(block: Block) -> str:
    if block.language in DATA:
        try:
            DATA[block.language](block.text)
        except (ValueError, configparser.Error, yaml.YAMLError) as error:
            return f"is not valid {block.language}: {error}"
    if block.run_by:
        test = ROOT / block.run_by
        if not test.is_file() or PurePath(block.page).name not in test.read_text():
            return f"says that {block.run_by} runs it, but this file does not exist or does not name the page"
    if not block.language:
        return "has no language. For what a program prints, use ```text"
    if block.language not in (*RUN, *DATA, *FREE) and block.is_run:
        return f"is {block.language}, which no test of the documentation runs by itself"
    return ""


def test_every_block_is_run_or_says_why_not() -> None:
    problems = [f"{block.place} {problem}" for block in BLOCKS if (problem := _problem(block))]
    assert not problems, "\n".join([*problems, REMEDY])


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("```ruby\nputs 1\n```", "is ruby"),
        ("```\nx\n```", "has no language"),
        ("```json\n{]\n```", "is not valid json"),
        ("<!-- not run: a sketch -->\n```json\n{]\n```", "is not valid json"),
        ("<!-- run by: tests/no.py -->\n```python\nx\n```", "says that tests/no.py runs it"),
        ("<!-- run by: tests/documentation/test_pages.py -->\n```js\nx\n```", "does not name the page"),
        ("1. Item:\n\n   ```yaml\n   a: [\n   ```\n", "is not valid yaml"),
        ("<!-- not run: needs Ruby -->\n```ruby\nputs 1\n```", ""),
        ("```sh\ntrue\n```\n\n```text\nx\n```", ""),
    ],
)
def test_a_block_that_is_neither_run_nor_marked_is_found(text: str, problem: str) -> None:
    found = [_problem(block) for block in read("a-page.md", text)]
    assert problem in found[0]
    assert bool(problem) == any(found)


def test_a_mark_holds_for_the_next_block_only() -> None:
    marked, other = read("a-page.md", "<!-- not run: because -->\n\n```sh\na\n```\n\n```sh\nb\n```\n")
    assert (marked.not_run, marked.is_run, other.is_run) == ("because", False, True)
    assert (marked.line, other.line) == (3, 7)


def test_every_fence_is_closed_and_read() -> None:
    for page, text in PAGES.items():
        fences = sum(line.lstrip().startswith(("```", "~~~")) for line in text.splitlines())
        assert fences == 2 * sum(block.page == page for block in BLOCKS), page
