"""The query parameters of the control API: which paths take which, and reading them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from flask import request

from notify_mock.control_api.guard import Refused
from notify_mock.deliveries.inbox import CRITERIA, VALUES
from notify_mock.support.usage import nearest, shown
from notify_mock.twilio_api.paging import DEFAULT_SIZE, MAX_SIZE

MAX_DIGITS = 9
"""The most digits of a number in a query."""

STATUS = "^(none|[1-5]xx|[0-9]{1,9})$"
"""The pattern of a status: ``404``, ``4xx``, or ``none`` for no response."""

T = TypeVar("T")
Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_NUMBER: Schema = {"type": "integer", "minimum": 0, "maximum": 10**MAX_DIGITS - 1}
_LIMIT: Schema = {**_NUMBER, "description": "only the first N of those that are found"}
_LAST: Schema = {**_NUMBER, "description": "only the last N of those that are found"}

QUERIES: Mapping[str, Mapping[str, Schema]] = {
    "journal": {
        "call": {**_TEXT, "description": "name of a call, globs allowed"},
        "status": {**_TEXT, "pattern": STATUS, "description": "404, a class such as 4xx, or none for no response"},
        "account": {**_TEXT, "description": "SID of the account"},
        "fault": {**_TEXT, "description": "name of a fault rule that was applied"},
        "text": {**_TEXT, "description": "text in what is shown of the request and its outcome, in any case"},
        "after": {**_NUMBER, "description": "only requests with a larger number"},
        "before": {**_NUMBER, "description": "only requests with a smaller number"},
        "limit": _LIMIT,
        "last": _LAST,
    },
    "deliveries": {
        **{name: {**_TEXT, "enum": list(VALUES[name])} if name in VALUES else _TEXT for name in CRITERIA},
        "code": _NUMBER,
        "tag": {**_TEXT, "description": "a tag of the binding"},
        "after": {**_TEXT, "description": "only deliveries after the one with this SID"},
        "before": {**_TEXT, "description": "only deliveries before the one with this SID"},
        "limit": _LIMIT,
        "last": _LAST,
    },
    "callbacks": {"notification": {**_TEXT, "description": "SID of the notification"}},
    "records/<key>": {
        "account": {**_TEXT, "description": "SID of the account"},
        "after": {**_TEXT, "description": "only the records after the one with this SID"},
        "skip": {**_NUMBER, "default": 0, "description": "leave out the first N records that are found"},
        "limit": {**_LIMIT, "default": DEFAULT_SIZE, "maximum": MAX_SIZE},
        "text": {**_TEXT, "description": "text in one of the fields, in any case"},
    },
    "export": {"secrets": {**_TEXT, "enum": ["true", "false"], "default": "false"}},
}
"""The query parameters of GET by path. Other paths and methods take none."""


def check_query(path: str, method: str) -> None:
    """Refuse query parameters that ``path`` does not take, so that a misspelt filter is not a filter left out."""
    known = QUERIES.get(path, {}) if method in ("GET", "HEAD") else {}
    for name in request.args:
        if name not in known:
            remedy = nearest(name, known) if known else "this path takes none"
            raise Refused(400, f"unknown query parameter {shown(name)}; {remedy}", name)


def read_query(path: str) -> dict[str, Any]:
    """Return the query parameters. Raises ``Refused`` for one that was sent more than once, and for a bad value."""
    given: dict[str, Any] = {}
    for name, schema in QUERIES[path].items():
        values = request.args.getlist(name)
        if len(values) > 1:
            raise Refused(400, f"{name}: was sent {len(values)} times; send it once", name)
        if values:
            given[name] = _read(name, values[0], schema)
    if "limit" in given and "last" in given:
        raise Refused(400, "last: cannot be combined with limit; send one of them", "last")
    return given


def _read(name: str, value: str, schema: Schema) -> Any:
    if schema["type"] == "integer":
        return number(name, value, schema["maximum"])
    if "enum" in schema and value not in schema["enum"]:
        raise Refused(400, f"{name}: expected one of: {', '.join(schema['enum'])}, got {shown(value)}", name)
    if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
        raise Refused(400, f"{name}: expected {schema['description']}, got {shown(value)}", name)
    return value


def number(name: str, value: str, maximum: int = 10**MAX_DIGITS - 1) -> int:
    """Return a whole number from 0 to ``maximum``. Raises ``Refused``."""
    if not value.isascii() or not value.isdigit() or len(value) > MAX_DIGITS:
        raise Refused(400, f"{name}: expected a number, got {shown(value)}", name)
    if int(value) > maximum:
        raise Refused(400, f"{name}: expected at most {maximum}, got {value}", name)
    return int(value)


def window(found: Sequence[T], given: Mapping[str, Any], test: Callable[[T], bool]) -> list[T]:
    """Return those that pass the test: the first ``limit`` or the ``last``, and all if neither is given.

    Tests no more than it must.
    """
    if "last" in given:
        return _take(reversed(found), given["last"], test)[::-1]
    return _take(iter(found), given.get("limit", len(found)), test)


def _take(found: Any, most: int, test: Callable[[Any], bool]) -> list[Any]:
    taken: list[Any] = []
    for one in found:
        if len(taken) >= most:
            break
        if test(one):
            taken.append(one)
    return taken
