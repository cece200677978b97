"""Reading one parameter: present or not, once, of the right form, or refused."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from notify_mock.twilio_api.errors import InvalidParameter, MissingParameter
from notify_mock.twilio_api.messages import Params

_WHOLE = re.compile(r"[0-9]{1,10}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MAX_DEPTH = 64
"""Levels of a JSON parameter. The emulator's own limit: no provider would take so many."""

_SIDS = {prefix: re.compile(prefix + "[0-9a-fA-F]{32}") for prefix in ("CR", "MG")}


def given(params: Params, name: str, resource: str) -> str | None:
    """The value of ``name``, or None when it wasn't sent. Raises ``InvalidParameter`` if repeated or with a NUL."""
    values = params.all(name)
    if not values:
        return None
    if len(values) > 1:
        raise InvalidParameter(f"{name} was sent {len(values)} times", resource=resource, name=name)
    if "\0" in values[0]:
        raise InvalidParameter(f"{name} has a NUL character", resource=resource, name=name)
    return values[0]


def text(params: Params, name: str, resource: str, *, max_length: int) -> str | None:
    """A text of at most ``max_length`` characters."""
    value = given(params, name, resource)
    if value is not None and len(value) > max_length:
        raise InvalidParameter(
            f"{name} has {len(value)} characters, the limit is {max_length}", resource=resource, name=name
        )
    return value


def boolean(params: Params, name: str, resource: str) -> bool | None:
    """``true`` or ``false``, in any case: the SDKs send lower case (documented), the rest is inferred."""
    value = given(params, name, resource)
    if value is None:
        return None
    if value.lower() not in ("true", "false"):
        raise InvalidParameter(f"{name} is neither true nor false", resource=resource, name=name)
    return value.lower() == "true"


def required(params: Params, name: str, resource: str) -> str:
    """A text that must be there and not be empty. Raises ``MissingParameter``."""
    value = given(params, name, resource)
    if not value:
        raise MissingParameter(f"{name} is missing or empty", name=name)
    return value


def one_of(params: Params, name: str, resource: str, known: tuple[str, ...]) -> str | None:
    """One of the ``known`` values, as they are written."""
    value = given(params, name, resource)
    if value is not None and value not in known:
        raise InvalidParameter(f"{name} is none of {', '.join(known)}", resource=resource, name=name)
    return value


def repeated(params: Params, name: str, resource: str, *, limit: int) -> tuple[str, ...]:
    """A parameter that may be repeated, at most ``limit`` times; no value is empty, and each is given back once."""
    values = params.all(name)
    if len(values) > limit:
        raise InvalidParameter(
            f"{name} was sent {len(values)} times, the limit is {limit}", resource=resource, name=name
        )
    if not all(values) or any("\0" in value for value in values):
        raise InvalidParameter(f"a {name} is empty or has a NUL character", resource=resource, name=name)
    return tuple(dict.fromkeys(values))


def integer(params: Params, name: str, resource: str, *, maximum: int) -> int | None:
    """A whole number from 0 to ``maximum``."""
    value = given(params, name, resource)
    if value is None:
        return None
    if not _WHOLE.fullmatch(value) or int(value) > maximum:
        raise InvalidParameter(f"{name} is no whole number from 0 to {maximum}", resource=resource, name=name)
    return int(value)


def day(params: Params, name: str, resource: str) -> date | None:
    """A date as ``YYYY-MM-DD``."""
    value = given(params, name, resource)
    if value is None:
        return None
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidParameter(f"{name} is no date such as 2030-01-31", resource=resource, name=name)


def sid(params: Params, name: str, resource: str, prefix: str) -> str | None:
    """A sid of that prefix; "" takes one away. Whether there is such a record isn't looked at (inferred)."""
    value = given(params, name, resource)
    if value and not _SIDS[prefix].fullmatch(value):
        raise InvalidParameter(f"{name} is not {prefix} and 32 hex digits", resource=resource, name=name)
    return value


def json_parameter(params: Params, name: str, resource: str) -> Mapping[str, Any] | None:
    """A JSON object, as its Python counterpart."""
    value = given(params, name, resource)
    return None if value is None else json_object(value, name, resource)


def json_object(value: str, name: str, resource: str) -> Mapping[str, Any]:
    """The object that ``value`` is the JSON of. Raises ``InvalidParameter`` for anything else, NaN, and half a
    character: such could not be sent on."""
    try:
        found = json.loads(value)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"{name} isn't JSON that can be read", resource=resource, name=name) from error
    if not isinstance(found, dict):
        raise InvalidParameter(f"{name} is no JSON object", resource=resource, name=name)
    if _is_deeper(found, MAX_DEPTH):
        raise InvalidParameter(f"{name} is over {MAX_DEPTH} levels deep", resource=resource, name=name)
    return found


def _is_deeper(value: Any, limit: int) -> bool:
    """Whether there are more than so many arrays and objects inside each other."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True
