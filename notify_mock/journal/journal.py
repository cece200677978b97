"""The journal of requests and responses, for assertions and for the reports of failing tests."""

from __future__ import annotations

from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from threading import RLock
from typing import TYPE_CHECKING, Any, NamedTuple

from notify_mock.journal.criteria import Criteria
from notify_mock.journal.exchange import Exchange
from notify_mock.support.counted import counted
from notify_mock.twilio_api.known_parameters import CallParameters
from notify_mock.twilio_api.messages import Answer, Call
from notify_mock.twilio_api.products import Endpoint

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from notify_mock.journal.keywords import CallCriteria

DEFAULT_LIMIT = 1000
"""Exchanges kept for each account by default."""

MAX_EXCHANGES = 20_000
"""Exchanges kept for all accounts together, unless ``journal_limit`` is larger."""

MAX_ACCOUNT_BYTES, MAX_BYTES = 32 * 1024 * 1024, 64 * 1024 * 1024
"""Memory for the parameters, headers and bodies of one account, and of all accounts together."""

MAX_REFUSED_BYTES = 16 * 1024
"""Memory for the body of a refused request. A larger body is not kept."""

_MAX_COUNTERS = 10_000


Load = Callable[[int], Iterable[Exchange]]
"""Returns exchanges, numbered from the given number."""

_Dropped = Counter[tuple[str | None, str | None]]
"""How many exchanges were dropped, by account and name of the call. None stands for any account."""


class Search(NamedTuple):
    """The result of a search: the exchanges that ``arrived``, those ``found``, and a note on ``dropped`` ones or ""."""

    criteria: Criteria
    arrived: list[Exchange]
    found: list[Exchange]
    dropped: str


class _AccountLog:
    """The exchanges of one account, oldest first, and the memory that their requests take."""

    def __init__(self, exchanges: deque[Exchange] | None = None) -> None:
        self.exchanges = deque() if exchanges is None else exchanges
        self.size = sum(exchange.size for exchange in self.exchanges)


