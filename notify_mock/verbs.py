"""The five verbs, each for every resource: nothing is touched before everything is valid."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from notify_mock import pages
from notify_mock.errors import NotFound
from notify_mock.exchange import Exchange
from notify_mock.resource import Resource, Verb
from notify_mock.state import State
from notify_mock.store import Shelf

Outcome = tuple[int, str]
"""Status and JSON body; "" for no body."""


class Visit(NamedTuple):
    """A call that was let in. ``url`` is the collection's, as the caller would write it."""

    state: State
    exchange: Exchange
    resource: Resource[Any]
    url: str
    sid: str
    lag: float

    @property
    def shelf(self) -> Shelf[Any]:
        """The records, as they stood ``lag`` seconds ago."""
        shelf = self.state.store.shelf(self.resource.name, self.exchange.account_sid, self.exchange.region)
        return shelf.as_of(self.state.clock.time() - self.lag) if self.lag else shelf

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
    values = visit.resource.create(visit.exchange.call.form)
    now = visit.now()
    record = visit.resource.record(
        sid=visit.state.sids.new(visit.resource.prefix),
        account_sid=visit.exchange.account_sid,
        region=visit.exchange.region,
        date_created=now,
        date_updated=now,
        **values,
    )
    visit.exchange.sid = record.sid
    shelf = visit.state.store.shelf(visit.resource.name, visit.exchange.account_sid, visit.exchange.region, make=True)
    shelf.add(record, visit.state.clock.time())
    return 201, visit.show(record)


def fetch(visit: Visit) -> Outcome:
    if visit.state.store.forgets(visit.sid):
        raise NotFound("a fault rule made it forgotten", path=visit.exchange.path)
    return 200, visit.show(visit.record())


def read_many(visit: Visit) -> Outcome:
    """A page, oldest record first (inferred from sibling products)."""
    shelf = visit.shelf
    paging = pages.read_paging(visit.exchange.call.query, shelf)
    records, meta = pages.page_of(shelf, paging, visit.url, visit.resource.key)
    shown = ", ".join(visit.show(record) for record in records)
    return 200, f'{{"meta": {json.dumps(meta)}, "{visit.resource.key}": [{shown}]}}'


def update(visit: Visit) -> Outcome:
    """200 and the record; without any parameter too (observed for Notify's services)."""
    record = visit.record()
    values = visit.resource.update(visit.exchange.call.form, record)
    record = replace(record, date_updated=visit.now(), **values)
    visit.shelf.replace(record, visit.state.clock.time())
    return 200, visit.show(record)


def delete(visit: Visit) -> Outcome:
    visit.record()
    visit.shelf.remove(visit.sid, visit.state.clock.time())
    return 204, ""


VERBS: Mapping[Verb, Callable[[Visit], Outcome]] = {
    "create": create,
    "fetch": fetch,
    "list": read_many,
    "update": update,
    "delete": delete,
}
