"""Reads that one server has answered, for the journals of the others."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from typing import Any

from notify_mock.command_log.entry import READS, Command
from notify_mock.journal.exchange import Exchange
from notify_mock.journal.journal import Journal
from notify_mock.twilio_api.messages import Call, Params
from notify_mock.twilio_api.products import Endpoint

_MOST = 500
"""Reads in one entry."""


class Reads:
    """The reads of this server that the others do not know yet, and those of others on their way to ``journal``."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._new: list[Exchange] = []
        self._taken: list[Exchange] = []

    def share(self) -> None:
        """From now on, collect the reads of this server."""
        self._journal.subscribe(self._collect)

    def take(self, generation: int) -> list[Command]:
        """Return commands with the reads that were collected, for a state that was reset ``generation`` times."""
        self._taken, self._new = self._new, []
        return [
            Command(READS, {"generation": generation, **_written(self._taken[start : start + _MOST])})
            for start in range(0, len(self._taken), _MOST)
        ]

    def give_back(self) -> None:
        """Collect again what was taken, as far as the journal would keep it."""
        self._new = [*self._taken, *self._new][-20 * _MOST :]

    def clear(self) -> None:
        """Forget what was collected: the journal has been reset."""
        self._new.clear()

    def add(self, data: dict[str, Any], server: str) -> None:
        """Add the reads of another server to the journal."""
        names = {name or None: count for name, count in data["names"].items()}
        self._journal.defer(names, lambda number: _read(number, data, server))

    def _collect(self, exchange: Exchange) -> None:
        if not exchange.server:
            self._new.append(exchange)


def _written(exchanges: list[Exchange]) -> dict[str, Any]:
    """Return reads as text, which nobody needs to parse who does not look at it. What they share is written once."""
    shared: dict[Any, int] = {}
    rows = []
    for one in exchanges:
        call = one.call
        common = (
            *(one.name, one.account_sid, one.api, one.region, one.base),
            *(call.method, call.host, call.scheme, call.unread, tuple(call.headers.items())),
        )
        row: list[Any] = [
            shared.setdefault(common, len(shared)),
            one.at,
            one.ended,
            one.path,
            one.sid,
            one.status,
            one.code,
        ]
        row += [one.reason, call.path, call.query.pairs, call.form.pairs, b64encode(call.body).decode()]
        row.append(None if one.response_body is None else b64encode(one.response_body).decode())
        rows.append(row)
    names = Counter(one.name or "" for one in exchanges)
    return {"names": names, "reads": json.dumps([list(shared), rows], separators=(",", ":"))}


def _read(number: int, data: dict[str, Any], server: str) -> Iterator[Exchange]:
    shared, rows = json.loads(data["reads"])
    for offset, (index, at, ended, path, sid, status, code, *rest) in enumerate(rows):
        name, account_sid, api, region, base, method, host, scheme, unread, headers = shared[index]
        reason, call_path, query, form, body, response = rest
        call = Call(
            *(method, host, call_path, _params(query), _params(form), dict(headers), scheme, None, unread),
            b64decode(body),
        )
        exchange = Exchange(number + offset, at, call, name, Endpoint(api, region, base, path), server)
        exchange.account_sid, exchange.sid, exchange.ended = account_sid, sid, ended
        exchange.status, exchange.code, exchange.reason = status, code, reason
        exchange.response_body = None if response is None else b64decode(response)
        yield exchange


def _params(pairs: list[list[str]]) -> Params:
    return Params(tuple((name, value) for name, value in pairs))
