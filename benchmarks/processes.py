"""Fresh Python processes, the same way for both sides of a ratio."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_UNWANTED = ("PYTEST_", "FLASK_", "WERKZEUG_", "PYTHONDONTWRITEBYTECODE")


def environment() -> dict[str, str]:
    """The environment without what would change how one of the sides runs.

    What pip has installed is compiled once and for all; so is a checkout, unless it is kept from it.
    """
    return {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}


def output(arguments: Sequence[str], folder: str | Path) -> str:
    """What ``python arguments...`` prints when run in ``folder``. Raises ``RuntimeError`` with it when that fails."""
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
        raise RuntimeError(f"python {' '.join(arguments)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


def start(command: Sequence[str], folder: str | Path) -> subprocess.Popen[str]:
    """A process whose stdout and stderr are read from one pipe."""
    return subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
