"""The file that a recorder writes: by one process at a time, and not over somebody else's changes."""

from __future__ import annotations

import logging
import os
from itertools import count
from pathlib import Path

from notify_mock.support.files import remove_leftovers, write_bytes
from notify_mock.support.locks import Claim
from notify_mock.support.usage import UsageError

LOG = logging.getLogger("notify_mock.recorder")

Stamp = tuple[int, int, int]
"""A file's inode, time of change and size: whether it is still the same."""


class CassetteFile:
    """The cassette at ``path``. ``written_to`` is another path if the file was changed by somebody else."""

    def __init__(self, path: Path) -> None:
        self.path = self.written_to = path
        self._claim = Claim(path)
        self._stamp: Stamp | None = None
        remove_leftovers(path)

    def take(self) -> None:
        """Reserve the file before reading it. Raises ``UsageError`` with the process that is recording it."""
        if not self._claim.take():
            holder, own = self._claim.holder, os.getpid()
            if holder == own:
                raise UsageError(
                    str(self.path), f"is already being recorded in this process ({own})", "close the other recorder"
                )
            by = f"process {holder}" if holder else "another process"
            wrong = f"is being recorded by {by}; this is process {own}"
            raise UsageError(str(self.path), wrong, "use another file, or record in one process (pytest -n 0)")
        self._stamp = _stamp_of(self.path)

    def release(self) -> None:
        """Let others record the file."""
        self._claim.release()

    def write(self, text: str) -> None:
        """Write the cassette; to a new file next to it if it was changed since ``take`` or the last write, or if it
        is being recorded by somebody else. Raises ``UsageError`` if it cannot be written."""
        if self.written_to == self.path and not (self._claim.take() and self._is_unchanged()):
            self.written_to = _free(self.path)
            LOG.error("%s", self._changed())
        self._stamp = _stamp(write_bytes(self.written_to, text.encode()))

    def close(self) -> None:
        """Release the file. Raises ``UsageError`` if the cassette was written to another one."""
        self.release()
        if self.written_to != self.path:
            raise self._changed()

    def _changed(self) -> UsageError:
        wrong = "was changed by another program while it was being recorded, and was not overwritten"
        return UsageError(str(self.path), wrong, f"the recording is in {self.written_to}: choose one, or merge them")

    def _is_unchanged(self) -> bool:
        return _stamp_of(self.path) in (None, self._stamp)


def _stamp_of(path: Path) -> Stamp | None:
    """Return the stamp of a file; None if it does not exist."""
    try:
        return _stamp(path.stat())
    except (OSError, ValueError):
        return None


def _stamp(status: os.stat_result) -> Stamp:
    return status.st_ino, status.st_mtime_ns, status.st_size


def _free(path: Path) -> Path:
    """Return a path next to ``path`` that does not exist: ``push.recorded-1.yaml``."""
    names = (path.with_name(f"{path.stem}.recorded-{number}{path.suffix}") for number in count(1))
    return next(name for name in names if not os.path.lexists(name))
