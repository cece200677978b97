"""What a resource is: a row of data that the verbs act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from datetime import datetime
from functools import lru_cache
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from notify_mock.store.collections import Collection, Terms, no_terms
from notify_mock.store.selection import Conditions
from notify_mock.twilio_api.messages import Params

Verb = Literal["create", "fetch", "list", "update", "delete"]

R = TypeVar("R")

ReadSeed = Callable[[Mapping[str, Any], str], dict[str, Any]]


class Filter(NamedTuple):
    """A query parameter of a list, and the conditions that its values are. ``read`` raises ``TwilioError``."""

    name: str
    read: Callable[[Params], Conditions]


def _replaces_nothing(_values: Mapping[str, Any], _collection: Collection[Any]) -> None:
    return None


def _no_update(_form: Params, _old: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, eq=False, repr=False)
class Resource(Generic[R]):
    """One kind of record.

    ``name`` is the first half of its calls' names, ``path`` the last collection in its URL, ``key`` the name of the
    array in a list. The records of a resource with a ``parent`` belong each to a record of that.

    ``record`` is a frozen dataclass with ``sid``, ``account_sid``, ``region``, ``date_created`` and ``date_updated``
    besides fields of its own, and ``service_sid`` where the parent is a service; a field with ``repr=False`` is a
    secret, one with ``compare=False`` is made for every record anew. ``create`` and ``update`` read a form and give the
    own fields, or raise ``TwilioError``; both know what stands there: the parent's record, the old record. ``seed``
    does so for plain data of a user, or raises ``UsageError``; without it there are no records to start from. ``show``
    gives the record's JSON in Twilio's key order, for the URL that the record has at the door that was asked.

    ``find_replaced`` is called before a record is added: it returns the record that the new one replaces, if any, or
    raises ``LimitReached``. ``terms`` are what records are indexed by, ``filters`` the query parameters of a list, in
    the order of its links.
    """

    name: str
    path: str
    key: str
    prefix: str
    apis: tuple[str, ...]
    verbs: tuple[Verb, ...]
    record: type[R]
    create: Callable[[Params, Any], dict[str, Any]]
    show: Callable[[R, str], dict[str, Any]]
    update: Callable[[Params, R], dict[str, Any]] = _no_update
    seed: ReadSeed | None = None
    parent: Resource[Any] | None = None
    find_replaced: Callable[[Mapping[str, Any], Collection[Any]], R | None] = _replaces_nothing
    terms: Terms = no_terms
    filters: tuple[Filter, ...] = ()

    def parent_field(self, parent_sid: str) -> dict[str, str]:
        """The field in which a record names what it belongs to, and its value."""
        return {f"{self.parent.name}_sid": parent_sid} if self.parent is not None else {}


def shown_fields(record: type[Any]) -> tuple[Field[Any], ...]:
    """The fields of a record that may be shown to anyone."""
    return tuple(one for one in fields(record) if one.repr)


@lru_cache(maxsize=256)
def timestamp(at: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SSZ``, as every recorded answer has it."""
    return at.isoformat()[:19] + "Z"
