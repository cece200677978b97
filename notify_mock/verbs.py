"""The five verbs, each for every resource: nothing is touched before everything is valid."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from notify_mock import pages
from notify_mock.errors import NotFound
from notify_mock.journal import Exchange
from notify_mock.resource import Resource, Verb
from notify_mock.state import State
from notify_mock.store import Shelf

Outcome = tuple[int, dict[str, Any] | None]
"""Status and JSON body; None for no body."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A call that was let in. ``url`` is the collection's, as the caller would write it."""

    state: State
    exchange: Exchange
    resource: Resource[Any]
    account_sid: str
    region: str
    url: str
    sid: str = ""

    @property
    def shelf(self) -> Shelf[Any]:
        return self.state.store.shelf(self.resource.name, self.account_sid, self.region)

    def now(self) -> datetime:
        """Whole seconds, as Twilio's dates are."""
        return self.state.clock.now().replace(microsecond=0)

    def record(self) -> Any:
        """The record that the path names; its sid is taken as given. Raises ``NotFound``."""
        self.exchange.sid = self.sid
        found = self.shelf.get(self.sid)
        if found is None:
            raise NotFound(f"no {self.resource.name} {self.sid}", path=self.exchange.path)
        return found

    def show(self, record: Any) -> dict[str, Any]:
        return self.resource.show(record, f"{self.url}/{record.sid}")


def create(visit: Visit) -> Outcome:
    """201 and the new record."""
    values = visit.resource.create(visit.exchange.call.form)
    now = visit.now()
    record = visit.resource.record(
        sid=visit.state.sids.new(visit.resource.prefix),
        account_sid=visit.account_sid,
        region=visit.region,
        date_created=now,
        date_updated=now,
        **values,
    )
    visit.exchange.sid = record.sid
    visit.shelf.add(record)
    return 201, visit.show(record)


def fetch(visit: Visit) -> Outcome:
    return 200, visit.show(visit.record())


def read_many(visit: Visit) -> Outcome:
    """A page, oldest record first (inferred from sibling products)."""
    shelf = visit.shelf
    paging = pages.read_paging(visit.exchange.call.query, shelf)
    records, meta = pages.page_of(shelf, paging, visit.url, visit.resource.key)
    return 200, {"meta": meta, visit.resource.key: [visit.show(record) for record in records]}


def update(visit: Visit) -> Outcome:
    """200 and the record; without any parameter too (observed for Notify's services)."""
    record = visit.record()
    values = visit.resource.update(visit.exchange.call.form, record)
    record = replace(record, date_updated=visit.now(), **values)
    visit.shelf.replace(record)
    return 200, visit.show(record)


def delete(visit: Visit) -> Outcome:
    visit.record()
    visit.shelf.remove(visit.sid)
    return 204, None


VERBS: Mapping[Verb, Callable[[Visit], Outcome]] = {
    "create": create,
    "fetch": fetch,
    "list": read_many,
    "update": update,
    "delete": delete,
}
