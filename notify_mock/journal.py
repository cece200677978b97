"""The journal: which requests arrived and what was answered, for asserting and for the report of a failing test."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from fnmatch import fnmatchcase
from typing import NamedTuple

from notify_mock.call import Call
from notify_mock.doors import Entrance
from notify_mock.redaction import show_pairs, show_text

PER_ACCOUNT = 1000
"""Exchanges kept for each account unless told otherwise."""

_SHOWN = 20


class Exchange:
    """One request and its answer.

    ``name`` is the call's (``credential.create``) or None when it is no call of the API; ``account_sid`` is "" when the
    caller wasn't let in; ``sid`` is the record's; ``path`` is what stands behind the version, as a 404 names it.
    ``status`` and ``code`` are None until answered, ``code`` stays None when nothing was refused. ``reason`` says more
    of a refusal than Twilio does.
    """

    __slots__ = (
        "account_sid",
        "at",
        "call",
        "code",
        "door",
        "name",
        "number",
        "path",
        "reason",
        "region",
        "sid",
        "status",
    )

    def __init__(self, number: int, at: float, call: Call, name: str | None, entrance: Entrance) -> None:
        self.number, self.at, self.call, self.name = number, at, call, name
        self.door, self.region, _, self.path = entrance
        self.account_sid = ""
        self.sid: str | None = None
        self.status: int | None = None
        self.code: int | None = None
        self.reason = ""

    @property
    def time(self) -> datetime:
        """When it arrived, on the emulator's clock, in UTC."""
        return datetime.fromtimestamp(self.at, timezone.utc)

    def parameter(self, name: str) -> str | None:
        """A form or query parameter as it was sent, secrets included."""
        return self.call.form.get(name, self.call.query.get(name))

    def __str__(self) -> str:
        answer = "no answer yet" if self.status is None else str(self.status)
        if self.code is not None:
            answer += f" {self.code}"
        if self.reason:
            answer += f" ({show_text(self.reason)})"
        return f"#{self.number} {self.time:%H:%M:%S.%f}Z {self.name or 'no call'}: {self.call} -> {answer}"

    def __repr__(self) -> str:
        return f"<Exchange {self}>"


class _Sought(NamedTuple):
    """What an assertion looks for."""

    name: str
    attributes: dict[str, object]
    parameters: dict[str, str]

    def misses(self, exchange: Exchange) -> list[str]:
        """The ways in which ``exchange`` is something else."""
        wrong = [
            f"{key} is {getattr(exchange, key)!r}"
            for key, value in self.attributes.items()
            if getattr(exchange, key) != value
        ]
        for name, value in self.parameters.items():
            got = exchange.parameter(name)
            if got != value:
                wrong.append(f"{name} is missing" if got is None else f"got {show_pairs([(name, got)])}")
        return wrong

    def is_called(self, name: str | None) -> bool:
        return fnmatchcase(name or "", self.name)


