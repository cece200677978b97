"""Who else on this machine can read or change the authority's files. Windows has no such modes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from notify_mock.support.usage import UsageError

_BY_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def check_folder(folder: Path, then: str) -> None:
    """Raise ``UsageError`` if another user owns ``folder``, or if every user can replace files in it. ``then`` is what
    to do after the remedy.

    A sticky folder such as ``/tmp`` is allowed, because only its owner and that of a file can replace the file there.
    So are folders that a group can write to, because most users have a group of their own.
    """
    if _is_foreign(folder):
        raise UsageError(str(folder), "this folder belongs to another user, who can replace its files", "use another")
    mode = _mode(folder)
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        wrong = f"every user can replace the files in this folder (mode {mode:04o})"
        raise UsageError(str(folder), wrong, f"run chmod o-w on it, then {then}")


def check_key_file(path: Path) -> None:
    """Raise ``UsageError`` if other users can read or change the file."""
    mode = _mode(path)
    if mode & (stat.S_IRWXG | stat.S_IRWXO) and path.is_file():
        raise UsageError(str(path), f"other users can read or change the private key (mode {mode:04o})")


def is_writable_by_others(path: Path) -> bool:
    """Whether other users can change the file: its owner, or by its mode."""
    return bool(_mode(path) & _BY_OTHERS) or _is_foreign(path)


def _mode(path: Path) -> int:
    """Return the permissions. On Windows, and if nothing is there, they are 0."""
    return stat.S_IMODE(path.stat().st_mode) if os.name == "posix" and path.exists() else 0


def _is_foreign(path: Path) -> bool:
    """Whether another user than root owns the path. For root, none is foreign: in a container, mounted folders often
    belong to a user of the host."""
    if os.name != "posix" or os.geteuid() == 0 or not path.exists():
        return False
    return _owner(path) not in (0, os.geteuid())


def _owner(path: Path) -> int:
    return path.stat().st_uid
