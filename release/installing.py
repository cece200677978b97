"""Installs what was built as users do, in new environments, and runs it there."""

from __future__ import annotations

import sys
import tarfile
from pathlib import Path

from release.building import Broken, run

TESTS = (
    "tests/accounts", "tests/engine", "tests/faults", "tests/pytest_plugin", "tests/resources", "tests/store",
    "tests/test_docs.py", "tests/test_options.py", "tests/twilio_api", "examples",
)
"""What is run from the unpacked sdist: the core, the plugin, and the examples of documentation and ``examples/``."""

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


def test_sdist(sdist: Path, folder: Path, tests: tuple[str, ...] = TESTS) -> str:
    """Install the sdist and run its tests against what was installed. Returns pytest's last line."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data") if sys.version_info >= (3, 12) else archive.extractall(folder)  # noqa: S202
    (unpacked,) = folder.iterdir()
    (unpacked / "notify_mock").rename(folder / "not-imported")
    programs = environment(folder / "environment", f"notify-mock[test] @ {sdist.as_uri()}")
    command = (programs / "python", "-m", "pytest", "-q", "-n", "auto", "-p", "no:cacheprovider", *tests)
    last = run(*command, cwd=unpacked, PYTHONPATH="").strip().splitlines()[-1]
    if " passed" not in last:
        raise Broken(f"no test of the sdist ran: {last}")
    return last
