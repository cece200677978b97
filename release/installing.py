"""Installs what was built as users do, in new environments, and runs it there."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from release.building import Broken, run

TESTS = (
    "tests/accounts",
    "tests/documentation",
    "tests/engine",
    "tests/faults",
    "tests/resources",
    "tests/store",
    "tests/test_options.py",
    "tests/twilio_api",
    "examples",
)
"""What is run from the unpacked sdist: the core, the documentation's examples, and of ``examples/`` those that need no
package beside the extra ``test``."""

SCENARIOS = ("outage", "slow", "flaky-network")


def environment(folder: Path, requirement: str) -> Path:
    """Make an environment with one requirement and return its folder of programs."""
    run(sys.executable, "-m", "uv", "venv", "--quiet", "--python", sys.executable, folder)
    run(sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", folder / "bin" / "python", requirement)
    return folder / "bin"


def try_wheel(wheel: Path, folder: Path) -> None:
    """Install the wheel without extras and start the command with files of the package."""
    programs = environment(folder, str(wheel))
    for scenario in SCENARIOS:
        run(programs / "notify-mock", "serve", "--port", "0", "--scenario", scenario, "--check", cwd=folder)
    run(programs / "notify-mock", "env", cwd=folder, NOTIFY_MOCK_CA_DIR=str(folder / "ca"))


def run_tests(sdist: Path, folder: Path) -> str:
    """Install the sdist and run its own tests against what was installed. Returns pytest's last line."""
    shutil.unpack_archive(sdist, folder, filter="data")
    (unpacked,) = folder.iterdir()
    (unpacked / "notify_mock").rename(folder / "not-imported")
    programs = environment(folder / "environment", f"notify-mock[test] @ {sdist.as_uri()}")
    pytest = (programs / "python", "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider")
    last = run(*pytest, *TESTS, cwd=unpacked, PYTHONPATH="").strip().splitlines()[-1]
    if " passed" not in last:
        raise Broken(f"no test of the sdist ran: {last}")
    return last
