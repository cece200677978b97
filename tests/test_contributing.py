"""The worked examples of CONTRIBUTING.md: each is applied to a copy of the repository, where its test then passes."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import ROOT

import notify_mock

PAGE = (ROOT / "CONTRIBUTING.md").read_text()
EXAMPLES = {
    title: (diff, test)
    for title, diff, test in re.findall(r"^## (Add .*?)\n.*?```diff\n(.*?)```.*?```python\n(.*?)```", PAGE, re.S | re.M)
}


def apply(diff: str, folder: Path) -> None:
    """Apply a diff without line numbers: blank lines separate its hunks, and each must fit in one place."""
    for file in re.split(r"^--- ", diff, flags=re.MULTILINE)[1:]:
        name, _, hunks = file.partition("\n")
        path = folder / name
        if not path.exists():
            path.write_text("".join(f"{line[1:]}\n" for line in hunks.splitlines()))
            continue
        for hunk in re.split(r"\n\n", hunks.strip("\n")):
            lines = hunk.splitlines()
            old, new = ("".join(f"{line[1:]}\n" for line in lines if line[0] in marks) for marks in (" -", " +"))
            text = path.read_text()
            assert text.count(old) == 1, f"{name}: found {text.count(old)} times:\n{old}"
            path.write_text(text.replace(old, new))


@pytest.mark.parametrize("title", EXAMPLES)
def test_an_example_can_be_followed(title: str, tmp_path: Path) -> None:
    diff, test = EXAMPLES[title]
    shutil.copytree(
        Path(notify_mock.__file__).parent, tmp_path / "notify_mock", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    (tmp_path / "test_example.py").write_text(test)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "test_example.py"]
    environment = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    before = run()
    assert "1 failed" in before.stdout, before.stdout + before.stderr
    apply(diff, tmp_path)
    after = run()
    assert after.returncode == 0, after.stdout + after.stderr


def test_there_is_an_example_for_a_parameter_a_resource_an_effect_and_a_recording() -> None:
    assert list(EXAMPLES) == ["Add a parameter", "Add a resource", "Add a fault effect", "Add a recording"]


def test_every_target_that_the_page_names_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert {name for line in re.findall(r"make ((?:[a-z]+ ?)+)", PAGE) for name in line.split()[:1]} <= targets
