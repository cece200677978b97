"""Locks on files, which end with the process that holds them."""

from __future__ import annotations

import hashlib
import os
import sys
import weakref
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_FAR = 1 << 30
"""The byte to lock on Windows, where a locked byte cannot be read: beyond the content."""


def try_lock(descriptor: int) -> bool:
    """Lock an open file until it is closed. Returns False if it is locked already, also if by this process.

    Raises ``OSError`` if the file system has no locks.
    """
    try:
        if sys.platform == "win32":
            import msvcrt

            os.lseek(descriptor, _FAR, os.SEEK_SET)
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
            os.lseek(descriptor, 0, os.SEEK_SET)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


class Claim:
    """The right of one holder to write a file, until it releases the claim or its process ends.

    The lock is in the user's cache folder, so that none is left beside the file. A symbolic link or another spelling of
    the path is the same file. Without a cache folder that has locks, everyone gets the claim.
    """

    def __init__(self, path: Path) -> None:
        name = hashlib.sha256(os.fsencode(os.path.normcase(os.path.realpath(path)))).hexdigest()
        self._file = _folder() / f"{name[:32]}.lock"
        self._release: Callable[[], object] | None = None

    def take(self) -> bool:
        """Take the claim. Returns False if another holder has it, in this process or another one."""
        if self._release is not None:
            return True
        try:
            descriptor = self._open()
        except OSError:
            return True
        if descriptor is None:
            return False
        with suppress(OSError):  # no space left: the holder is not named
            os.ftruncate(descriptor, 0)
            os.write(descriptor, str(os.getpid()).encode())
        self._release = weakref.finalize(self, _let_go, descriptor, self._file, os.getpid())
        return True

    def release(self) -> None:
        """Release the claim, if it is held."""
        if self._release is not None:
            self._release()
            self._release = None

    @property
    def holder(self) -> int | None:
        """The process that has the claim; None if that is not known."""
        try:
            return int(self._file.read_text("ascii"))
        except (OSError, ValueError):
            return None

    def _open(self) -> int | None:
        """Return the descriptor of the locked file, or None if another one holds the lock."""
        self._file.parent.mkdir(parents=True, exist_ok=True)
        while True:
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
            try:
                is_locked = try_lock(descriptor)
                is_current = os.fstat(descriptor).st_nlink > 0
            except OSError:
                os.close(descriptor)
                raise
            if is_locked and is_current:
                return descriptor
            os.close(descriptor)
            if is_current:
                return None


def _folder() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("notify-mock", appauthor=False) / "locks"


def _let_go(descriptor: int, file: Path, holder: int) -> None:
    if sys.platform == "win32":
        os.close(descriptor)  # an open file cannot be removed there
    if os.getpid() == holder:  # not a forked child, whose parent still has the lock
        with suppress(OSError):
            file.unlink()
    if sys.platform != "win32":
        os.close(descriptor)
