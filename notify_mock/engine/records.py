"""The records of one resource as a mapping by SID, for assertions and for adding seed data, secrets included."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import ItemsView, Iterator, Mapping, ValuesView
from contextlib import AbstractContextManager
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from notify_mock.engine.state import State
from notify_mock.resources.resource import Resource
from notify_mock.store.collections import Collection, Key, Record
from notify_mock.support.clock import moment
from notify_mock.support.counted import counted
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.errors import TwilioError
from notify_mock.twilio_api.products import HOME_REGION, is_region

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from notify_mock.resources.keywords import RecordFields

R = TypeVar("R", bound=Record)

_MAX_SHOWN = 10
_ACCOUNT = re.compile(r"AC[\w-]{1,62}", re.ASCII)


class Records(Mapping[str, R], Generic[R]):
    """All records of a resource, or those of one account (see ``of``), in the order they were added."""

    def __init__(
        self, state: State, lock: AbstractContextManager[bool], resource: Resource[R], account_sid: str | None = None
    ) -> None:
        self._state, self._lock, self._resource, self._account_sid = state, lock, resource, account_sid

    @property
    def resource(self) -> Resource[R]:
        """The resource of these records."""
        return self._resource

    def of(self, account_sid: str) -> Records[R]:
        """Return only the records of one account."""
        return Records(self._state, self._lock, self._resource, account_sid)

    def __getitem__(self, sid: str) -> R:
        with self._lock:
            for collection in self._collections():
                found = collection.get(sid)
                if found is not None:
                    return found  # type: ignore[no-any-return]
        known = ", ".join(list(self)[:_MAX_SHOWN])
        raise KeyError(f"{sid} is not one of the {len(self)} {self._resource.key}{': ' + known if known else ''}")

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def values(self) -> ValuesView[R]:
        """Return the current records. Later changes do not affect the result."""
        return self._all().values()

    def items(self) -> ItemsView[str, R]:
        """Return the current records by SID. Later changes do not affect the result."""
        return self._all().items()

    def __len__(self) -> int:
        with self._lock:
            return sum(len(collection) for collection in self._collections())

    def __repr__(self) -> str:
        account = f" of {self._account_sid}" if self._account_sid else ""
        return f"<{counted(len(self), self._resource.name, self._resource.key)}{account}>"

    def page(self, after: str | None = None, *, skip: int = 0, limit: int) -> list[R]:
        """Return up to ``limit`` records in their order, after the one with the SID ``after`` and ``skip`` others.

        The record ``after`` may have been removed meanwhile. Raises ``KeyError`` if there never was one.
        """
        with self._lock:
            collections, position = self._collections(), 0
            if after is not None:
                first = next((at for at, one in enumerate(collections) if one.position(after) is not None), None)
                if first is None:
                    raise KeyError(f"{after} is not one of the {self._resource.key}")
                collections, position = collections[first:], collections[first].position(after) + 1
            taken: list[R] = []
            for collection in collections:
                positions = collection.positions()
                start = bisect_left(positions, position) + skip
                taken += map(collection.at, positions[start : start + limit - len(taken)])
                skip, position = max(0, start - len(positions)), 0
                if len(taken) == limit:
                    break
            return taken

    def last_known(self, sid: str) -> R | None:
        """Return the record, or what it was when it was removed, as far as that is still known."""
        with self._lock:
            found = (collection.last_known(sid) for collection in self._collections())
            return next((record for record in found if record is not None), None)

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return the number of records by account and region."""
        with self._lock:
            return self._state.store.counts(self._resource.name)

    def add(self, **values: Unpack[RecordFields]) -> R:
        """Add a record without a request, and return it.

        Takes the record's fields, and optionally ``sid``, ``account_sid`` (default: the default account), ``region``
        (default: "us1"), ``date_created`` and ``date_updated``. Records that belong to a service need a
        ``service_sid``, unless the account has only one service. Raises ``UsageError`` without adding anything.
        """
        __tracebackhide__ = True
        with self._lock:
            given = {"account_sid": self._account_sid, **values}
            record: R = add_record(self._state, self._resource, given, f"{self._resource.key}.add")
            self._tell("create", record)
            return record

    def remove(self, sid: str) -> None:
        """Remove a record, and the records that belong to it, without a request. Raises ``KeyError``."""
        with self._lock:
            record: Any = self[sid]
            parent_sid = next((getattr(record, name) for name in self._resource.parent_field("")), "")
            key = Key(self._resource.name, record.account_sid, record.region, parent_sid)
            self._state.store.remove(key, sid, self._state.clock.time())
            self._tell("delete", record)

    def _tell(self, action: str, record: Any) -> None:
        self._state.changes.tell("records", (self._resource.key, action, record.account_sid, record.sid))

    def _all(self) -> dict[str, R]:
        with self._lock:
            return {record.sid: record for collection in self._collections() for record in collection}

    def _collections(self) -> list[Any]:
        return self._state.store.collections(self._resource.name, self._account_sid)


