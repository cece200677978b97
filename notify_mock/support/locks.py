"""Locks on open files, which end with the process that holds them."""

from __future__ import annotations

import os
import sys

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
