"""Read and validate single parameters.

The functions return None for a parameter that was not sent, and raise ``InvalidParameter`` for an invalid one.
"""

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
"""Maximum nesting of a JSON parameter. This limit is the emulator's own: no provider would accept as many levels."""

_SIDS = {prefix: re.compile(prefix + "[0-9a-fA-F]{32}") for prefix in ("CR", "MG")}


def given(params: Params, name: str, resource: str) -> str | None:
    """Return the value of ``name``. Invalid: repeated, or with a NUL character."""
    values = params.all(name)
    if not values:
        return None
    if len(values) > 1:
        raise InvalidParameter(f"{name} was sent {len(values)} times", resource=resource, name=name)
    if "\0" in values[0]:
        raise InvalidParameter(f"{name} contains a NUL character", resource=resource, name=name)
    return values[0]


def text(params: Params, name: str, resource: str, *, max_length: int) -> str | None:
    """Return a text of at most ``max_length`` characters."""
    value = given(params, name, resource)
    if value is not None and len(value) > max_length:
        raise InvalidParameter(
            f"{name} has {len(value)} characters, the limit is {max_length}", resource=resource, name=name
        )
    return value


def boolean(params: Params, name: str, resource: str) -> bool | None:
    """Return a boolean, sent in any case. The SDKs send lower case (documented); other cases are inferred."""
    value = given(params, name, resource)
    if value is None:
        return None
    if value.lower() not in ("true", "false"):
        raise InvalidParameter(f"{name} must be true or false", resource=resource, name=name)
    return value.lower() == "true"


def required(params: Params, name: str, resource: str) -> str:
    """Return a text that is not empty. Raises ``MissingParameter``."""
    value = given(params, name, resource)
    if not value:
        raise MissingParameter(f"{name} is missing or empty", name=name)
    return value


def one_of(params: Params, name: str, resource: str, known: tuple[str, ...]) -> str | None:
    """Return one of the ``known`` values (case-sensitive)."""
    value = given(params, name, resource)
    if value is not None and value not in known:
        raise InvalidParameter(f"{name} must be one of: {', '.join(known)}", resource=resource, name=name)
    return value


def repeated(params: Params, name: str, resource: str, *, limit: int) -> tuple[str, ...]:
    """Return the distinct values of a parameter that may be sent up to ``limit`` times. None may be empty."""
    values = params.all(name)
    if len(values) > limit:
        raise InvalidParameter(
            f"{name} was sent {len(values)} times, the limit is {limit}", resource=resource, name=name
        )
    if not all(values):
        raise InvalidParameter(f"{name} has an empty value", resource=resource, name=name)
    if any("\0" in value for value in values):
        raise InvalidParameter(f"{name} contains a NUL character", resource=resource, name=name)
    return tuple(dict.fromkeys(values))


def integer(params: Params, name: str, resource: str, *, maximum: int) -> int | None:
    """Return a whole number from 0 to ``maximum``."""
    value = given(params, name, resource)
    if value is None:
        return None
    if not _WHOLE.fullmatch(value) or int(value) > maximum:
        raise InvalidParameter(f"{name} must be a whole number from 0 to {maximum}", resource=resource, name=name)
    return int(value)


def day(params: Params, name: str, resource: str) -> date | None:
    """Return a date, sent as ``YYYY-MM-DD``."""
    value = given(params, name, resource)
    if value is None:
        return None
    try:
        if _DATE.fullmatch(value):
            return date.fromisoformat(value)
    except ValueError:
        pass
    raise InvalidParameter(f"{name} must be a date such as 2030-01-31", resource=resource, name=name)


def sid(params: Params, name: str, resource: str, prefix: str) -> str | None:
    """Return a SID with this prefix, or "", which unsets it. Does not check that the record exists (inferred)."""
    value = given(params, name, resource)
    if value and not _SIDS[prefix].fullmatch(value):
        raise InvalidParameter(f"{name} must be {prefix} followed by 32 hex digits", resource=resource, name=name)
    return value


def json_parameter(params: Params, name: str, resource: str) -> Mapping[str, Any] | None:
    """Return a JSON object as a mapping."""
    value = given(params, name, resource)
    return None if value is None else json_object(value, name, resource)


def json_object(value: str, name: str, resource: str) -> Mapping[str, Any]:
    """Parse a JSON object. Invalid: other JSON, NaN and lone surrogates, because these could not be sent on."""
    try:
        found = json.loads(value)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"{name} cannot be read as JSON", resource=resource, name=name) from error
    if not isinstance(found, dict):
        raise InvalidParameter(f"{name} must be a JSON object", resource=resource, name=name)
    if _is_deeper(found, MAX_DEPTH):
        raise InvalidParameter(f"{name} is more than {MAX_DEPTH} levels deep", resource=resource, name=name)
    return found


def _is_deeper(value: Any, limit: int) -> bool:
    """Return whether arrays and objects are nested more than ``limit`` levels deep."""
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True
