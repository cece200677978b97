"""The page "Check a credential" is true."""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import ROOT

from notify_mock.cli.doctor import doctor

PAGE = (ROOT / "docs" / "check-a-credential.md").read_text()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="some of the samples need openssl")
def test_the_table_is_up_to_date() -> None:
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    assert generate["fill"](PAGE, "doctor", generate["doctor_table"]()) == PAGE, "run: make docs"


def test_the_page_names_every_option() -> None:
    options = {name for parameter in doctor.params for name in parameter.opts if name.startswith("--")}
    assert options == set(re.findall(r"--[a-z]+(?:-[a-z]+)*", PAGE.partition("## What it says")[0]))


@pytest.mark.parametrize("example", re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
def test_the_examples_run(tmp_path: Path, example: str) -> None:
    subprocess.run([sys.executable, "-W", "error", "-c", example], cwd=tmp_path, timeout=60, check=True)
