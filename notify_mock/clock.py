"""The emulator's clock: the only reader of time, which a test may freeze, set and advance."""

from __future__ import annotations

import re
import time
from datetime import date, datetime, timedelta, timezone
from typing import NamedTuple

from notify_mock.usage import UsageError

Moment = str | int | float | date | datetime
"""A point in time: ISO 8601 text, seconds since 1970, a date or a datetime (without a zone: UTC)."""

Span = str | int | float | timedelta
"""A length of time: seconds, a timedelta, or text such as ``"90s"``, ``"15m"``, ``"2h"``, ``"1d"``, ``"1h30m"``."""

_SPAN = re.compile(r"(?:(\d+(?:\.\d+)?)d)?(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s)?")
_SCALE = (86400.0, 3600.0, 60.0, 1.0)


class _Hands(NamedTuple):
    offset: float
    frozen: float | None


class Clock:
    """Runs with real time (and so under freezegun, in every thread) until it is told otherwise.

    ``start`` freezes it from the beginning, and again at every ``reset``.
    """

    def __init__(self, start: Moment | None = None) -> None:
        self._start = None if start is None else moment(start)
        self._hands = _Hands(0.0, self._start)

    def __repr__(self) -> str:
        return f"<Clock {self.now().isoformat()}{' frozen' if self._hands.frozen is not None else ''}>"

    def time(self) -> float:
        """Seconds since 1970."""
        offset, frozen = self._hands
        return time.time() + offset if frozen is None else frozen

    def now(self) -> datetime:
        """The present as an aware datetime in UTC."""
        return datetime.fromtimestamp(self.time(), timezone.utc)

    def freeze(self, when: Moment | None = None) -> None:
        """Stop the clock, now or at ``when``."""
        self._hands = _Hands(0.0, self.time() if when is None else moment(when))

    def set(self, when: Moment) -> None:
        """Put the clock to ``when``; it stays frozen if it was, and else runs on from there."""
        at = moment(when)
        frozen = self._hands.frozen is not None
        self._hands = _Hands(0.0, at) if frozen else _Hands(at - time.time(), None)

    def advance(self, by: Span) -> None:
        """Move the clock forward ``by`` so much, frozen or running. Raises ``UsageError`` for a negative span."""
        offset, frozen = self._hands
        seconds = span(by)
        self._hands = _Hands(offset + seconds, None) if frozen is None else _Hands(0.0, frozen + seconds)

    def resume(self) -> None:
        """Let a frozen clock run on from where it stands."""
        self._hands = _Hands(self.time() - time.time(), None)

    def reset(self) -> None:
        """Back to real time, or to the frozen start."""
        self._hands = _Hands(0.0, self._start)

    def snapshot(self) -> _Hands:
        return self._hands

    def restore(self, hands: _Hands) -> None:
        self._hands = hands


def moment(when: Moment) -> float:
    """Seconds since 1970. Raises ``UsageError`` for what is no point in time."""
    try:
        if isinstance(when, str):
            when = datetime.fromisoformat(when.replace("Z", "+00:00"))
        if isinstance(when, datetime):
            return (when if when.tzinfo else when.replace(tzinfo=timezone.utc)).timestamp()
        if isinstance(when, date):
            return datetime(when.year, when.month, when.day, tzinfo=timezone.utc).timestamp()
        if isinstance(when, (int, float)) and not isinstance(when, bool):
            datetime.fromtimestamp(when, timezone.utc)
            return float(when)
    except (ValueError, OverflowError, OSError):
        pass
    raise UsageError("clock", f"{when!r} is no point in time", 'give ISO 8601 text such as "2030-01-01T12:00:00Z"')


def span(by: Span) -> float:
    """Seconds. Raises ``UsageError`` for what is no length of time."""
    seconds = -1.0
    if isinstance(by, timedelta):
        seconds = by.total_seconds()
    elif isinstance(by, str):
        found = _SPAN.fullmatch(by)
        if by and found:
            seconds = sum(float(part) * scale for part, scale in zip(found.groups(), _SCALE, strict=True) if part)
    elif isinstance(by, (int, float)) and not isinstance(by, bool):
        seconds = float(by)
    if not 0 <= seconds < 1e11:
        raise UsageError("clock", f"{by!r} is no length of time", 'give seconds, a timedelta or text such as "2h"')
    return seconds
