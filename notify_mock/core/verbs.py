"""The five verbs, each for every resource: nothing is touched before everything is valid."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from notify_mock.core.state import State
from notify_mock.journal.exchange import Exchange
from notify_mock.protocol.errors import NotFound
from notify_mock.protocol.messages import Params
from notify_mock.resources import paging
from notify_mock.resources.resource import Filter, Resource, Verb
from notify_mock.store.collections import Key, Shelf
from notify_mock.store.selection import Conditions, Selection

Outcome = tuple[int, str]
"""Status and JSON body; "" for no body."""


class Visit(NamedTuple):
    """A call that was let in. ``url`` is the collection's, as the caller would write it; ``parent_sid`` is that of the
    record that the collection belongs to, "" where there is none."""

    state: State
    exchange: Exchange
    resource: Resource[Any]
    url: str
    sid: str
    lag: float
    parent_sid: str = ""

    @property
    def key(self) -> Key:
        return Key(self.resource.name, self.exchange.account_sid, self.exchange.region, self.parent_sid)

    @property
    def shelf(self) -> Shelf[Any]:
        """The records, as they stood ``lag`` seconds ago. Raises ``NotFound`` when what they belong to isn't there."""
        if self.parent_sid:
            self.parent()
        exchange = self.exchange
        shelf = self.state.store.shelf(Key(self.resource.name, exchange.account_sid, exchange.region, self.parent_sid))
        return self._back(shelf) if self.lag else shelf

    def parent(self) -> Any:
        """The record that the collection belongs to, None where there is none. Raises ``NotFound``."""
        above = self.resource.parent
        if above is None:
            return None
        shelf = self.state.store.shelf(Key(above.name, self.exchange.account_sid, self.exchange.region))
        found = (self._back(shelf) if self.lag else shelf).get(self.parent_sid)
        if found is None:
            raise NotFound(f"no {above.name} {self.parent_sid}", path=self.exchange.path)
        return found

    def _back(self, shelf: Shelf[Any]) -> Shelf[Any]:
        return shelf.as_of(self.state.clock.time() - self.lag)

    def now(self) -> datetime:
        """Whole seconds, as Twilio's dates are."""
        return self.state.clock.now().replace(microsecond=0)

    def record(self) -> Any:
        """The record that the path names; its sid is taken as given. Raises ``NotFound``."""
        found = self.shelf.get(self.sid)
        if found is None:
            raise NotFound(f"no {self.resource.name} {self.sid}", path=self.exchange.path)
        return found

    def show(self, record: Any) -> str:
        """The record's JSON: one line, spaced (observed)."""
        url = f"{self.url}/{record.sid}"
        return self.state.store.text(record, url, lambda: json.dumps(self.resource.show(record, url)))


def create(visit: Visit) -> Outcome:
    """201 and the new record."""
    return 201, visit.show(make(visit))


def make(visit: Visit) -> Any:
    """The new record, on its shelf. Raises ``TwilioError``."""
    parent = visit.parent()
    resource, state, exchange = visit.resource, visit.state, visit.exchange
    values = resource.create(exchange.call.form, parent)
    replaced = resource.room(values, visit.shelf)
    now = visit.now()
    record = resource.record(
        sid=state.sids.new(resource.prefix),
        account_sid=exchange.account_sid,
        region=exchange.region,
        date_created=now,
        date_updated=now,
        **resource.belonging(visit.parent_sid),
        **values,
    )
    exchange.sid = record.sid
    if replaced is not None:
        state.store.remove(visit.key, replaced.sid, state.clock.time())
    state.store.make(visit.key, resource.terms).add(record, state.clock.time())
    return record


def fetch(visit: Visit) -> Outcome:
    if visit.state.store.forgets(visit.sid):
        raise NotFound("a fault rule made it forgotten", path=visit.exchange.path)
    return 200, visit.show(visit.record())


def read_many(visit: Visit) -> Outcome:
    """A page, oldest record first (inferred from sibling products)."""
    query = visit.exchange.call.query
    listed: paging.Listed = visit.shelf
    url = visit.url
    if visit.resource.filters and query.pairs:
        listed, url = _filtered(visit.shelf, visit.resource.filters, query, url)
    asked = paging.read_paging(query, listed)
    records, meta = paging.page_of(listed, asked, url, visit.resource.key)
    shown = ", ".join(visit.show(record) for record in records)
    return 200, f'{{"meta": {json.dumps(meta)}, "{visit.resource.key}": [{shown}]}}'


def _filtered(shelf: Shelf[Any], filters: tuple[Filter, ...], query: Params, url: str) -> tuple[paging.Listed, str]:
    """What the filters leave of the shelf, and the URL with them in front of the paging parameters (documented)."""
    sent = [(one.name, value) for one in filters for value in query.all(one.name)]
    if not sent:
        return shelf, url
    read = [one.read(query) for one in filters if one.name in query]
    terms = tuple(group for conditions in read for group in conditions.terms)
    tests = tuple(test for conditions in read for test in conditions.tests)
    return Selection(shelf, Conditions(terms, tests)), f"{url}?{urlencode(sent)}"


def update(visit: Visit) -> Outcome:
    """200 and the record; without any parameter too (observed for Notify's services)."""
    record = visit.record()
    values = visit.resource.update(visit.exchange.call.form, record)
    record = replace(record, date_updated=visit.now(), **values)
    visit.shelf.replace(record, visit.state.clock.time())
    return 200, visit.show(record)


def delete(visit: Visit) -> Outcome:
    """204; what belongs to the record goes with it."""
    visit.record()
    visit.state.store.remove(visit.key, visit.sid, visit.state.clock.time())
    return 204, ""


VERBS: Mapping[Verb, Callable[[Visit], Outcome]] = {
    "create": create,
    "fetch": fetch,
    "list": read_many,
    "update": update,
    "delete": delete,
}
