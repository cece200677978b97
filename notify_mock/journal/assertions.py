"""What a test may claim about its client's behaviour, read from the journal and the records."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from itertools import pairwise
from typing import Any

from notify_mock.journal.criteria import listed
from notify_mock.journal.exchange import Exchange
from notify_mock.journal.journal import Journal
from notify_mock.support.clock import Span, span
from notify_mock.twilio_api.masking import is_secret

_REGULAR = 0.02
_IDENTITY = ("sid", "date_created", "date_updated")


def attempts(journal: Journal, name: str, count: int, criteria: dict[str, Any]) -> list[Exchange]:
    """Assert that exactly ``count`` such calls were made."""
    __tracebackhide__ = True
    sought, _, found, dropped = journal.search(name, criteria)
    if len(found) != count or dropped:
        raise AssertionError(f"expected {count} attempts at {sought}, found {len(found)}{_timeline(found)}{dropped}")
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

    ``minimum`` is the least wait, or the least of each; each wait is at least ``growth`` times the one before, and none
    is over ``maximum``; with ``jitter`` they must not all be alike (nor all multiples of the first by the same factor).
    """
    __tracebackhide__ = True
    found = _attempts(journal, name, criteria)
    if len(found) < 2:
        raise AssertionError(f"expected several attempts at {name}, found {len(found)}{_timeline(found)}")
    waits = _waits(found)
    if isinstance(minimum, str) or not isinstance(minimum, Sequence):
        minimum = [minimum] * len(waits)
    least = [span(one, "minimum") for one in minimum]
    if len(least) > len(waits):
        raise AssertionError(f"expected {len(least)} waits, found {len(waits)}{_timeline(found)}")
    for number, (wait, needed) in enumerate(zip(waits, least, strict=False), 1):
        if _is_less(wait, needed):
            raise AssertionError(f"wait {number} was {wait:.3f}s, expected at least {needed:.3f}s{_timeline(found)}")
    for number, (one, two) in enumerate(pairwise(waits), 2):
        if _is_less(two, one * growth):
            text = f"wait {number} was {two:.3f}s, expected at least {growth:g} times the {one:.3f}s before it"
            raise AssertionError(text + _timeline(found))
    if maximum is not None and _is_less(span(maximum, "maximum"), max(waits)):
        raise AssertionError(f"the longest wait was {max(waits):.3f}s, expected at most {maximum}{_timeline(found)}")
    if jitter and not _is_jittered(waits):
        raise AssertionError(f"expected jitter, but the waits are regular{_timeline(found)}")
    return waits


def honours_retry_after(journal: Journal, name: str, criteria: dict[str, Any]) -> None:
    """Assert that after every answer with Retry-After, the account's next attempt at that call came no sooner."""
    __tracebackhide__ = True
    found = _attempts(journal, name, criteria)
    told = [one for one in found if one.retry_after is not None]
    if not told:
        raise AssertionError(f"no answer to {name} had a Retry-After header{_timeline(found)}")
    for one in told:
        later = (two for two in found if two.number > one.number)
        following = next((two for two in later if (two.name, two.account_sid) == (one.name, one.account_sid)), None)
        if following is not None and one.ended is not None and one.retry_after is not None:
            wait = following.at - one.ended
            if _is_less(wait, one.retry_after):
                text = f"#{following.number} came {wait:.3f}s after #{one.number} said Retry-After: {one.retry_after:g}"
                raise AssertionError(text + _timeline(found))


def no_secret_in_query(journal: Journal) -> None:
    """Assert that no secret parameter was sent in a query string, where proxies and logs would see it."""
    __tracebackhide__ = True
    caught = [one for one in _attempts(journal, "*", {}) if any(is_secret(name) for name in one.call.query)]
    if caught:
        raise AssertionError("\n".join(listed("secrets in a query string", [str(one) for one in caught])))


def no_duplicates(journal: Journal, records: Iterable[Any]) -> None:
    """Assert that no two records of an account and region are alike but for their sid, dates and made endpoints.

    Duplicates are born when a create is applied, its answer is lost, and the client tries again.
    """
    __tracebackhide__ = True
    alike: dict[tuple[Any, ...], list[str]] = {}
    for record in records:
        names = [one.name for one in fields(record) if one.compare and one.name not in _IDENTITY]
        own = repr([getattr(record, name) for name in names])
        alike.setdefault((type(record), own), []).append(record.sid)
    twins = [sids for sids in alike.values() if len(sids) > 1]
    if twins:
        made = {one.sid: one for one in journal if one.name and one.name.endswith(".create")}
        lines = [f"{len(sids)} records are alike: {', '.join(sids)}" for sids in twins]
        born = [str(made[sid]) for sids in twins for sid in sids if sid in made]
        raise AssertionError("\n".join([*lines, *listed("created by", born)]))


def _attempts(journal: Journal, name: str, criteria: dict[str, Any]) -> list[Exchange]:
    """All of them: an assertion about attempts that the journal has dropped can't be made."""
    __tracebackhide__ = True
    search = journal.search(name, criteria)
    if search.dropped:
        raise AssertionError(f"not all attempts at {search.sought} are known{search.dropped}")
    return search.found


def _is_less(wait: float, needed: float) -> bool:
    """By more than a running clock adds to a wait meanwhile: 10 ms, or one in a hundred."""
    return wait < needed - max(0.01, needed / 100)


def _waits(found: list[Exchange]) -> list[float]:
    """Seconds from each answer (or its loss) to the next attempt."""
    return [two.at - (one.at if one.ended is None else one.ended) for one, two in pairwise(found)]


def _is_jittered(waits: list[float]) -> bool:
    """Whether the waits are neither equal nor a plain progression; of two, whether they are no round multiples."""
    ratios = [two / one for one, two in pairwise(waits) if one > 0]
    if len(ratios) < 2:
        return any(abs(ratio - round(ratio)) > _REGULAR for ratio in ratios)
    return max(ratios) - min(ratios) > _REGULAR


def _timeline(found: list[Exchange]) -> str:
    """The attempts with times, waits, answers and faults."""
    if not found:
        return ""
    waits = ["", *(f"(+{wait:.3f}s) " for wait in _waits(found))]
    lines = [
        f"#{one.number} {one.time:%H:%M:%S.%f}Z {wait}{one.name} -> {one.outcome()}"
        for one, wait in zip(found, waits, strict=True)
    ]
    return "\n" + "\n".join(listed("attempts", lines))
