"""The state's objects as plain data for JSON, and back: the content of a snapshot.

A value that JSON does not have is a list that begins with its kind: ``["tuple", 1, 2]``, ``["Problem", 52103, ""]``.
"""

from __future__ import annotations

import dataclasses
from base64 import b64decode, b64encode
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

from notify_mock.accounts.account import Account, ApiKey
from notify_mock.deliveries.apn import App
from notify_mock.deliveries.callback import Callback
from notify_mock.deliveries.delivery import Delivery, Rendering
from notify_mock.deliveries.inbox import Alert
from notify_mock.faults.kinds import EFFECTS
from notify_mock.faults.match import Match
from notify_mock.faults.rule import Rule
from notify_mock.faults.schedule import Schedule
from notify_mock.journal.exchange import Exchange
from notify_mock.resources import RESOURCES
from notify_mock.resources.notification import Direct
from notify_mock.store.collections import Change, Collection, Key
from notify_mock.support.clock import Setting
from notify_mock.twilio_api import catalog, errors
from notify_mock.twilio_api.delivery_errors import Problem
from notify_mock.twilio_api.messages import Answer, Call, Params, Wire

_BY_RESOURCE = {resource.name: resource for resource in RESOURCES}
_TUPLES = (Alert, Answer, App, Call, Change, Delivery, Direct, Key, Problem, Rendering, Setting, Wire)
_DATACLASSES = (Account, ApiKey, Callback, Match, Schedule, *EFFECTS, *(one.record for one in RESOURCES))
_RULE = ("name", "match", "schedule", "effect", "phase", "unused", "key", "number", "seen", "fired", "memory")

FIELDS: Mapping[type[Any], tuple[str, ...]] = {
    **{kind: kind._fields for kind in _TUPLES},
    **{kind: tuple(field.name for field in dataclasses.fields(kind)) for kind in _DATACLASSES},  # type: ignore[arg-type]
    Exchange: tuple(Exchange.__slots__),
    Params: ("pairs",),
    Rule: _RULE,
}
"""The classes that have a plain form, and what it consists of."""

_NAMED = {kind.__name__: kind for kind in FIELDS}
_ERRORS = {name: kind for module in (errors, catalog) for name, kind in vars(module).items() if isinstance(kind, type)}
_SHARED = (Delivery, Exchange, Rendering, Rule)
"""Objects that several others refer to. Each stays one object."""


class Unplain(TypeError):
    """A value has no plain form, such as an effect of the user's own."""


class Encoder:
    """Encodes the values of one snapshot or command. With ``keep_others``, a value without a plain form stays."""

    def __init__(self, *, keep_others: bool = False) -> None:
        self._numbers: dict[int, int] = {}
        self._keeps_others = keep_others

    def encode(self, value: Any) -> Any:
        """Return the plain form. Raises ``Unplain``."""
        kind = type(value)
        if value is None or kind in (str, int, float, bool):
            return value
        if kind in FIELDS:
            return self._object(value, kind)
        write = _WRITERS.get(kind) or next((one for base, one in _BASES.items() if isinstance(value, base)), None)
        if write is None and self._keeps_others:
            return value
        if write is None:
            raise Unplain(f"{kind.__name__} has no plain form")
        return write(self, value)

    def all(self, values: Iterable[Any]) -> list[Any]:
        return [self.encode(value) for value in values]

    def _object(self, value: Any, kind: type[Any]) -> list[Any]:
        if kind in _SHARED:
            known = self._numbers.get(id(value))
            if known is not None:
                return ["same", known]
        encoded = [kind.__name__, *(self.encode(getattr(value, name)) for name in FIELDS[kind])]
        if kind in _SHARED:
            self._numbers[id(value)] = len(self._numbers)
        return encoded


class Decoder:
    """Decodes the values of one snapshot."""

    def __init__(self) -> None:
        self._shared: list[Any] = []

    def decode(self, value: Any) -> Any:
        """Return the value. Raises ``KeyError``, ``TypeError`` or ``ValueError`` for what no encoder wrote."""
        if type(value) is not list:
            return value
        name, *parts = value
        read = _READERS.get(name)
        if read is not None:
            return read(self, parts)
        if name == "same":
            return self._shared[parts[0]]
        kind = _NAMED[name]
        made = _make(kind, self.all(parts))
        if kind in _SHARED:
            self._shared.append(made)
        return made

    def all(self, values: Iterable[Any]) -> list[Any]:
        return [self.decode(value) if type(value) is list else value for value in values]


def _make(kind: type[Any], values: list[Any]) -> Any:
    if kind is Call:
        values[5] = dict(values[5])
    if kind is Rule:
        rule = Rule(*values[:6])
        for name, value in zip(_RULE[6:], values[6:], strict=True):
            setattr(rule, name, value)
        return rule
    if kind is Exchange:
        exchange = Exchange.__new__(Exchange)
        for name, value in zip(FIELDS[Exchange], values, strict=True):
            setattr(exchange, name, value)
        return exchange
    return kind(*values)


