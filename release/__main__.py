"""Build wheel and sdist into ``dist/``, check them, and print one line for each promise: ``make dist``."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from release import building, composition, installing
from release.tree import ROOT


def main() -> int:
    """Return exit status 1, with the reason on stderr, if a promise is broken."""
    with TemporaryDirectory(prefix="notify-mock-release-") as name:
        try:
            _release(Path(name))
        except building.Broken as error:
            print(f"BROKEN: {error}", file=sys.stderr)
            return 1
    return 0


def _release(folder: Path) -> None:
    began, epoch = perf_counter(), _epoch()
    wheel, sdist = built = building.build(folder / "first", epoch)
    building.check_same(built, building.build(folder / "second", epoch))
    _report("two builds from two copies are the same, byte for byte", began)
    building.check_sdist(sdist)
    building.check_wheel(wheel)
    building.check_metadata(wheel, sdist)
    _report("both have all files; twine check --strict and check-wheel-contents pass", began)
    installing.try_wheel(wheel, folder / "user")
    _report("the wheel runs without extras", began)
    _report(f"tests of the sdist: {installing.run_tests(sdist, folder / 'sdist')}", began)
    _report(composition.check(), began)
    (ROOT / "dist").mkdir(exist_ok=True)
    for path in built:
        shutil.copy(path, ROOT / "dist" / path.name)
        print(f"dist/{path.name}: {path.stat().st_size:,} bytes")


def _epoch() -> str:
    """Return the time of the last commit, or that of PKG-INFO in an unpacked sdist, in seconds."""
    if (ROOT / ".git").exists():
        return subprocess.run(
            ["git", "log", "-1", "--format=%ct"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.strip()
    return str(int((ROOT / "PKG-INFO").stat().st_mtime))


def _report(promise: str, began: float) -> None:
    print(f"{perf_counter() - began:5.0f} s  {promise}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
