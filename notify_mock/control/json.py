"""The JSON of the control API: what comes in, checked, and what goes out, without secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from flask import request

from notify_mock.control.guard import Refused
from notify_mock.journal.exchange import Exchange
from notify_mock.protocol.redaction import MASK, is_secret
from notify_mock.resources.resource import shown_fields
from notify_mock.support.usage import shown

if TYPE_CHECKING:
    from notify_mock.deliveries.callback import Callback
    from notify_mock.deliveries.inbox import Alert
    from notify_mock.faults.rule import Rule

_MAX_BODY_BYTES = 256 * 1024
_MAX_CODE_DIGITS = 9

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "null": (type(None),),
}


def read_object(default: str = "") -> dict[str, Any]:
    """The JSON object in the request; ``default`` stands for an empty body."""
    content = _parse(_read() or default)
    if not isinstance(content, dict):
        raise Refused(400, "the body must be a JSON object", "body")
    return content


def _read() -> str:
    too_long = Refused(413, f"the body is over the limit of {_MAX_BODY_BYTES} bytes", "body")
    if (request.content_length or 0) > _MAX_BODY_BYTES:
        raise too_long
    data = request.stream.read(_MAX_BODY_BYTES + 1)
    if len(data) > _MAX_BODY_BYTES:
        raise too_long
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, "the body isn't UTF-8", "body") from error


def _parse(text: str) -> Any:
    try:
        content = json.loads(text, parse_constant=_no_constant)
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Refused(400, "the body has half a character (a lone surrogate)", "body") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused(400, f"the body isn't JSON: {error.msg}, {where}", "body") from error
    except (ValueError, RecursionError) as error:
        raise Refused(400, "the body has a number or a nesting that isn't read", "body") from error
    return content


def _no_constant(name: str) -> None:
    raise ValueError(name)


def check_rule(given: Mapping[str, Any]) -> None:
    """Types as the OpenAPI document has them, and no masked secret: it would be taken for a glob. Raises
    ``Refused``, without the value, which may be a secret."""
    from notify_mock.control.openapi import rule_fields

    known = rule_fields(given.get("effect"))
    for key, value in given.items():
        types = known.get(key, {"type": "string"} if key[:1].isupper() else {}).get("type", ())
        types = (types,) if isinstance(types, str) else types
        if types and not _is_one_of(types, value):
            raise Refused(400, f"{key}: a {type(value).__name__} is not possible here; give {' or '.join(types)}", key)
        if MASK in (value.values() if isinstance(value, dict) else (value,)):
            raise Refused(400, f"{key}: {MASK} stands for a secret; give the secret itself", key)


def _is_one_of(types: tuple[str, ...], value: Any) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    return any(isinstance(value, _JSON_TYPES.get(name, ())) for name in types)


def show_rule(rule: Rule) -> dict[str, Any]:
    """A rule as it may be sent again, but for masked secrets and a function of Python's."""
    content = {key: _plain(value) for key, value in rule.describe().items()}
    if "headers" in content:
        content["headers"] = {
            name: MASK if is_secret(name) or "token" in name or "cookie" in name else value
            for name, value in content["headers"].items()
        }
    return content if rule.match.predicate is None else {**content, "predicate": True}


def _plain(value: Any) -> Any:
    """``value`` in JSON: rules that were made in Python may hold more."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def show_record(record: Any) -> dict[str, Any]:
    """A record without its secrets."""
    return {one.name: _in_json(getattr(record, one.name)) for one in shown_fields(type(record))}


def _in_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, datetime) else value


def one_value(values: list[str], name: str) -> str:
    """The value of a query parameter. Raises ``Refused`` when it was sent twice."""
    if len(values) > 1:
        raise Refused(400, f"{name}: is sent {len(values)} times", name)
    return values[0]


def read_code(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > _MAX_CODE_DIGITS:
        raise Refused(400, f"code: {shown(value)} is no number", "code")
    return int(value)


def show_alert(alert: Alert) -> dict[str, Any]:
    return {
        "time": datetime.fromtimestamp(alert.at, timezone.utc).isoformat(),
        "notification_sid": alert.notification_sid,
        "code": alert.problem.code,
        "reason": alert.problem.reason or None,
    }


def show_callback(callback: Callback) -> dict[str, Any]:
    """A callback that is still to be made; its URL may hold a token, and only its host is shown."""
    return {
        "notification_sid": callback.notification_sid,
        "account_sid": callback.account_sid,
        "service_sid": callback.service_sid,
        "host": callback.host,
        "sequence": callback.sequence,
        "is_final": callback.is_final,
        "count": len(callback.deliveries),
        "attempt": callback.attempt,
        "due": datetime.fromtimestamp(callback.due, timezone.utc).isoformat(),
    }


def show_exchange(exchange: Exchange) -> dict[str, Any]:
    """An exchange without secrets."""
    return {**exchange.describe(), "request": str(exchange.call)}
