"""Builds wheel and sdist, and checks them: their contents, their metadata, and that a second build is the same."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterable
from pathlib import Path

from release.tree import ROOT, copy, files

GENERATED = {"PKG-INFO"}
"""What only an sdist has, beside the folder ``notify_mock.egg-info``."""


class Broken(Exception):
    """A promise about the release is broken; the message says which."""


def run(*command: str | Path, cwd: Path = ROOT, **variables: str) -> str:
    """Run a command and return its output. Raises ``Broken`` with the output if it fails."""
    done = subprocess.run(
        command, cwd=cwd, env={**os.environ, **variables}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Broken(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout


def build(folder: Path, epoch: str) -> tuple[Path, Path]:
    """Build in a fresh copy of the repository. Returns the wheel, which is made from the sdist, and the sdist."""
    copy(folder)
    run(sys.executable, "-m", "build", "--installer", "uv", cwd=folder, SOURCE_DATE_EPOCH=epoch)
    (wheel,) = (folder / "dist").glob("*.whl")
    (sdist,) = (folder / "dist").glob("*.tar.gz")
    return wheel, sdist


def check_same(first: Iterable[Path], second: Iterable[Path]) -> None:
    """Raises ``Broken`` if a file of two builds differs."""
    for one, other in zip(first, second, strict=True):
        if one.name != other.name or one.read_bytes() != other.read_bytes():
            raise Broken(f"two builds of {one.name} differ")


def check_sdist(sdist: Path) -> None:
    """Raises ``Broken`` unless the sdist has every file of the repository and nothing else."""
    with tarfile.open(sdist) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    names = {name for name in names if not name.startswith("notify_mock.egg-info/")}
    check_names(sdist.name, names - GENERATED, set(files()), "see MANIFEST.in")


def check_wheel(wheel: Path) -> None:
    """Raises ``Broken`` unless the wheel has every file of the package and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    check_names(
        wheel.name,
        names,
        {name for name in files() if name.startswith("notify_mock/")},
        "see package_data in setup.cfg",
    )


def check_names(where: str, found: set[str], expected: set[str], remedy: str) -> None:
    """Raises ``Broken`` with the names that are missing and those that should not be there."""
    problems = [f"{name} is missing" for name in sorted(expected - found)]
    problems += [f"{name} should not be there" for name in sorted(found - expected)]
    if problems:
        raise Broken(f"{where}: {'; '.join(problems)}; {remedy}")


def check_metadata(*paths: Path) -> None:
    """Raises ``Broken`` if twine or check-wheel-contents finds a problem."""
    run(sys.executable, "-m", "twine", "check", "--strict", *paths)
    run(sys.executable, "-m", "check_wheel_contents", *(path for path in paths if path.suffix == ".whl"))
