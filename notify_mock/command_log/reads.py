"""Reads that one server has answered, for the journals of the others."""

from __future__ import annotations

import json
import sys
from array import array
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from typing import Any

from notify_mock.command_log.entry import READS, Command
from notify_mock.command_log.plain import Decoder
from notify_mock.journal.exchange import Exchange
from notify_mock.journal.journal import Journal
from notify_mock.twilio_api.messages import Answer, Call, Params
from notify_mock.twilio_api.products import Endpoint

_MOST = 500
"""Reads in one entry."""

_MOST_BATCHES = 40
"""Entries that are kept while the store takes none: as many reads as the journal keeps."""


class _Batch:
    """Reads: what differs between them, and which of those each is and when it arrived. Much is the same in many."""

    __slots__ = ("indexes", "kinds", "times")

    def __init__(self) -> None:
        self.kinds: dict[tuple[Any, ...], int] = {}
        self.indexes, self.times = array("H"), array("d")

    def add(self, one: Exchange) -> None:
        """Add a read. The exchange itself isn't kept: thousands of them would make garbage collection slow."""
        call = one.call
        kind = (
            one.name,
            one.account_sid,
            one.api,
            one.region,
            one.base,
            one.path,
            one.sid,
            one.status,
            one.code,
            one.reason,
            one.refusal and one.refusal.__name__,
            one.response and (one.response.status, tuple(one.response.headers), one.response.body),
            call.method,
            call.host,
            call.path,
            call.query.pairs,
            call.form.pairs,
            tuple(call.headers.items()),
            call.scheme,
            call.unread,
            call.body,
        )
        self.indexes.append(self.kinds.setdefault(kind, len(self.kinds)))
        self.times.append(one.at)

    def written(self) -> dict[str, Any]:
        """Return the reads as text, which nobody needs to parse who does not look at them."""
        kinds = list(self.kinds)
        names: Counter[str] = Counter()
        for index, count in Counter(self.indexes).items():
            names[kinds[index][0] or ""] += count
        content = [kinds, _text(self.indexes.tobytes()), _text(self.times.tobytes()), sys.byteorder]
        return {"names": names, "reads": json.dumps(content, separators=(",", ":"), default=_text)}


class Reads:
    """The reads of this server that the others do not know yet, and those of others on their way to ``journal``.

    The caller holds the engine's lock.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._batches = [_Batch()]
        self._taken: list[_Batch] = []

    def share(self) -> None:
        """From now on, collect the reads of this server."""
        self._journal.collect = self._collect

    def take(self, generation: int) -> list[Command]:
        """Return commands with the reads that were collected, for a state that was reset ``generation`` times."""
        self._taken, self._batches = [one for one in self._batches if one.times], [_Batch()]
        return [Command(READS, {"generation": generation, **batch.written()}) for batch in self._taken]

    def give_back(self) -> None:
        """Collect again what was taken, as far as the journal would keep it."""
        self._batches = [*self._taken, *self._batches][-_MOST_BATCHES:]

    def clear(self) -> None:
        """Forget what was collected: the journal has been reset."""
        self._batches = [_Batch()]

    def add(self, data: dict[str, Any], server: str) -> None:
        """Add the reads of another server to the journal."""
        names = {name or None: count for name, count in data["names"].items()}
        self._journal.defer(names, lambda number: _read(number, data["reads"], server))

    def _collect(self, exchange: Exchange) -> None:
        batch = self._batches[-1]
        if len(batch.times) >= _MOST:
            batch = _Batch()
            self._batches.append(batch)
        batch.add(exchange)


def _read(number: int, text: str, server: str) -> Iterator[Exchange]:
    kinds, *packed, order = json.loads(text)
    indexes, times = (_unpacked(kind, one, order) for kind, one in zip("Hd", packed, strict=True))
    for offset, (index, at) in enumerate(zip(indexes, times, strict=True)):
        name, account_sid, api, region, base, path, sid, status, code, reason, refusal, response, *rest = kinds[index]
        method, host, call_path, query, form, headers, scheme, unread, body = rest
        call = Call(
            *(method, host, call_path, _params(query), _params(form), dict(headers), scheme, None, unread),
            b64decode(body),
        )
        exchange = Exchange(number + offset, at, call, name, Endpoint(api, region, base, path), server)
        exchange.account_sid, exchange.sid, exchange.ended = account_sid, sid, at
        exchange.status, exchange.code, exchange.reason = status, code, reason
        exchange.refusal = refusal and Decoder().decode(["error", refusal])
        exchange.response = response and Answer(response[0], [*map(tuple, response[1])], b64decode(response[2]))
        yield exchange


def _unpacked(kind: str, text: str, order: str) -> array[Any]:
    numbers = array(kind)
    numbers.frombytes(b64decode(text))
    if order != sys.byteorder:
        numbers.byteswap()
    return numbers


def _text(value: bytes) -> str:
    return b64encode(value).decode()


def _params(pairs: list[list[str]]) -> Params:
    return Params(tuple((name, value) for name, value in pairs))
