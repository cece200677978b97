"""New Python processes, started in the same way for both sides of a ratio."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_UNWANTED = ("PYTEST_", "FLASK_", "WERKZEUG_", "PYTHONDONTWRITEBYTECODE")


def environment() -> dict[str, str]:
    """Return the environment without variables that would change how one of the sides runs.

    Installed packages are already compiled. Without PYTHONDONTWRITEBYTECODE, so is a checkout.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}


def output(arguments: Sequence[str], folder: str | Path) -> str:
    """Return the output of ``python arguments...``, run in ``folder``. Raises ``RuntimeError`` with it on failure."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"python {' '.join(arguments)} failed with exit status {done.returncode}:\n{done.stdout}")
    return done.stdout


def start(command: Sequence[str], folder: str | Path) -> subprocess.Popen[str]:
    """Start a process with stdout and stderr in one pipe."""
    return subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
