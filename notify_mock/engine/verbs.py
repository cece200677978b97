"""The five verbs, each for every resource. Each validates the whole request before changing any state."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from notify_mock.engine.state import State
from notify_mock.journal.exchange import Exchange
from notify_mock.resources.resource import Filter, Resource, Verb
from notify_mock.store.collections import Collection, Key
from notify_mock.store.selection import Conditions, Selection
from notify_mock.support.address import foreign_origin
from notify_mock.twilio_api import paging
from notify_mock.twilio_api.errors import NotFound
from notify_mock.twilio_api.messages import Params

Result = tuple[int, str]
"""Status and JSON body ("" for no body)."""


class RequestContext(NamedTuple):
    """An authenticated call. ``url`` is the URL of the collection at the host of the call. ``lag`` is how many seconds
    old the data is. ``parent_sid`` is the SID of the parent record, "" if there is none."""

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
    def collection(self) -> Collection[Any]:
        """The records as they were ``lag`` seconds ago. Raises ``NotFound`` if the parent record does not exist."""
        if self.parent_sid:
            self.parent()
        exchange = self.exchange
        collection = self.state.store.collection(
            Key(self.resource.name, exchange.account_sid, exchange.region, self.parent_sid)
        )
        return self._as_of(collection) if self.lag else collection

    def parent(self) -> Any:
        """Return the parent record, or None for a resource without one. Raises ``NotFound``."""
        above = self.resource.parent
        if above is None:
            return None
        collection = self.state.store.collection(Key(above.name, self.exchange.account_sid, self.exchange.region))
        found = (self._as_of(collection) if self.lag else collection).get(self.parent_sid)
        if found is None:
            raise self._not_found(above.name, self.parent_sid)
        return found

    @property
    def foreign_origin(self) -> str:
        """The web page of another machine that sent the call, or "" if none did."""
        return foreign_origin(self.exchange.call.headers.get("origin"))

    def _as_of(self, collection: Collection[Any]) -> Collection[Any]:
        return collection.as_of(self.state.clock.time() - self.lag)

    def now(self) -> datetime:
        """Return the time in whole seconds, like Twilio's dates."""
        return self.state.clock.now().replace(microsecond=0)

    def record(self) -> Any:
        """Return the record that the path names. Raises ``NotFound``, also for a malformed SID."""
        found = self.collection.get(self.sid)
        if found is None:
            raise self._not_found(self.resource.name, self.sid)
        return found

    def _not_found(self, resource: str, sid: str) -> NotFound:
        reason = f"no {resource} {sid}{self.elsewhere(resource, sid)}"
        return NotFound(reason, path=self.exchange.path)

    def elsewhere(self, resource: str, sid: str | None = None) -> str:
        """Say in which other account, region or service the record ``sid`` exists, or any record if no SID is given.

        Returns "" if it exists nowhere.
        """
        found = self.state.store.whereabouts(resource, sid)
        if found is None:
            return ""
        asked = self.key
        pairs = (
            ("account", found.account_sid, asked.account_sid),
            ("region", found.region, asked.region),
            ("service", found.parent, asked.parent if sid and resource == self.resource.name else found.parent),
        )
        wrong = [(f"{name} {there}", f"{name} {here}") for name, there, here in pairs if there != here]
        if not wrong:
            return ""
        there, here = (", ".join(side) for side in zip(*wrong, strict=True))
        subject = "it exists" if sid else f"there are {resource}s"
        return f"; {subject} in {there}, but the request was for {here}"

    def show(self, record: Any) -> str:
        """Return the record's JSON on one line, with spaces after separators (observed)."""
        url = f"{self.url}/{record.sid}"
        return self.state.store.text(record, url, lambda: json.dumps(self.resource.show(record, url)))


def create(context: RequestContext) -> Result:
    """Return 201 and the new record."""
    return 201, context.show(create_record(context))


def create_record(context: RequestContext) -> Any:
    """Store the new record and return it. Raises ``TwilioError``."""
    parent = context.parent()
    resource, state, exchange = context.resource, context.state, context.exchange
    values = resource.create(exchange.call.form, parent)
    replaced = resource.find_replaced(values, context.collection)
    now = context.now()
    record = resource.record(
        sid=state.sids.new(resource.prefix),
        account_sid=exchange.account_sid,
        region=exchange.region,
        date_created=now,
        date_updated=now,
        **resource.parent_field(context.parent_sid),
        **values,
        **resource.note_page(values, context.foreign_origin),
    )
    exchange.sid = record.sid
    if replaced is not None:
        state.store.remove(context.key, replaced.sid, state.clock.time())
    state.store.make(context.key, resource.terms).add(record, state.clock.time())
    return record


def fetch(context: RequestContext) -> Result:
    if context.state.store.forgets(context.sid):
        raise NotFound("hidden by a fault rule", path=context.exchange.path)
    return 200, context.show(context.record())


def read_many(context: RequestContext) -> Result:
    """Return 200 and a page of records, oldest first (inferred from sibling products)."""
    query = context.exchange.call.query
    listed: paging.Listed = context.collection
    url = context.url
    if context.resource.filters and query.pairs:
        listed, url = _filtered(context.collection, context.resource.filters, query, url)
    page = paging.read_paging(query, listed)
    records, meta = paging.page_of(listed, page, url, context.resource.key)
    if not records and not len(context.collection):
        context.exchange.reason = context.elsewhere(context.resource.name).removeprefix("; ")
    shown = ", ".join(context.show(record) for record in records)
    return 200, f'{{"meta": {json.dumps(meta)}, "{context.resource.key}": [{shown}]}}'


def _filtered(
    collection: Collection[Any], filters: tuple[Filter, ...], query: Params, url: str
) -> tuple[paging.Listed, str]:
    """Return the records that pass the filters, and the URL with the filters before the paging parameters
    (documented)."""
    sent = [(item.name, value) for item in filters for value in query.all(item.name)]
    if not sent:
        return collection, url
    read = [item.read(query) for item in filters if item.name in query]
    terms = tuple(group for conditions in read for group in conditions.terms)
    tests = tuple(test for conditions in read for test in conditions.tests)
    return Selection(collection, Conditions(terms, tests)), f"{url}?{urlencode(sent)}"


def update(context: RequestContext) -> Result:
    """Return 200 and the record, also without any parameter (observed for Notify's services)."""
    record = context.record()
    values = context.resource.update(context.exchange.call.form, record)
    noted = context.resource.note_page(values, context.foreign_origin)
    record = replace(record, date_updated=context.now(), **values, **noted)
    context.collection.replace(record, context.state.clock.time())
    return 200, context.show(record)


def delete(context: RequestContext) -> Result:
    """Return 204. Records that belong to the record are deleted with it."""
    context.record()
    context.state.store.remove(context.key, context.sid, context.state.clock.time())
    return 204, ""


VERBS: Mapping[Verb, Callable[[RequestContext], Result]] = {
    "create": create,
    "fetch": fetch,
    "list": read_many,
    "update": update,
    "delete": delete,
}
