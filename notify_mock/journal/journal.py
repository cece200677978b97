"""The journal of requests and responses, for assertions and for the reports of failing tests."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from threading import RLock
from typing import Any, NamedTuple

from notify_mock.journal.criteria import Criteria
from notify_mock.journal.exchange import Exchange
from notify_mock.twilio_api.messages import Call
from notify_mock.twilio_api.products import Endpoint

DEFAULT_LIMIT = 1000
"""Exchanges kept for each account by default."""

MAX_ACCOUNT_CHARACTERS = 32 * 1024 * 1024
"""Characters of request parameters kept for each account."""


class Search(NamedTuple):
    """The result of a search: the exchanges that ``arrived``, those ``found``, and a note on ``dropped`` ones or ""."""

    criteria: Criteria
    arrived: list[Exchange]
    found: list[Exchange]
    dropped: str


class _AccountLog:
    """The exchanges of one account."""

    def __init__(self, exchanges: deque[Exchange] | None = None, size: int = 0) -> None:
        self.exchanges = deque() if exchanges is None else exchanges
        self.size = size

    def copy(self) -> _AccountLog:
        return _AccountLog(self.exchanges.copy(), self.size)


class Journal:
    """All exchanges, with a limit on number and size per account.

    The oldest are dropped first. Assertions fail with a note if dropped exchanges may have matched.
    """

    def __init__(
        self, lock: AbstractContextManager[bool], call_names: tuple[str, ...], per_account: int = DEFAULT_LIMIT
    ) -> None:
        self._lock = lock
        self._call_names = call_names
        self._per_account = per_account
        self._listeners: list[Callable[[Exchange], None]] = []
        self._announcing = RLock()
        self.reset()

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._kept()[0])

    def __len__(self) -> int:
        with self._lock:
            return sum(len(log.exchanges) for log in self._logs.values())

    def __repr__(self) -> str:
        return f"<Journal of {len(self)} exchanges>"

    def __str__(self) -> str:
        return self.show()

    def show(self, most: int = 1000) -> str:
        """Return the last ``most`` exchanges, one line each, with secrets masked."""
        kept, dropped = self._kept()
        missing = sum(dropped.values()) + max(0, len(kept) - most)
        head = [f"({missing} earlier exchanges are not shown)"] if missing else []
        return "\n".join([*head, *map(str, kept[-most:])]) or "no request arrived"

    @property
    def last(self) -> Exchange:
        """The newest exchange. Raises ``LookupError`` if there is none."""
        newest = list(self)[-1:]
        if not newest:
            raise LookupError("no request arrived")
        return newest[0]

    def subscribe(self, listener: Callable[[Exchange], None]) -> None:
        """Call ``listener`` with every exchange when it ends, one at a time, before the response is sent. A reset keeps
        listeners."""
        self._listeners.append(listener)

    def calls(self, name: str = "*", **criteria: Any) -> list[Exchange]:
        """Return the exchanges of calls named ``name`` (globs allowed) that meet all ``criteria``.

        Criteria are ``account_sid``, ``sid``, ``status``, ``code``, ``api``, ``region``, and Twilio parameters by name
        (``Type="apn"``). Raises ``UsageError`` for an unknown name or criterion.
        """
        return self.search(name, criteria).found

    def expect(self, name: str = "*", *, count: int | None = None, **criteria: Any) -> list[Exchange]:
        """Assert that exactly ``count`` matching calls arrived, or at least one, and return them.

        The criteria are those of ``calls``. The ``AssertionError`` lists the requests that arrived, the nearest misses
        first, and says whether the journal has dropped exchanges that may have matched.
        """
        __tracebackhide__ = True
        search = self.search(name, criteria)
        if len(search.found) == count and not search.dropped if count is not None else search.found:
            return search.found
        raise AssertionError(search.criteria.failure_message(count, search.arrived) + search.dropped)

    def search(self, name: str, criteria: dict[str, Any]) -> Search:
        """Search for an assertion. Raises ``UsageError`` for an unknown call name or criterion."""
        wanted = Criteria(name, criteria, self._call_names)
        arrived, dropped = self._kept()
        wanted_account = wanted.attributes.get("account_sid")
        lost = sum(
            number
            for (account_sid, call_name), number in dropped.items()
            if wanted.is_named(call_name) and wanted_account in (None, account_sid)
        )
        note = (
            f"\nthe journal keeps {self._per_account} exchanges (or {MAX_ACCOUNT_CHARACTERS} characters) per account "
            f"and has dropped {lost} exchanges that may have matched; increase journal_limit"
        )
        return Search(wanted, arrived, wanted.select(arrived), note if lost else "")

    def open(self, at: float, call: Call, name: str | None, endpoint: Endpoint) -> Exchange:
        """Return a new exchange. ``file`` stores it once its account is known."""
        self._number += 1
        return Exchange(self._number, at, call, name, endpoint)

    def file(self, exchange: Exchange) -> None:
        """Store ``exchange`` with those of its account, and drop the oldest ones over the limit."""
        log = self._logs.get(exchange.account_sid)
        if log is None:
            log = self._logs[exchange.account_sid] = _AccountLog()
        log.exchanges.append(exchange)
        log.size += exchange.call.size()
        while len(log.exchanges) > self._per_account or (log.size > MAX_ACCOUNT_CHARACTERS and len(log.exchanges) > 1):
            oldest = log.exchanges.popleft()
            log.size -= oldest.call.size()
            self._dropped[oldest.account_sid, oldest.name] += 1

    def close(self, exchange: Exchange, ended: float) -> None:
        """End ``exchange``, with or without a response. ``announce`` tells the listeners, once the lock is released."""
        exchange.ended = ended

    def announce(self, exchange: Exchange) -> None:
        """Call the listeners. They may be slow: the caller must not hold the lock."""
        with self._announcing:
            for listener in self._listeners:
                listener(exchange)

    def reset(self) -> None:
        self._logs: dict[str, _AccountLog] = {}
        self._dropped: Counter[tuple[str, str | None]] = Counter()
        self._number = 0

    def snapshot(self) -> tuple[dict[str, _AccountLog], Counter[tuple[str, str | None]], int]:
        return {sid: log.copy() for sid, log in self._logs.items()}, self._dropped.copy(), self._number

    def restore(self, kept: tuple[dict[str, _AccountLog], Counter[tuple[str, str | None]], int]) -> None:
        logs, dropped, number = kept
        self._logs = {sid: log.copy() for sid, log in logs.items()}
        self._dropped, self._number = dropped.copy(), number

    def _kept(self) -> tuple[list[Exchange], Counter[tuple[str, str | None]]]:
        with self._lock:
            kept = [exchange for log in self._logs.values() for exchange in log.exchanges]
            dropped = self._dropped.copy()
        return sorted(kept, key=lambda exchange: exchange.number), dropped
