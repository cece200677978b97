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
_DJANGO = [block for block in UNITTEST if "import django" in block.text]
UNITTEST_PROCESSES = [[block for block in UNITTEST if block not in _DJANGO], *([block] for block in _DJANGO)]
"""Django is set up once in a process."""
PYTEST = [block for block in PYTHON if "def test_" in block.text and block not in UNITTEST]
SCRIPTS = [block for block in PYTHON if block not in UNITTEST and block not in PYTEST]
EACH = """
import os, runpy, sys, traceback
top = os.getcwd()
for name in sys.argv[1:]:
    os.chdir(os.path.join(top, name))
    try:
        runpy.run_path(os.path.abspath("example.py"), run_name="__main__")
    except Exception:
        traceback.print_exc()
    else:
        print(name)
"""


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


@pytest.mark.parametrize("examples", UNITTEST_PROCESSES, ids=lambda examples: examples[0].place)
def test_the_unittest_examples_pass_without_pytest(examples: list[Block], tmp_path: Path) -> None:
    for block in examples:
        (tmp_path / f"test_{block.name}.py").write_text(block.text)
    done = _run(tmp_path, "-m", "unittest", "-v")
    ran = set(re.findall(r"^test_\w+ \(test_(\w+?)\..*ok$", done.stderr, re.MULTILINE))
    assert [block.place for block in examples if block.name not in ran] == [], done.stderr + REMEDY
    assert done.returncode == 0, done.stderr + REMEDY


def test_the_plain_examples_run_without_a_warning(tmp_path: Path) -> None:
    """In one process, each in a folder of its own."""
    for block in SCRIPTS:
        (tmp_path / block.name).mkdir()
        (tmp_path / block.name / "example.py").write_text(block.text)
    done = _run(tmp_path, "-W", "error", "-c", EACH, *(block.name for block in SCRIPTS))
    ran = done.stdout.splitlines()
    assert [block.place for block in SCRIPTS if block.name not in ran] == [], done.stderr + REMEDY
    assert done.returncode == 0, done.stderr + REMEDY
