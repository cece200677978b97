"""A disk that is full: clients are still answered, the cassette stays whole, and the error says what happened."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from time import monotonic
from typing import NamedTuple

from harden.recordings import check_cassette, record, recorder, saved, strays
from harden.table import ENOUGH, Result
from harden.target import Target

_KIB = 1024
_BALLAST = bytes(96 * _KIB)
_MOST_CALLS = 400


class _Recorded(NamedTuple):
    """The calls that were made, how many of them before the disk was full, and what was wrong."""

    sent: list[str]
    before: int
    wrong: list[str]


def run(seconds: float, seed: int) -> Result:
    """Record on a small tmpfs until it is full. Where none can be mounted, limit the size of the files instead."""
    end = monotonic() + seconds
    reason = _why_no_disk()
    if reason and _limit(_KIB) is None:
        return Result("full disk", 0, "calls", skipped=f"{reason}, and the size of files cannot be limited")
    failures: list[str] = []
    calls = rounds = 0
    while not rounds or (monotonic() < end and len(failures) < ENOUGH):
        size = Random(f"{seed}/{rounds}").randint(160, 320) * _KIB
        done = _limited_files(size // 2) if reason else _full_disk(size)
        calls += sum(len(one.sent) for one in done)
        failures += [f"seed {seed}, round {rounds}: {problem}" for one in done for problem in one.wrong]
        rounds += 1
    return Result("full disk", calls, "calls", failures, f"by a limit on files, {reason}" if reason else "on a tmpfs")


def _full_disk(size: int) -> list[_Recorded]:
    """Fill a disk and free some of it before the recorder stops; then fill it and leave it full."""
    with _small_disk(size) as folder:
        ballast, freed, full = folder / "ballast", folder / "freed.yaml", folder / "full.yaml"
        ballast.write_bytes(_BALLAST)
        first = _record(freed, ballast.unlink)
        freed.unlink()
        return [first, _record(full)]


def _limited_files(size: int) -> list[_Recorded]:
    with tempfile.TemporaryDirectory(prefix="notify-mock-") as folder:
        return [_record(Path(folder, "full.yaml"), limit=_limit(size))]


def _record(
    cassette: Path, free: Callable[[], None] | None = None, limit: Callable[[], None] | None = None
) -> _Recorded:
    """Record until the disk is full, ``free`` it if there is a way, stop the recorder, and check the cassette."""
    with recorder(cassette, limit) as target:
        done = _until_full(target)
        if free is not None:
            free()
        status = target.stop()
        log = target.log()
        done.wrong.extend(f"traceback: {last}" for last in target.tracebacks())
    if free is not None and status:
        done.wrong.append(f"there is space again, and the recorder ended with status {status}: {log}")
    if free is None and (status == 0 or str(cassette) not in log):
        done.wrong.append(f"the disk is full, and the recorder ended with status {status}: {log}")
    least = len(done.sent) if free is not None else saved(done.before)
    done.wrong.extend(check_cassette(cassette, done.sent, least) + strays(cassette))
    return done


def _until_full(target: Target) -> _Recorded:
    """Record, and go on for a few calls after the first one that is not saved."""
    sent: list[str] = []
    wrong: list[str] = []
    before, more = 0, 5
    with target.client() as client:
        while more and len(sent) < _MOST_CALLS:
            sent.append(f"name-{len(sent)}")
            wrong += record(client, sent[-1])
            if "not saved" in target.log():
                more -= 1
            else:
                before += 1
    return _Recorded(sent, before, wrong if not more else [*wrong, f"the disk is not full after {len(sent)} calls"])


def _why_no_disk() -> str:
    """Return why no tmpfs can be mounted, or an empty string."""
    try:
        with _small_disk(_KIB):
            return ""
    except OSError as error:
        return str(error)


@contextmanager
def _small_disk(size: int) -> Iterator[Path]:
    """Mount a tmpfs of ``size`` bytes. Raises ``OSError``."""
    with tempfile.TemporaryDirectory(prefix="notify-mock-") as folder:
        command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise OSError("no tmpfs can be mounted")
        try:
            yield Path(folder)
        finally:
            subprocess.run(["umount", folder], check=True)


def _limit(size: int) -> Callable[[], None] | None:
    """Return a function that limits the size of the files that its process writes; None where that is not possible."""
    try:
        import resource
    except ImportError:
        return None
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
