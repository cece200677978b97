"""The JSON of the control API: checks requests, and builds responses without secrets."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from flask import request

from notify_mock.control_api.guard import Refused
from notify_mock.journal.exchange import Exchange
from notify_mock.resources.resource import shown_values
from notify_mock.support.masked_url import MASK
from notify_mock.twilio_api.masking import is_secret

if TYPE_CHECKING:
    from notify_mock.deliveries.callback import Callback
    from notify_mock.deliveries.inbox import Alert
    from notify_mock.faults.rule import Rule

_MAX_BODY_BYTES = 1000 * 1024
"""Less than the server's limit of 1 MiB, so that the error is this API's."""

_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "null": (type(None),),
}


def base_url() -> str:
    """Return the URL of the emulator as the client wrote it."""
    return f"{request.scheme}://{request.environ.get('HTTP_HOST', '')}"


def read_object(default: str = "") -> dict[str, Any]:
    """Return the JSON object in the request. ``default`` replaces an empty body."""
    content = _parse(_read() or default)
    if not isinstance(content, dict):
        raise Refused(400, "the body must be a JSON object", "body")
    return content


def _read() -> str:
    too_long = Refused(413, f"the body is larger than the limit of {_MAX_BODY_BYTES} bytes", "body")
    if (request.content_length or 0) > _MAX_BODY_BYTES:
        raise too_long
    data = request.stream.read(_MAX_BODY_BYTES + 1)
    if len(data) > _MAX_BODY_BYTES:
        raise too_long
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise Refused(400, "the body is not UTF-8", "body") from error


def _parse(text: str) -> Any:
    try:
        content = json.loads(text, parse_constant=_no_constant)
        json.dumps(content, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise Refused(400, "the body contains a lone surrogate", "body") from error
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise Refused(400, f"the body is not JSON: {error.msg}, {where}", "body") from error
    except (ValueError, RecursionError) as error:
        raise Refused(400, "the body contains an unsupported number or too many nested levels", "body") from error
    return content


def _no_constant(name: str) -> None:
    raise ValueError(name)


def check_rule(given: Mapping[str, Any]) -> None:
    """Check types against the OpenAPI document, and that no secret is masked: the mask would match as a glob.

    Raises ``Refused``, without the value, which may be a secret.
    """
    from notify_mock.control_api.openapi_rules import rule_fields

    known = rule_fields(given.get("effect"))
    for key, value in given.items():
        types = known.get(key, {"type": "string"} if key[:1].isupper() else {}).get("type", ())
        types = (types,) if isinstance(types, str) else types
        if types and not _is_one_of(types, value):
            raise Refused(400, f"{key}: expected {' or '.join(types)}, got a {type(value).__name__}", key)
        check_masks(key, value)


def check_masks(key: str, value: Any) -> None:
    """Refuse a value that was copied from a response with masked secrets."""
    if MASK in str(value):
        raise Refused(400, f"{key}: {MASK} is a masked secret; send the secret itself", key)


def _is_one_of(types: tuple[str, ...], value: Any) -> bool:
    if isinstance(value, bool):
        return "boolean" in types
    return any(isinstance(value, _JSON_TYPES.get(name, ())) for name in types)


def show_rule(rule: Rule) -> dict[str, Any]:
    """Return a rule that can be sent back, except for masked secrets and Python functions."""
    content = {key: _plain(value) for key, value in rule.describe().items()}
    if "headers" in content:
        content["headers"] = {name: MASK if is_secret(name) else value for name, value in content["headers"].items()}
    return content if rule.match.predicate is None else {**content, "predicate": True}


def _plain(value: Any) -> Any:
    """Convert ``value`` to JSON: rules created in Python may contain other types."""
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def show_record(record: Any) -> dict[str, Any]:
    """Return a record without its secrets."""
    return {name: _in_json(value) for name, value in shown_values(record).items()}


def _in_json(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return value.isoformat() if isinstance(value, datetime) else value


def show_alert(alert: Alert) -> dict[str, Any]:
    return {
        "time": datetime.fromtimestamp(alert.at, timezone.utc).isoformat(),
        "notification_sid": alert.notification_sid,
        "code": alert.problem.code,
        "reason": alert.problem.reason or None,
    }


def show_callback(callback: Callback) -> dict[str, Any]:
    """Return a waiting callback, without what it posts."""
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
    """Return an exchange without secrets."""
    duration = None if exchange.ended is None else round(exchange.ended - exchange.at, 6)
    return {**exchange.describe(), "duration": duration, "request": str(exchange.call)}
