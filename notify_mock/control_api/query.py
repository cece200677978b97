"""The query parameters of the control API: which paths take which, and reading them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import request

from notify_mock.control_api.guard import Refused
from notify_mock.control_api.openapi_schemas import MAX_DIGITS
from notify_mock.deliveries.inbox import CRITERIA
from notify_mock.support.usage import nearest, shown

QUERIES: Mapping[str, tuple[str, ...]] = {
    "journal": ("call", "status", "after", "limit"),
    "deliveries": tuple(CRITERIA),
}
"""The query parameters by path. Other paths take none."""

NUMBERS = ("status", "after", "limit", "code")
"""The parameters whose value is a number."""


def check_query(path: str) -> None:
    """Refuse query parameters that ``path`` does not take, so that a misspelt filter is not a filter left out."""
    known = QUERIES.get(path, ())
    for name in request.args:
        if name not in known:
            remedy = nearest(name, known) if known else "this path takes none"
            raise Refused(400, f"unknown query parameter {shown(name)}; {remedy}", name)


def read_query(path: str) -> dict[str, Any]:
    """Return the query parameters. Raises ``Refused`` for one that was sent more than once, and for a bad number."""
    given = {}
    for name in QUERIES[path]:
        values = request.args.getlist(name)
        if len(values) > 1:
            raise Refused(400, f"{name}: was sent {len(values)} times; send it once", name)
        if values:
            given[name] = _number(name, values[0]) if name in NUMBERS else values[0]
    return given


def _number(name: str, value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > MAX_DIGITS:
        raise Refused(400, f"{name}: expected a number, got {shown(value)}", name)
    return int(value)