class Journal:
    """Bounded per account; oldest exchanges go first, and assertions that they would have mattered to say so."""

    def __init__(self, lock: AbstractContextManager[bool], per_account: int = PER_ACCOUNT) -> None:
        self._lock = lock
        self._per_account = per_account
        self._listeners: list[Callable[[Exchange], None]] = []
        self.reset()

    def __iter__(self) -> Iterator[Exchange]:
        with self._lock:
            kept = [exchange for page in self._pages.values() for exchange in page]
        return iter(sorted(kept, key=lambda exchange: exchange.number))

    def __len__(self) -> int:
        with self._lock:
            return sum(len(page) for page in self._pages.values())

    def __repr__(self) -> str:
        return f"<Journal of {len(self)} exchanges>"

    def __str__(self) -> str:
        return self.show()

    def show(self, most: int = 1000) -> str:
        """The last ``most`` exchanges, one line each, secrets masked."""
        lines = [str(exchange) for exchange in self]
        missing = sum(self._dropped.values()) + max(0, len(lines) - most)
        head = [f"({missing} earlier exchanges are not shown)"] if missing else []
        return "\n".join(head + lines[-most:]) or "no request arrived"

    @property
    def last(self) -> Exchange:
        """The newest exchange. Raises ``LookupError`` when there is none."""
        newest = list(self)[-1:]
        if not newest:
            raise LookupError("no request arrived")
        return newest[0]

    def subscribe(self, listener: Callable[[Exchange], None]) -> None:
        """Have ``listener`` called with every exchange once it is answered. A reset keeps listeners."""
        self._listeners.append(listener)

    def calls(
        self,
        name: str = "*",
        *,
        account_sid: str | None = None,
        sid: str | None = None,
        status: int | None = None,
        code: int | None = None,
        door: str | None = None,
        **parameters: str,
    ) -> list[Exchange]:
        """The exchanges of calls named ``name`` (globs allowed) that agree with all that is given.

        ``parameters`` are Twilio's own, by name: ``Type="apn"``.
        """
        sought = _sought(name, parameters, account_sid=account_sid, sid=sid, status=status, code=code, door=door)
        return [exchange for exchange in self if sought.is_called(exchange.name) and not sought.misses(exchange)]

    def expect(
        self,
        name: str = "*",
        *,
        count: int | None = None,
        account_sid: str | None = None,
        sid: str | None = None,
        status: int | None = None,
        code: int | None = None,
        door: str | None = None,
        **parameters: str,
    ) -> list[Exchange]:
        """Assert that such calls arrived, ``count`` of them or at least one, and return them.

        The filters are those of ``calls``. Raises ``AssertionError``, which lists what did arrive and the nearest
        misses, and says so when the journal has dropped exchanges that could have counted.
        """
        __tracebackhide__ = True
        sought = _sought(name, parameters, account_sid=account_sid, sid=sid, status=status, code=code, door=door)
        arrived = list(self)
        named = [exchange for exchange in arrived if sought.is_called(exchange.name)]
        found = [exchange for exchange in named if not sought.misses(exchange)]
        dropped = sum(
            number
            for (account, call_name), number in self._dropped.items()
            if sought.is_called(call_name) and account_sid in (None, account)
        )
        met = (len(found) == count and not dropped) if count is not None else bool(found)
        if met:
            return found
        raise AssertionError(_complaint(sought, count, found, named, arrived, dropped, self._per_account))

    def open(self, at: float, call: Call, name: str | None, entrance: Entrance) -> Exchange:
        """A new exchange; ``file`` keeps it once it is known whose it is."""
        self._number += 1
        return Exchange(self._number, at, call, name, entrance)

    def file(self, exchange: Exchange) -> None:
        """Keep ``exchange`` with those of its account."""
        page = self._pages.get(exchange.account_sid)
        if page is None:
            page = self._pages[exchange.account_sid] = deque(maxlen=self._per_account)
        if len(page) == self._per_account:
            self._dropped[page[0].account_sid, page[0].name] += 1
        page.append(exchange)

    def close(self, exchange: Exchange, status: int, code: int | None, reason: str) -> None:
        """Note the answer."""
        exchange.status, exchange.code, exchange.reason = status, code, reason
        for listener in self._listeners:
            listener(exchange)

    def reset(self) -> None:
        self._pages: dict[str, deque[Exchange]] = {}
        self._dropped: Counter[tuple[str, str | None]] = Counter()
        self._number = 0

    def snapshot(self) -> tuple[dict[str, deque[Exchange]], Counter[tuple[str, str | None]], int]:
        return {sid: page.copy() for sid, page in self._pages.items()}, self._dropped.copy(), self._number

    def restore(self, kept: tuple[dict[str, deque[Exchange]], Counter[tuple[str, str | None]], int]) -> None:
        pages, dropped, number = kept
        self._pages = {sid: page.copy() for sid, page in pages.items()}
        self._dropped, self._number = dropped.copy(), number


def _sought(name: str, parameters: dict[str, str], **attributes: object) -> _Sought:
    return _Sought(name, {key: value for key, value in attributes.items() if value is not None}, parameters)


def _complaint(
    sought: _Sought,
    count: int | None,
    found: list[Exchange],
    named: list[Exchange],
    arrived: list[Exchange],
    dropped: int,
    limit: int,
) -> str:
    wanted = "at least one" if count is None else str(count)
    criteria = [f"{key}={value!r}" for key, value in sought.attributes.items()]
    criteria += [show_pairs([pair]) for pair in sought.parameters.items()]
    lines = [
        f"expected {wanted} of {sought.name}{' with ' + ', '.join(criteria) if criteria else ''}, found {len(found)}"
    ]
    if dropped:
        lines.append(
            f"the journal keeps {limit} exchanges for an account and has dropped {dropped} that may have counted; "
            f"raise journal_limit"
        )
    lines += _listed("found", [str(exchange) for exchange in found])
    misses = sorted((exchange for exchange in named if sought.misses(exchange)), key=lambda e: len(sought.misses(e)))
    lines += _listed("nearest misses", [f"{e}  <- {'; '.join(sought.misses(e))}" for e in misses])
    lines += _listed("other requests", [str(exchange) for exchange in arrived if exchange not in named])
    if not arrived:
        lines.append("no request arrived at all")
    return "\n".join(lines)


def _listed(title: str, entries: list[str]) -> list[str]:
    if not entries:
        return []
    more = [f"  ... and {len(entries) - _SHOWN} more"] if len(entries) > _SHOWN else []
    return [f"{title} ({len(entries)}):", *(f"  {entry}" for entry in entries[:_SHOWN]), *more]
