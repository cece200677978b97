"""Finds the records that a call depends on, as far as the emulator still knows them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from datetime import datetime, timezone
from typing import Any

from notify_mock.deliveries.delivery import Delivery
from notify_mock.engine.records import Records
from notify_mock.engine.routes import RouteMatch, find_route
from notify_mock.journal.exchange import Exchange
from notify_mock.resources.resource import Resource
from notify_mock.twilio_api.errors import NotFound

MAX_DELIVERIES = 20
"""The most deliveries of a notification whose bindings are added, failed ones first."""

_MADE_UP = {"type": "fcm", "identity": "alice", "binding_type": "sms", "address": "+15550100"}
"""Fields of a record that is no longer known."""


def chosen(deliveries: Sequence[Delivery]) -> list[Delivery]:
    """Return the deliveries that a test looks at: the first 20, failed ones first."""
    return sorted(deliveries, key=lambda delivery: delivery.problem is None)[:MAX_DELIVERIES]


def needed_records(exchange: Exchange, records: Sequence[Records[Any]], deliveries: Sequence[Delivery]) -> list[Any]:
    """Return the records that the path names and those that ``deliveries`` used, parents first.

    What a 404 is about is left out. A record that the emulator no longer knows is made up.
    """
    match = find_route(exchange.api, exchange.path) if exchange.name else None
    route = match.route(exchange.call.method) if match else None
    if match is None or route is None or not exchange.account_sid:
        return []
    by_name = {one.resource.name: one for one in records}
    found = {one.sid: one for one in _of_path(exchange, route.resource, match, by_name)}
    for delivery in deliveries:
        for name, sid in (("credential", delivery.credential_sid), ("binding", delivery.binding_sid)):
            known = by_name[name].last_known(sid) if sid else None
            if known is not None and known.account_sid == exchange.account_sid and known.region == exchange.region:
                found[known.sid] = known
    order = [one.resource.record for one in records]
    return sorted(found.values(), key=lambda record: order.index(type(record)))


def _of_path(
    exchange: Exchange, resource: Resource[Any], match: RouteMatch, by_name: dict[str, Records[Any]]
) -> Iterator[Any]:
    """Yield the parent and the record that the path names, and that of a page's token."""
    is_missing = exchange.refusal is NotFound or exchange.status == 404
    lacks_parent = is_missing and not _is_known(match.parent, resource.parent, exchange, by_name)
    if resource.parent is not None and match.parent and not lacks_parent:
        yield _record(resource.parent, match.parent, exchange, by_name)
    if resource.seed is None or is_missing:
        return
    token = exchange.call.query.get("PageToken") or ""
    for sid in (match.sid, token[2:] if exchange.code is None else ""):
        if sid:
            yield _record(resource, sid, exchange, by_name, parent_sid=match.parent)


def _is_known(sid: str, resource: Resource[Any] | None, exchange: Exchange, by_name: dict[str, Records[Any]]) -> bool:
    known = by_name[resource.name].of(exchange.account_sid).last_known(sid) if resource is not None else None
    return known is not None and known.region == exchange.region


def _record(
    resource: Resource[Any], sid: str, exchange: Exchange, by_name: dict[str, Records[Any]], *, parent_sid: str = ""
) -> Any:
    known = by_name[resource.name].last_known(sid)
    if known is not None:
        return known
    at = datetime.fromtimestamp(exchange.at, timezone.utc)
    own = {field.name: _MADE_UP[field.name] for field in fields(resource.record) if field.name in _MADE_UP}
    return resource.record(
        sid=sid,
        account_sid=exchange.account_sid,
        region=exchange.region,
        date_created=at,
        date_updated=at,
        **resource.parent_field(parent_sid),
        **own,
    )
