"""Assertions about a client's behaviour, based on the journal and the records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any

from notify_mock.journal.criteria import listed
from notify_mock.journal.exchange import Exchange
from notify_mock.journal.journal import Journal
from notify_mock.support.clock import Span, span
from notify_mock.support.counted import counted
from notify_mock.twilio_api.masking import is_secret

_REGULAR = 0.02
_IDENTITY = ("sid", "date_created", "date_updated")


def attempts(journal: Journal, name: str, count: int, criteria: dict[str, Any]) -> list[Exchange]:
    """Assert that exactly ``count`` matching calls were made, and return them."""
    __tracebackhide__ = True
    wanted, _, found, dropped = journal.search(name, criteria)
    if len(found) != count or dropped:
        raise AssertionError(
            f"expected {counted(count, 'attempt')} at {wanted}, found {len(found)}{_timeline(found)}{dropped}"
        )
    return found


def backoff(
    journal: Journal,
    name: str,
    criteria: dict[str, Any],
    *,
    minimum: Span | Sequence[Span],
    growth: float,
    jitter: bool,
    maximum: Span | None,
) -> list[float]:
    """Assert how long the client waited between its attempts, and return the waits in seconds.

    ``minimum`` is the least wait, or a list with the least of each. Each wait must be at least ``growth`` times the one
    before, and none longer than ``maximum``. With ``jitter``, the waits must not be equal or grow by a constant factor.
    """
    __tracebackhide__ = True
    found = _attempts(journal, name, criteria, ("minimum", "growth", "jitter", "maximum"))
    if len(found) < 2:
        raise AssertionError(f"expected several attempts at {name}, found {len(found)}{_timeline(found)}")
    waits = _waits(found)
    if isinstance(minimum, str) or not isinstance(minimum, Sequence):
        minimum = [minimum] * len(waits)
    least = [span(wait, "minimum") for wait in minimum]
    if len(least) > len(waits):
        raise AssertionError(f"expected {counted(len(least), 'wait')}, found {len(waits)}{_timeline(found)}")
    for number, (wait, needed) in enumerate(zip(waits, least, strict=False), 1):
        if _is_less(wait, needed):
            raise AssertionError(f"wait {number} was {wait:.3f}s, expected at least {needed:.3f}s{_timeline(found)}")
    for number, (previous, wait) in enumerate(pairwise(waits), 2):
        if _is_less(wait, previous * growth):
            text = f"wait {number} was {wait:.3f}s, expected at least {growth:g} times the {previous:.3f}s before it"
            raise AssertionError(text + _timeline(found))
    if maximum is not None and _is_less(span(maximum, "maximum"), max(waits)):
        raise AssertionError(f"the longest wait was {max(waits):.3f}s, expected at most {maximum}{_timeline(found)}")
    if jitter and not _is_jittered(waits):
        raise AssertionError(f"expected jitter, but the waits are regular{_timeline(found)}")
    return waits


def honours_retry_after(journal: Journal, name: str, criteria: dict[str, Any]) -> None:
    """Assert that the account's next attempt after every response with Retry-After waited at least that long."""
    __tracebackhide__ = True
    found = _attempts(journal, name, criteria)
    with_header = [one for one in found if one.retry_after is not None]
    if not with_header:
        raise AssertionError(f"no response to {name} has a Retry-After header{_timeline(found)}")
    for one in with_header:
        later = (two for two in found if two.number > one.number)
        following = next((two for two in later if (two.name, two.account_sid) == (one.name, one.account_sid)), None)
        if following is not None and one.ended is not None and one.retry_after is not None:
            wait = following.at - one.ended
            if _is_less(wait, one.retry_after):
                header = f"Retry-After: {one.retry_after:g}"
                text = f"#{following.number} came {wait:.3f}s after the response to #{one.number}, which had {header}"
                raise AssertionError(text + _timeline(found))


def no_secret_in_query(journal: Journal) -> None:
    """Assert that no secret was sent in a query string, where proxies and logs can see it."""
    __tracebackhide__ = True
    leaks = [one for one in _attempts(journal, "*", {}) if any(is_secret(name) for name in one.call.query)]
    if leaks:
        raise AssertionError("\n".join(listed("secrets in a query string", leaks)))


def no_duplicates(journal: Journal, records: Iterable[Any]) -> None:
    """Assert that no two records of an account and region are alike except for SID, dates and generated endpoints.

    Duplicates appear when the response to a create is lost and the client tries again.
    """
    __tracebackhide__ = True
    alike: dict[tuple[Any, ...], list[str]] = {}
    for record in records:
        names = [field.name for field in fields(record) if field.compare and field.name not in _IDENTITY]
        content = repr([getattr(record, name) for name in names])
        alike.setdefault((type(record), content), []).append(record.sid)
    duplicates = [sids for sids in alike.values() if len(sids) > 1]
    if duplicates:
        creates = {one.sid: one for one in journal if one.name and one.name.endswith(".create")}
        lines = [f"{len(sids)} records are alike: {', '.join(sids)}" for sids in duplicates]
        created_by = [str(creates[sid]) for sids in duplicates for sid in sids if sid in creates]
        raise AssertionError("\n".join([*lines, *listed("created by", created_by)]))


def _attempts(journal: Journal, name: str, criteria: dict[str, Any], keywords: tuple[str, ...] = ()) -> list[Exchange]:
    """Return all matching exchanges. Raises ``AssertionError`` if the journal has dropped some that may match."""
    __tracebackhide__ = True
    search = journal.search(name, criteria, keywords)
    if search.dropped:
        raise AssertionError(f"cannot check all attempts at {search.criteria}{search.dropped}")
    return search.found


def _is_less(wait: float, needed: float) -> bool:
    """Compare with a tolerance of 10 ms or 1 %, because a running clock adds to the waits."""
    return wait < needed - max(0.01, needed / 100)


def _waits(found: list[Exchange]) -> list[float]:
    """Return the seconds from each response (or its loss) to the next attempt."""
    return [two.at - (one.at if one.ended is None else one.ended) for one, two in pairwise(found)]


def _is_jittered(waits: list[float]) -> bool:
    """Return whether the growth of the waits varies. Of two waits, the second must not be a multiple of the first."""
    ratios = [two / one for one, two in pairwise(waits) if one > 0]
    if len(ratios) < 2:
        return any(abs(ratio - round(ratio)) > _REGULAR for ratio in ratios)
    return max(ratios) - min(ratios) > _REGULAR


def _timeline(found: list[Exchange]) -> str:
    """Return the attempts with their times, waits, responses and faults, as text."""
    if not found:
        return ""
    waits = ["", *(f"(+{wait:.3f}s) " for wait in _waits(found))]
    lines = [
        f"#{one.number} {one.time:%H:%M:%S.%f}Z {wait}{one.name} -> {one.outcome()}"
        for one, wait in zip(found, waits, strict=True)
    ]
    return "\n" + "\n".join(listed("attempts", lines))