@lru_cache(maxsize=1024)
def _date(second: int) -> datetime:
    return datetime.fromtimestamp(second, timezone.utc)


def _write_date(_encoder: Encoder, value: date) -> list[Any]:
    if not isinstance(value, datetime):
        return ["day", value.isoformat()]
    if value.tzinfo is not timezone.utc or value.microsecond:
        return ["moment", value.isoformat()]
    return ["date", int(value.timestamp())]


def _write_span(_encoder: Encoder, value: timedelta) -> list[Any]:
    return ["span", value.days, value.seconds, value.microseconds]


def _write_mapping(name: str) -> Callable[[Encoder, Mapping[Any, Any]], list[Any]]:
    def write(encoder: Encoder, value: Mapping[Any, Any]) -> list[Any]:
        return [name, *(encoder.encode(part) for item in value.items() for part in item)]

    return write


def _read_mapping(kind: Callable[[Any], Any]) -> Callable[[Decoder, list[Any]], Any]:
    def read(decoder: Decoder, parts: list[Any]) -> Any:
        found = decoder.all(parts)
        return kind(dict(zip(found[::2], found[1::2], strict=True)))

    return read


def _write_collections(encoder: Encoder, value: dict[Any, Any]) -> list[Any]:
    """Write a dictionary; collections of records as one list for each field, which is much faster to read."""
    if not value or not isinstance(next(iter(value.values())), Collection):
        return _write_mapping("dict")(encoder, value)
    written: list[Any] = ["collections"]
    for key, collection in value.items():
        order, records, *rest = collection.dump()
        names = FIELDS[_BY_RESOURCE[key.resource].record]
        columns = [_write_column(encoder, [getattr(record, name) for record in records]) for name in names]
        written.append([list(key), order, columns, encoder.all(rest)])
    return written


def _write_column(encoder: Encoder, values: list[Any]) -> list[Any]:
    """Dates are numbers, and values that JSON has are themselves, without a look at each when they are read."""
    if values and all(isinstance(value, datetime) for value in values):
        return ["dates", [int(value.timestamp()) for value in values]]
    written = encoder.all(values)
    return ["any" if any(type(value) is list for value in written) else "as they are", written]


def _read_column(decoder: Decoder, name: str, values: list[Any]) -> Iterable[Any]:
    if name == "dates":
        return map(_date, values)
    return values if name == "as they are" else decoder.all(values)


def _read_collections(decoder: Decoder, parts: list[Any]) -> dict[Key, Collection[Any]]:
    found = {}
    for key, order, columns, rest in parts:
        resource = _BY_RESOURCE[key[0]]
        records = list(map(resource.record, *(_read_column(decoder, *column) for column in columns)))
        found[Key(*key)] = Collection[Any].load(resource.terms, (order, records, *decoder.all(rest)))
    return found


_WRITERS: dict[type[Any], Callable[[Encoder, Any], list[Any]]] = {
    list: lambda encoder, value: ["list", *encoder.all(value)],
    tuple: lambda encoder, value: ["tuple", *encoder.all(value)],
    set: lambda encoder, value: ["set", *encoder.all(sorted(value))],
    frozenset: lambda encoder, value: ["set", *encoder.all(sorted(value))],
    deque: lambda encoder, value: ["deque", value.maxlen, *encoder.all(value)],
    bytes: lambda _encoder, value: ["bytes", b64encode(value).decode()],
    type: lambda _encoder, value: ["error", value.__name__],
    dict: _write_collections,
    Counter: _write_mapping("counter"),
    OrderedDict: _write_mapping("ordered"),
}

_BASES: Mapping[type[Any], Callable[[Encoder, Any], list[Any]]] = {
    date: _write_date,
    timedelta: _write_span,
    Mapping: _write_mapping("dict"),
}
"""Of these, the classes of other libraries are written, too: freezegun has its own dates, YAML readers own mappings."""

_READERS: dict[str, Callable[[Decoder, list[Any]], Any]] = {
    "list": lambda decoder, parts: decoder.all(parts),
    "tuple": lambda decoder, parts: tuple(decoder.all(parts)),
    "set": lambda decoder, parts: set(decoder.all(parts)),
    "deque": lambda decoder, parts: deque(decoder.all(parts[1:]), maxlen=parts[0]),
    "bytes": lambda _decoder, parts: b64decode(parts[0]),
    "error": lambda _decoder, parts: _ERRORS[parts[0]],
    "date": lambda _decoder, parts: _date(parts[0]),
    "day": lambda _decoder, parts: date.fromisoformat(parts[0]),
    "moment": lambda _decoder, parts: datetime.fromisoformat(parts[0]),
    "span": lambda _decoder, parts: timedelta(*parts),
    "dict": _read_mapping(dict),
    "counter": _read_mapping(Counter),
    "ordered": _read_mapping(OrderedDict),
    "collections": _read_collections,
}
