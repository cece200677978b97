"""Every Python block of the documentation runs: as a pytest module, as a unittest module, or as a script."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.pages import BLOCKS, REMEDY, Block

PYTHON = [block for block in BLOCKS if block.language == "python" and block.is_run]
UNITTEST = [block for block in PYTHON if re.search(r"TestCase\)", block.text)]
PYTEST = [block for block in PYTHON if "def test_" in block.text and block not in UNITTEST]
SCRIPTS = [block for block in PYTHON if block not in UNITTEST and block not in PYTEST]


def test_the_pytest_examples_pass(pytester: pytest.Pytester) -> None:
    """All in one process, each in a folder of its own."""
    for block in PYTEST:
        folder = pytester.mkdir(block.name)
        (folder / f"test_{block.name}.py").write_text(block.text)
    done = pytester.runpytest_subprocess("-q", "-rA", "-p", "no:cacheprovider", "-p", "no:randomly")
    report = done.stdout.str()
    passed = set(re.findall(r"^PASSED (\w+)/", report, re.MULTILINE))
    assert [block.place for block in PYTEST if block.name not in passed] == [], report + REMEDY
    assert set(done.parseoutcomes()) == {"passed"}, report + REMEDY


def _run(folder: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=50, check=False)


def test_the_unittest_examples_pass_without_pytest(tmp_path: Path) -> None:
    """Also those for Django, which is set up once in a process: there is one such example."""
    for block in UNITTEST:
        (tmp_path / f"test_{block.name}.py").write_text(block.text)
    done = _run(tmp_path, "-m", "unittest", "-v")
    ran = set(re.findall(r"^test_\w+ \(test_(\w+?)\..*ok$", done.stderr, re.MULTILINE))
    assert [block.place for block in UNITTEST if block.name not in ran] == [], done.stderr + REMEDY
    assert done.returncode == 0, done.stderr + REMEDY


@pytest.mark.parametrize("block", SCRIPTS, ids=[block.place for block in SCRIPTS])
def test_a_plain_example_runs_without_a_warning(tmp_path: Path, block: Block) -> None:
    (tmp_path / "example.py").write_text(block.text)
    done = _run(tmp_path, "-W", "error", "example.py")
    assert done.returncode == 0, f"{block.place}: {done.stderr}{REMEDY}"