class Journal:
    """All exchanges, with limits on number and size, per account and in all.

    An account over its limit loses its oldest exchange. Over the limit of all accounts, the account without requests
    for the longest time loses its oldest. Assertions fail with a note if dropped exchanges may have matched.
    """

    def __init__(
        self,
        lock: AbstractContextManager[bool],
        call_parameters: CallParameters,
        per_account: int = DEFAULT_LIMIT,
        *,
        keep_bodies: bool = False,
    ) -> None:
        self._lock = lock
        self._call_parameters = call_parameters
        self.keep_bodies = keep_bodies
        """Whether to keep responses from now on. A reset does not change it."""
        self._per_account, self._total = per_account, max(MAX_EXCHANGES, per_account)
        self._listeners: list[Callable[[Exchange], None]] = []
        self._announcing = RLock()
        self._held: deque[Exchange] | None = None
        self.server = ""
        """The server that the next exchanges belong to, if several share the state."""
        self.collect: Callable[[Exchange], None] | None = None
        """Takes what only this server has answered, if several share the state."""
        self.own_servers = {""}
        """The names that this server has, or has had."""
        self.reset()

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self._kept()[0])

    def __len__(self) -> int:
        with self._lock:
            self._load_deferred()
            return self._count

    def __repr__(self) -> str:
        return f"<Journal of {counted(len(self), 'exchange')}>"

    def __str__(self) -> str:
        return self.show()

    def show(self, most: int = 1000) -> str:
        """Return the last ``most`` exchanges, one line each, with secrets masked."""
        kept, dropped = self._kept()
        missing = sum(dropped.values()) + max(0, len(kept) - most)
        head = [f"({counted(missing, 'earlier exchange is', 'earlier exchanges are')} not shown)"] if missing else []
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

    def calls(self, name: str = "*", **criteria: Unpack[CallCriteria]) -> list[Exchange]:
        """Return the exchanges of calls named ``name`` (globs allowed) that meet all ``criteria``.

        Criteria are ``account_sid``, ``sid``, ``status``, ``code``, ``api``, ``region``, and the parameters of these
        calls by name (``Type="apn"``; one of the values if it was sent repeatedly; None if it must be missing). Only
        ``form={"X": "..."}`` can ask for parameters that Twilio does not know. What a call does not read, such as the
        body of a GET, is not compared. Raises ``UsageError`` for an unknown name or criterion.
        """
        return self.search(name, {**criteria}).found

    def expect(self, name: str = "*", *, count: int | None = None, **criteria: Unpack[CallCriteria]) -> list[Exchange]:
        """Assert that exactly ``count`` matching calls arrived, or at least one, and return them.

        The criteria are those of ``calls``. The ``AssertionError`` lists the requests that arrived, the nearest misses
        first, and says whether the journal has dropped exchanges that may have matched.
        """
        __tracebackhide__ = True
        search = self.search(name, {**criteria}, ("count",))
        if len(search.found) == count and not search.dropped if count is not None else search.found:
            return search.found
        raise AssertionError(search.criteria.failure_message(count, search.arrived) + search.dropped)

    def search(self, name: str, criteria: dict[str, Any], keywords: tuple[str, ...] = ()) -> Search:
        """Search for an assertion, which has ``keywords`` besides the criteria.

        Raises ``UsageError`` for an unknown call name or criterion.
        """
        wanted = Criteria(name, criteria, self._call_parameters, keywords)
        arrived, dropped = self._kept()
        wanted_account = wanted.attributes.get("account_sid")
        lost = sum(
            number
            for (account_sid, call_name), number in dropped.items()
            if wanted.is_named(call_name) and (wanted_account is None or account_sid in (None, wanted_account))
        )
        notes = ""
        if lost:
            notes += (
                f"\nthe journal keeps {counted(self._per_account, 'exchange')} "
                f"({MAX_ACCOUNT_BYTES} bytes) per account, "
                f"{self._total} ({MAX_BYTES} bytes) in all, "
                f"and has dropped {counted(lost, 'exchange')} that may have matched; increase journal_limit"
            )
        bodiless = sum(wanted.may_match_without_body(exchange) for exchange in arrived)
        if bodiless:
            notes += (
                f"\nthe journal does not keep bodies of more than {MAX_REFUSED_BYTES} bytes of refused requests, "
                f"and {bodiless} of those may have matched; leave out parameters in the criteria"
            )
        return Search(wanted, arrived, wanted.select(arrived), notes)

    def open(self, at: float, call: Call, name: str | None, endpoint: Endpoint) -> Exchange:
        """Return a new exchange. ``file`` stores it once its account is known."""
        self._number += 1
        return Exchange(self._number, at, call, name, endpoint, self.server)

    def file(self, exchange: Exchange) -> None:
        """Store ``exchange`` with those of its account, and drop the oldest ones over the limits."""
        size = exchange.size = exchange.call.size()
        log = self._logs.get(exchange.account_sid)
        if log is None:
            log = self._logs[exchange.account_sid] = _AccountLog()
        else:
            self._logs.move_to_end(exchange.account_sid)
        log.exchanges.append(exchange)
        log.size += size
        self._size += size
        self._count += 1
        while len(log.exchanges) > self._per_account or (log.size > MAX_ACCOUNT_BYTES and len(log.exchanges) > 1):
            self._drop_oldest(log)
        while (self._count > self._total or self._size > MAX_BYTES) and self._count > 1:
            self._drop_oldest(next(iter(self._logs.values())))

    def defer(self, names: Mapping[str | None, int], load: Load) -> None:
        """Store exchanges of other servers when somebody looks at the journal. ``names`` has how many calls of each
        name they are. Of more than the journal can keep, the oldest are dropped without a look."""
        with self._lock:
            self._deferred.append((self._number + 1, names, load))
            self._number += sum(names.values())
            while sum(sum(one.values()) for _, one, _ in self._deferred) > self._total and len(self._deferred) > 1:
                for name, count in self._deferred.popleft()[1].items():
                    self._dropped[None, name] += count

    def close(self, exchange: Exchange, ended: float, answer: Answer | None = None) -> None:
        """End ``exchange``, with or without a response. ``announce`` tells the listeners, once the lock is released.

        The large body of a refused request is not kept, unless a fault rule refused it: then a test may compare the
        client's attempts.
        """
        exchange.ended = ended
        exchange.discard_defect()
        if exchange.code is not None and exchange.size > MAX_REFUSED_BYTES and not exchange.faults:
            self._resize(exchange, exchange.discard_body)
        if self.keep_bodies and answer is not None:
            self._resize(exchange, lambda: exchange.keep_response(answer))

    def announce(self, exchange: Exchange) -> None:
        """Call the listeners. They may be slow: the caller must not hold the lock."""
        if self._held is not None:
            if self._listeners:
                self._held.append(exchange)
            if self.collect is not None and not exchange.server:
                self.collect(exchange)
            return
        with self._announcing:
            for listener in self._listeners:
                listener(exchange)

    def remove_account(self, sid: str) -> None:
        """Remove the exchanges of an account, as if they had not been made."""
        self._load_deferred()
        log = self._logs.pop(sid, None)
        if log is not None:
            self._size -= log.size
            self._count -= len(log.exchanges)
        for key in [key for key in self._dropped if key[0] == sid]:
            del self._dropped[key]

    def hold(self) -> None:
        """From now on, let the listeners wait for ``announce_held``."""
        self._held = deque()

    def announce_held(self) -> None:
        """Call the listeners with the exchanges that wait, in their order."""
        while self._held:
            with self._announcing:
                for exchange in [self._held.popleft()] if self._held else ():
                    for listener in self._listeners:
                        listener(exchange)

    def reset(self) -> None:
        self._fill({}, Counter(), 0)

    def snapshot(self) -> tuple[dict[str, deque[Exchange]], _Dropped, int]:
        self._load_deferred()
        exchanges = {sid: log.exchanges.copy() for sid, log in self._logs.items()}
        return exchanges, self._dropped.copy(), self._number

    def restore(self, kept: tuple[dict[str, deque[Exchange]], _Dropped, int]) -> None:
        exchanges, dropped, number = kept
        self._fill(exchanges, dropped, number)

    def _fill(self, exchanges: dict[str, deque[Exchange]], dropped: _Dropped, number: int) -> None:
        """Replace everything that is kept. Sizes are summed again, because requests may have lost their bodies."""
        self._logs = OrderedDict((sid, _AccountLog(kept.copy())) for sid, kept in exchanges.items())
        self._count = sum(len(log.exchanges) for log in self._logs.values())
        self._size = sum(log.size for log in self._logs.values())
        self._dropped, self._number = dropped.copy(), number
        self._deferred: deque[tuple[int, Mapping[str | None, int], Load]] = deque()

    def _load_deferred(self) -> None:
        while self._deferred:
            number, _, load = self._deferred.popleft()
            for exchange in load(number):
                self.file(exchange)

    def _drop_oldest(self, log: _AccountLog) -> None:
        """Drop an account's oldest exchange, and the account with its last. Of very many accounts, the number of
        dropped exchanges is only kept for all together."""
        oldest = log.exchanges.popleft()
        log.size -= oldest.size
        self._size -= oldest.size
        self._count -= 1
        if not log.exchanges:
            del self._logs[oldest.account_sid]
        key: tuple[str | None, str | None] = oldest.account_sid, oldest.name
        if len(self._dropped) >= _MAX_COUNTERS and key not in self._dropped:
            key = None, oldest.name
        self._dropped[key] += 1

    def _resize(self, exchange: Exchange, change: Callable[[], None]) -> None:
        """Change the memory that an exchange takes. The next request drops what is then too much."""
        before = exchange.size
        change()
        log = self._logs.get(exchange.account_sid)
        if log is not None and any(kept is exchange for kept in reversed(log.exchanges)):
            log.size += exchange.size - before
            self._size += exchange.size - before

    def _kept(self) -> tuple[list[Exchange], _Dropped]:
        with self._lock:
            self._load_deferred()
            kept = [exchange for log in self._logs.values() for exchange in log.exchanges]
            dropped = self._dropped.copy()
        return sorted(kept, key=lambda exchange: exchange.number), dropped