def _given(values: dict[str, Any], name: str, default: str) -> Any:
    """Remove and return a value, or ``default`` if it is missing or None. Empty text is wrong, not missing."""
    value = values.pop(name, None)
    return default if value is None else value


def add_record(state: State, resource: Resource[Any], values: Mapping[str, Any], where: str) -> Any:
    """Add a record from plain data. Raises ``UsageError``, which names the location ``where``."""
    __tracebackhide__ = True
    if resource.seed is None:
        raise UsageError(where, f"{resource.key} cannot be added", "create them with a client")
    own = dict(values)
    account_sid = _given(own, "account_sid", state.accounts.default.sid)
    region = _given(own, "region", HOME_REGION)
    sid = own.pop("sid", None)
    created = _date(own.pop("date_created", None), f"{where}.date_created") or state.clock.now()
    updated = _date(own.pop("date_updated", None), f"{where}.date_updated") or created
    if not isinstance(account_sid, str) or not _ACCOUNT.fullmatch(account_sid):
        raise UsageError(
            f"{where}.account_sid",
            f"{shown(account_sid)} is not an account SID",
            "expected AC followed by letters, digits, - or _",
        )
    if state.accounts.strict and account_sid not in state.accounts:
        raise UsageError(f"{where}.account_sid", f"{account_sid} is not in accounts=")
    if not isinstance(region, str) or not is_region(region):
        raise UsageError(f"{where}.region", f"{shown(region)} is not a region", "expected us1, ie1, au1, ...")
    if sid is not None:
        _check_sid(state, resource, sid, f"{where}.sid")
        state.sids.skip(sid)
    parent_sid = _parent_sid(state, resource, own, Key("", account_sid, region), where)
    key = Key(resource.name, account_sid, region, parent_sid)
    fields = resource.seed(own, where)
    replaced = _find_replaced(resource, fields, state.store.collection(key), where)
    if replaced is not None:
        state.store.remove(key, replaced.sid)
    record = resource.record(
        sid=sid or state.sids.new(resource.prefix),
        account_sid=account_sid,
        region=region,
        date_created=created.replace(microsecond=0),
        date_updated=updated.replace(microsecond=0),
        **resource.parent_field(parent_sid),
        **fields,
    )
    state.store.make(key, resource.terms).add(record)
    return record


def _parent_sid(state: State, resource: Resource[Any], own: dict[str, Any], owner: Key, where: str) -> str:
    """Remove the parent's SID from ``own`` and return it. The default is the only parent there is."""
    above = resource.parent
    if above is None:
        return ""
    (name,) = resource.parent_field("")
    collection = state.store.collection(owner._replace(resource=above.name))
    known = [record.sid for record in collection.starting_at(0, _MAX_SHOWN)]
    sid = own.pop(name, None) or (known[0] if len(known) == 1 else None)
    if isinstance(sid, str) and collection.get(sid) is not None:
        return sid
    wrong = "is missing" if sid is None else f"{shown(sid)} is not a {above.name} of {owner.account_sid}"
    remedy = f"expected one of: {', '.join(known)}" if known else f"add a {above.name} first"
    raise UsageError(f"{where}.{name}", wrong, remedy)


def _find_replaced(resource: Resource[Any], fields: dict[str, Any], collection: Collection[Any], where: str) -> Any:
    try:
        return resource.find_replaced(fields, collection)
    except TwilioError as error:
        raise UsageError(where, error.text, error.reason) from error


def _check_sid(state: State, resource: Resource[Any], sid: Any, where: str) -> None:
    if not isinstance(sid, str) or not re.fullmatch(f"{resource.prefix}[0-9a-fA-F]{{32}}", sid):
        expected = f"expected {resource.prefix} followed by 32 hex digits"
        raise UsageError(where, f"{shown(sid)} is not a {resource.name} SID ({expected})")
    if any(collection.get(sid) for collection in state.store.collections(resource.name)):
        raise UsageError(where, f"{sid} already exists", "choose another SID")


def _date(value: Any, where: str) -> datetime | None:
    return None if value is None else datetime.fromtimestamp(moment(value, where), timezone.utc)
