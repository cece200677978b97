"""The definition of a resource: plain data that the verbs act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, fields
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from notify_mock.store.collections import Collection, Terms, no_terms
from notify_mock.store.selection import Conditions
from notify_mock.support.masked_url import masked_url
from notify_mock.twilio_api.messages import Params
from notify_mock.twilio_api.paging import PARAMETERS as PAGING

Verb = Literal["create", "fetch", "list", "update", "delete"]

R = TypeVar("R")

ReadSeed = Callable[[Mapping[str, Any], str], dict[str, Any]]


class Filter(NamedTuple):
    """A query parameter of a list. ``read`` returns its conditions, or raises ``TwilioError``."""

    name: str
    read: Callable[[Params], Conditions]


def _replaces_nothing(_values: Mapping[str, Any], _collection: Collection[Any]) -> None:
    return None


def _notes_nothing(_values: Mapping[str, Any], _origin: str) -> dict[str, Any]:
    return {}


def _no_update(_form: Params, _old: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, eq=False, repr=False)
class Resource(Generic[R]):
    """One kind of record.

    ``name`` is the first part of its call names, ``path`` the name of the collection in its URL, ``key`` the name of
    the array in a list. With a ``parent``, every record belongs to one of the parent's records.

    ``record`` is a frozen dataclass with ``sid``, ``account_sid``, ``region``, ``date_created`` and ``date_updated``,
    its own fields, and ``service_sid`` if the parent is a service. A field with ``repr=False`` is a secret, one with
    ``compare=False`` is new for every record.

    ``create(form, parent)`` and ``update(form, old)`` return the own fields, or raise ``TwilioError``. ``seed`` reads
    them from seed data, or raises ``UsageError``; without it, records cannot be added as seed data. ``show(record,
    url)`` returns the record's JSON in Twilio's key order, with its URL in the requested API.

    ``find_replaced`` is called before a record is added. It returns the record that the new one replaces, if any, or
    raises ``LimitReached``. ``note_page(values, origin)`` returns further fields for the values that a request set;
    ``origin`` is the web page of another machine that sent it, or "". ``terms`` returns the terms that a record is
    indexed by. ``filters`` are the query parameters of a list, in the order of its links. ``create_parameters`` and
    ``update_parameters`` are the names of the parameters that Twilio knows there, including those without effect.
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
    note_page: Callable[[Mapping[str, Any], str], dict[str, Any]] = _notes_nothing
    terms: Terms = no_terms
    filters: tuple[Filter, ...] = ()
    create_parameters: tuple[str, ...] = ()
    update_parameters: tuple[str, ...] = ()

    def parameters(self, verb: Verb) -> tuple[str, ...]:
        """Return the names of the parameters that a verb takes."""
        if verb == "list":
            return (*(item.name for item in self.filters), *PAGING)
        return {"create": self.create_parameters, "update": self.update_parameters}.get(verb, ())

    def parent_field(self, parent_sid: str) -> dict[str, str]:
        """Return the field with the parent's SID, and its value; empty without a parent."""
        return {f"{self.parent.name}_sid": parent_sid} if self.parent is not None else {}


def shown_fields(record: type[Any]) -> tuple[Field[Any], ...]:
    """Return the fields of a record that are not secret."""
    return tuple(field for field in fields(record) if field.repr)


def shown_values(record: Any) -> dict[str, Any]:
    """Return the fields of a record that are not secret, by name. Of a URL, the password and the query are masked."""
    values = {field.name: getattr(record, field.name) for field in shown_fields(type(record))}
    return {name: masked_url(value) if name.endswith("_url") and value else value for name, value in values.items()}


def searcher(record: type[Any]) -> Callable[[Any], str]:
    """Return a function for records of this type. It returns what can be searched of one, in lower case: the fields
    that are not secret, without dates."""
    names = [field.name for field in shown_fields(record) if field.type != "datetime"]
    urls = [name for name in names if name.endswith("_url")]
    read = attrgetter(*(name for name in names if name not in urls))

    def text_of(one: Any) -> str:
        return "\n".join([*map(str, read(one)), *(masked_url(getattr(one, name) or "") for name in urls)]).casefold()

    return text_of


def masked_repr(record: Any) -> str:
    """Return the ``repr`` of a record without its secrets."""
    shown = ", ".join(f"{name}={value!r}" for name, value in shown_values(record).items())
    return f"{type(record).__name__}({shown})"


@lru_cache(maxsize=256)
def timestamp(at: datetime) -> str:
    """Return ``YYYY-MM-DDTHH:MM:SSZ``, as in every recorded response."""
    return at.isoformat()[:19] + "Z"
