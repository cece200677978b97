"""Runs the tests of the newspaper as its developers do. They are in processes of their own, where Django is set up."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent / "django_news"


@pytest.mark.parametrize(
    ("command", "summary"),
    [
        (("manage.py", "test"), "Ran 6 tests"),
        (("-m", "pytest", "-p", "no:cacheprovider"), "6 passed"),
    ],
    ids=["manage.py", "pytest"],
)
def test_the_tests_of_the_project_pass(command, summary):
    pytest.importorskip("django")
    done = subprocess.run(
        [sys.executable, *command], cwd=PROJECT, capture_output=True, text=True, timeout=50, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert summary in done.stdout + done.stderr
