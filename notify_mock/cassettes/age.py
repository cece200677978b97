"""How old recorded exchanges are, and the warning about those that are too old."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import NamedTuple

from notify_mock.cassettes.interaction import Interaction, header
from notify_mock.support.clock import Clock, Span, moment, span
from notify_mock.support.counted import counted

LOG = logging.getLogger("notify_mock.cassette")

RECORDED_AT = "recorded_at"
"""The key of an entry with the time of its recording, as in the files of Ruby's VCR."""


class StaleCassetteWarning(UserWarning):
    """A cassette has entries that are older than its ``max_age``. As an error, it fails the test."""


class UndatedCassetteWarning(UserWarning):
    """A cassette with a ``max_age`` has entries without a time. It is logged where warnings are errors."""


class Ages(NamedTuple):
    """What is wrong with the age of some entries: those that are too old and those without a time, or ""."""

    stale: str
    undated: str


def recorded_at(interaction: Interaction) -> float | None:
    """Return when an exchange was recorded, in seconds since 1970, or None.

    That is ``recorded_at`` of its entry (``startedDateTime`` in HAR), or else the ``Date`` of its response.
    """
    for given in (interaction.extra.get(RECORDED_AT), header(interaction.headers, "date")):
        at = _seconds(given)
        if at is not None and at > 0:  # 1970 in HAR means that the time is not known
            return at
    return None


def _seconds(given: object) -> float | None:
    try:
        if isinstance(given, str) and "," in given:
            given = parsedate_to_datetime(given)
        return moment(given)  # type: ignore[arg-type]
    except (ValueError, OverflowError):  # a UsageError is a ValueError, too
        return None


def read_ages(interactions: Sequence[Interaction], max_age: Span) -> Ages:
    """Return which entries are older than ``max_age``, and which have no time. Raises ``UsageError``.

    Compared with the computer's time, not with an emulator's clock.
    """
    now, limit = Clock().time(), span(max_age, "max_age")
    times = [(at, one.where) for one in interactions if (at := recorded_at(one)) is not None]
    old = [one for one in times if now - one[0] > limit]
    undated, total = len(interactions) - len(times), counted(len(interactions), "entry", "entries")
    stale = ""
    if old:
        at, where = min(old, key=lambda one: one[0])
        day, days = datetime.fromtimestamp(at, timezone.utc).date(), counted(int((now - at) // 86400), "day")
        stale = f"{len(old)} of {total} {'is' if len(old) == 1 else 'are'} older than max_age ({max_age}); the oldest"
        stale += f" was recorded on {day}, {days} ago ({where}); record it again"
    return Ages(stale, f"{undated} of {total} without a recorded time; max_age does not apply" if undated else "")


def warn_of_age(source: str, interactions: Sequence[Interaction], max_age: Span) -> None:
    """Warn if entries are older than ``max_age``, or have no time. Raises ``UsageError`` for a bad ``max_age``."""
    ages = read_ages(interactions, max_age)
    if ages.undated:
        text = f"{source}: {ages.undated}"
        try:
            warnings.warn(text, UndatedCassetteWarning, stacklevel=4)
        except UndatedCassetteWarning:  # warnings are errors, but this is none
            LOG.warning("%s", text)
    if ages.stale:
        warnings.warn(f"{source}: {ages.stale}", StaleCassetteWarning, stacklevel=4)
