"""The emulator's clock, which tests can freeze, set and advance. No other module reads the time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta, timezone
from threading import Lock
from typing import NamedTuple

from notify_mock.support.changes import Changes
from notify_mock.support.usage import UsageError, shown

Moment = str | int | float | date | datetime
"""A point in time: ISO 8601 text, seconds since 1970, a date or a datetime. Without a time zone it is UTC."""

Span = str | int | float | timedelta
"""A length of time: seconds, a timedelta, or text such as ``"90s"``, ``"15m"``, ``"2h"``, ``"1d"``, ``"1h30m"``."""

_SPAN = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")
_SCALE = (86400.0, 3600.0, 60.0, 1.0)
MIN_TIME = datetime(2, 1, 1, tzinfo=timezone.utc).timestamp()
MAX_TIME = datetime(9999, 1, 1, tzinfo=timezone.utc).timestamp()
"""One year inside the range of ``datetime``, because time zones and rounding can exceed it."""


class Setting(NamedTuple):
    offset: float
    frozen: float | None


class Clock:
    """A clock that follows real time until it is frozen or set. It also follows freezegun, in all threads.

    ``start`` freezes the clock at that time, initially and after every ``reset``. Its range is the years 2 to 9998.
    ``changes`` is told "clock" with the new time, and whether the clock stands still.
    """

    def __init__(self, start: Moment | None = None, changes: Changes | None = None) -> None:
        self._lock = Lock()
        self._changes = changes or Changes()
        self._start = None if start is None else moment(start, "frozen")
        self._setting = Setting(0.0, self._start)
        self._real: float | None = None

    def __repr__(self) -> str:
        return f"<Clock {self.now().isoformat()}{' frozen' if self.is_frozen else ''}>"

    def time(self) -> float:
        """Return seconds since 1970."""
        offset, frozen = self._setting
        if frozen is not None:
            return frozen
        return (time.time() if self._real is None else self._real) + offset

    @contextmanager
    def at(self, real: float) -> Iterator[None]:
        """Take ``real`` (seconds since 1970) for the real time inside the ``with`` block."""
        before, self._real = self._real, real
        try:
            yield
        finally:
            self._real = before

    def real_time(self) -> float:
        """Return the real time in seconds since 1970."""
        return time.time() if self._real is None else self._real

    def now(self) -> datetime:
        """Return the current time as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.time(), timezone.utc)

    @property
    def is_frozen(self) -> bool:
        """Whether the clock stands still."""
        return self._setting.frozen is not None

    def freeze(self, when: Moment | None = None) -> None:
        """Stop the clock, now or at ``when``."""
        at = None if when is None else moment(when)
        with self._lock:
            self._setting = Setting(0.0, self.time() if at is None else at)
        self._tell()

    def set(self, when: Moment) -> None:
        """Set the clock to ``when``. A frozen clock stays frozen; a running clock continues from there."""
        at = moment(when)
        with self._lock:
            frozen = self._setting.frozen is not None
            self._setting = Setting(0.0, at) if frozen else Setting(at - self.real_time(), None)
        self._tell()

    def advance(self, by: Span) -> None:
        """Move the clock forward, frozen or running. Raises ``UsageError`` for a negative span."""
        seconds = span(by)
        with self._lock:
            moment(self.time() + seconds)
            offset, frozen = self._setting
            self._setting = Setting(offset + seconds, None) if frozen is None else Setting(0.0, frozen + seconds)
        self._tell()

    def resume(self) -> None:
        """Let a frozen clock run from its current time."""
        with self._lock:
            self._setting = Setting(self.time() - self.real_time(), None)
        self._tell()

    def reset(self) -> None:
        """Return to real time, or to the frozen start."""
        self._setting = Setting(0.0, self._start)

    def snapshot(self) -> Setting:
        return self._setting

    def restore(self, setting: Setting) -> None:
        self._setting = setting

    def _tell(self) -> None:
        self._changes.tell("clock", (self.time(), self.is_frozen))


def moment(when: Moment, where: str = "clock") -> float:
    """Return ``when`` as seconds since 1970. Raises ``UsageError``, with the given ``where``, if it is not a moment."""
    at = _seconds(when)
    if at is None or not MIN_TIME <= at < MAX_TIME:
        raise UsageError(
            where, f"{shown(when)} is not a point in time", 'expected ISO 8601 text such as "2030-01-01T12:00:00Z"'
        )
    return at


def _seconds(when: Moment) -> float | None:
    try:
        if isinstance(when, str):
            when = datetime.fromisoformat(when.replace("Z", "+00:00"))
        if isinstance(when, datetime):
            return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp()
        if isinstance(when, date):
            return datetime(when.year, when.month, when.day, tzinfo=timezone.utc).timestamp()
        return float(when) if isinstance(when, (int, float)) and not isinstance(when, bool) else None
    except (ValueError, OverflowError, OSError):
        return None


def span(by: Span, where: str = "clock") -> float:
    """Return ``by`` in seconds. Raises ``UsageError``, with the given ``where``, if it is not a length of time."""
    seconds = -1.0
    if isinstance(by, timedelta):
        seconds = by.total_seconds()
    elif isinstance(by, str):
        found = _SPAN.fullmatch(by)
        if by and found:
            seconds = sum(float(part) * scale for part, scale in zip(found.groups(), _SCALE, strict=True) if part)
    elif isinstance(by, (int, float)) and not isinstance(by, bool) and abs(by) < 1e11:
        seconds = float(by)
    if not 0 <= seconds < 1e11:
        raise UsageError(
            where, f"{shown(by)} is not a length of time", 'expected seconds, a timedelta or text such as "2h"'
        )
    return seconds
