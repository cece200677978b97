"""New processes, started in the same way for both sides of a ratio, and what they use."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.table import Missing

_WITHOUT_UVLOOP = Path(__file__).with_name("without_uvloop")
_STOP_SECONDS = 30
_UNWANTED = ("PYTEST_", "FLASK_", "WERKZEUG_", "PYTHONDONTWRITEBYTECODE")


def environment(*, path: Sequence[Path] = (), uvloop: bool = False) -> dict[str, str]:
    """Return the environment without variables that would change how one of the sides runs.

    Installed packages are already compiled. Without PYTHONDONTWRITEBYTECODE, so is a checkout. ``path`` comes first on
    the path of Python. Unless ``uvloop`` is true, the process cannot import it: it is not in a plain install.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_UNWANTED)}
    folders = [*([] if uvloop else [_WITHOUT_UVLOOP]), *path, *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(map(str, folders))}


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


def start(
    command: Sequence[str],
    folder: str | Path,
    *,
    path: Sequence[Path] = (),
    uvloop: bool = False,
    errors: Path | None = None,
) -> subprocess.Popen[str]:
    """Start a process with stdout and stderr in one pipe, or with stderr in the file ``errors``."""
    with Path(errors or os.devnull).open("w") as file:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment(path=path, uvloop=uvloop),
            stdout=subprocess.PIPE,
            stderr=file if errors else subprocess.STDOUT,
            text=True,
        )


@contextmanager
def stopping(process: subprocess.Popen[str]) -> Iterator[subprocess.Popen[str]]:
    """Terminate the process at the end of the block, and wait for its exit."""
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=_STOP_SECONDS)


def cpu_seconds(pid: int) -> float:
    """Return the CPU time that a process has used. Needs Linux's ``/proc``."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process. Needs Linux's ``/proc``."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def allow_files(number: int) -> None:
    """Let this process and those that it starts have ``number`` open files. Raises ``Missing`` if they must not."""
    import resource  # not on Windows

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < number:
        raise Missing(f"the limit of open files is {hard:,}; raise it to {number:,} with ulimit -Hn")
    if soft != resource.RLIM_INFINITY and soft < number:
        resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
