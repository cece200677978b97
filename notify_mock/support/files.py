"""Whole files: reading them with a limit, and writing them atomically."""

from __future__ import annotations

import glob
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp

from notify_mock.support.locks import try_lock
from notify_mock.support.usage import UsageError, shown

MIB = 1024 * 1024
MAX_DATA_BYTES = 64 * MIB
"""The limit of a file with seed data or fault rules."""

MAX_CASSETTE_BYTES = 64 * MIB
MAX_KEY_BYTES = 1024

_SPECIAL = (
    (stat.S_ISDIR, "folder"),
    (stat.S_ISFIFO, "pipe"),
    (stat.S_ISSOCK, "socket"),
    (stat.S_ISCHR, "device"),
    (stat.S_ISBLK, "device"),
)
_NAME_LENGTH = 50
"""So many characters of a file's name are in the names of its temporary files, which may not be too long."""


def read_bytes(path: Path, limit: int) -> bytes:
    """Return the content of a regular file of at most ``limit`` bytes.

    Raises ``UsageError``, also for a folder, device or pipe, which is neither read nor waited for.
    """
    with _usage_errors(path, "cannot be read"):
        _refuse_special(path, path.stat())  # opening a device or pipe may already act on it
        with open(path, "rb", opener=_open_at_once) as file:
            _refuse_special(path, os.fstat(file.fileno()))  # the path may name another file by now
            content = file.read(limit + 1)
    if len(content) > limit:
        size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit} bytes"
        raise UsageError(str(path), f"is larger than the limit of {size}")
    return content


@contextmanager
def _usage_errors(path: Path, wrong: str) -> Iterator[None]:
    try:
        yield
    except UsageError:
        raise
    except OSError as error:
        raise UsageError(str(path), f"{wrong}: {error.strerror or error}") from error
    except ValueError as error:
        raise UsageError(shown(str(path)), f"is not a path: {error}") from error


def _open_at_once(name: str, flags: int) -> int:
    return os.open(name, flags | getattr(os, "O_NONBLOCK", 0))


def _refuse_special(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        kind = next((kind for is_kind, kind in _SPECIAL if is_kind(status.st_mode)), "special file")
        raise UsageError(str(path), f"is a {kind}", "expected a regular file")


def write_bytes(path: Path, content: bytes, *, mode: int | None = None) -> os.stat_result:
    """Write a file atomically: to a temporary file next to it, which is synced and then renamed.

    Creates missing folders. A symbolic link stays one. ``mode`` is by default that of the old file, or 0644. Returns
    the status of the new file. Raises ``UsageError`` if it cannot be written; then the old file is unchanged, and no
    temporary file is left. If the process is killed, ``remove_leftovers`` or the next write removes it.
    """
    with _usage_errors(path, "cannot be written"):
        target = Path(os.path.realpath(path))
        if target.exists():
            _refuse_special(path, target.stat())
            mode = stat.S_IMODE(target.stat().st_mode) if mode is None else mode
        return _put(target, content, 0o644 if mode is None else mode, Path.replace)


def create_bytes(path: Path, content: bytes, *, mode: int) -> None:
    """Write a file like ``write_bytes``, unless it exists, also if another process has just created it."""
    with _usage_errors(path, "cannot be written"), suppress(FileExistsError):
        _put(Path(os.path.realpath(path)), content, mode, os.link)


def remove_leftovers(path: Path) -> None:
    """Remove the temporary files that killed processes left while they wrote to ``path``."""
    target = Path(os.path.realpath(path))
    for left in target.parent.glob(f"{glob.escape(_prefix(target))}*.tmp"):
        with suppress(OSError):
            if sys.platform == "win32":
                left.unlink()  # fails while its writer has it open
            else:
                with left.open("r+b") as file:
                    if try_lock(file.fileno()):
                        left.unlink()


def _put(target: Path, content: bytes, mode: int, move: Callable[[Path, Path], object]) -> os.stat_result:
    """Write a temporary file, and give it its name by ``move``."""
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_leftovers(target)
    descriptor, name = _temporary(target)
    made = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
            made.chmod(mode)
            status = os.fstat(descriptor)
            if sys.platform == "win32":
                file.close()  # an open file cannot be renamed there; elsewhere it stays locked until it is
            move(made, target)
    finally:
        made.unlink(missing_ok=True)
    _sync_folder(target.parent)
    return status


def _temporary(target: Path) -> tuple[int, str]:
    """Create a temporary file, locked while it is open, so that no other process takes it for a leftover."""
    while True:
        descriptor, name = mkstemp(".tmp", _prefix(target), target.parent)
        try:
            if try_lock(descriptor) and os.fstat(descriptor).st_nlink:
                return descriptor, name
        except OSError:  # without locks, nobody removes leftovers
            return descriptor, name
        os.close(descriptor)


def _prefix(target: Path) -> str:
    return f".{target.name[:_NAME_LENGTH]}."


def _sync_folder(folder: Path) -> None:
    """Sync a folder, so that a rename survives a power failure. Some systems cannot sync folders."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
