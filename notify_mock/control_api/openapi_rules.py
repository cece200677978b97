"""The schemas of fault rules, from the fields of their effects. Requests are checked against the types."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from inspect import getdoc
from typing import Any, get_args

from notify_mock.control_api.openapi_schemas import (
    NAME,
    SPAN,
    TEXT,
    TEXTS,
    TRUE,
    WHEN,
    WHOLE,
    Schema,
)
from notify_mock.engine.routes import CALL_PARAMETERS
from notify_mock.faults.connections import What
from notify_mock.faults.decision import Effect
from notify_mock.faults.kinds import BY_KIND
from notify_mock.faults.match import covers, is_delivery
from notify_mock.twilio_api.catalog import BY_CODE
from notify_mock.twilio_api.channels import DELIVERY_NAMES, DELIVERY_PARAMETERS
from notify_mock.twilio_api.delivery_errors import OUTCOMES, TITLES
from notify_mock.twilio_api.known_parameters import taken_by

_BY_TYPE: dict[str, Schema] = {"int": WHOLE, "str": TEXT, "bool": {"type": "boolean"}, "Span": SPAN}
_BY_NAME: dict[str, Schema] = {
    "code": {"type": "integer", "enum": sorted(BY_CODE)},
    "status": {"type": "integer", "minimum": 200, "maximum": 599},
    "pieces": {"type": "integer", "minimum": 1, "maximum": 10_000},
    "what": {"type": "string", "enum": list(get_args(What))},
    "outcome": {"type": "string", "enum": list(OUTCOMES)},
    "error": {"type": "integer", "enum": sorted(TITLES)},
    "new_token": NAME,
}


def _only(*names: str) -> Schema:
    """Return the schema of a delay with these fields and, but for nulls, no others."""
    others = {name: {"type": "null"} for name in ("seconds", "low", "high", "median", "p99") if name not in names}
    return {"required": list(names), "properties": {**{name: {"not": {"type": "null"}} for name in names}, **others}}


_TOGETHER: dict[str, Schema] = {
    "delay": {"oneOf": [_only("seconds"), _only("low", "high"), _only("median", "p99")]},
    "rate_limit": {
        "anyOf": [{"required": [name], "properties": {name: WHOLE}} for name in ("limit", "concurrent")],
    },
}
"""Which fields of an effect must be used together."""

_MEANINGS: dict[str, str] = {
    "refuse.code": "code of the error response; its status follows from it",
    "refuse.message": "text of the error, in place of Twilio's",
    "refuse.detail": "detail of the error",
    "refuse.retry_after": "Retry-After header",
    "status.status": "status of the response",
    "status.body": "body of the response",
    "status.content_type": "content type of the body",
    "status.location": "Location header of a redirect",
    "status.retry_after": "Retry-After header",
    "rate_limit.limit": "most calls of an account in the window",
    "rate_limit.window": "length of the window, on the emulator's clock",
    "rate_limit.concurrent": "most calls of an account in flight",
    "rate_limit.retry_after": "whether the response has a Retry-After header",
    "delay.seconds": "fixed delay",
    "delay.low": "shortest delay, all being equally likely",
    "delay.high": "longest delay",
    "delay.median": "half of the delays are shorter, log-normal",
    "delay.p99": "99 in 100 delays are shorter",
    "hang.seconds": "how long to wait before the connection is closed, at most an hour",
    "dribble.seconds": "how long sending the body takes",
    "dribble.pieces": "in how many pieces the body is sent",
    "truncate.bytes": "bytes of the body to send; default: half of it",
    "garble.what": "what to corrupt",
    "stale.seconds": "how far back the writes are hidden",
    "expire.new_token": "token that replaces the expired one, if accounts were given; masked in responses",
    "undelivered.outcome": "what the provider says",
    "undelivered.error": "code in place of the outcome's",
}
"""What a field of an effect means."""

_POSITIVE = ("stale.seconds", "rate_limit.window")
"""The lengths of time that must not be 0."""

_OWN: dict[str, Schema] = {
    "call": {**NAME, "default": "*", "description": "name of a call or delivery, globs allowed"},
    "name": {**NAME, "description": "default: derived from the effect"},
    "unused": {
        "type": "string",
        "enum": ["error", "warn", "ignore"],
        "description": "what to do at the end of a test if the rule was never applied",
    },
    "times": {"type": ["integer", "null"], "minimum": 1, "description": "maximum number of calls the rule applies to"},
    "skip": {**WHOLE, "default": 0, "description": "matching calls to skip first"},
    "every": {"type": "integer", "minimum": 1, "default": 1, "description": "apply to every n-th matching call"},
    "chance": {"type": "number", "minimum": 0, "maximum": 1, "default": 1, "description": "probability"},
    "after": WHEN,
    "until": WHEN,
    "account_sid": {"type": ["string", "null"], "minLength": 1, "description": "the account that makes the call"},
    "api": {"type": ["string", "null"], "minLength": 1, "description": "product and version, such as chat/v2"},
    "door": {"type": ["string", "null"], "minLength": 1, "deprecated": True, "description": "the old name of api"},
    "sid": {"type": ["string", "null"], "minLength": 1, "description": "the SID in the path"},
    "form": {**TEXTS, "description": "Twilio parameters to match, globs allowed; secrets are masked in responses"},
    "headers": {**TEXTS, "description": "request headers to match, globs allowed; secrets are masked in responses"},
}
_SHOWN: dict[str, Schema] = {
    "seen": {"type": "integer", "readOnly": True, "description": "number of calls that matched; ignored in requests"},
    "fired": {
        "type": "integer",
        "readOnly": True,
        "description": "number of calls the rule applied to; ignored in requests",
    },
    "predicate": {**TRUE, "readOnly": True, "description": "a Python function also has to match; cannot be sent"},
}


def rule_fields(kind: Any) -> dict[str, Schema]:
    """Return the schemas of a rule's fields; for an unknown effect, only the fields common to all rules."""
    effect = BY_KIND.get(kind) if isinstance(kind, str) else None
    own = {**_OWN, **_SHOWN}
    if effect is None:
        return own
    phase: Schema = {"type": "string", "enum": list(effect.phases), "default": effect.phases[0]}
    phase["description"] = "before the call is carried out, or after it: then only its response is affected"
    call = {**_OWN["call"], "description": f"name of a call, globs allowed; applies to {', '.join(effect.only)}"}
    if _is_for_deliveries(effect):
        del call["default"]
        call["pattern"] = r"^delivery\."
    of_effect = {one.name: _field(kind, one) for one in fields(effect)}  # type: ignore[arg-type]
    return {
        "effect": {"type": "string", "const": kind, "description": "what happens"},
        **of_effect,
        **own,
        "call": call,
        "phase": phase,
    }


def _field(effect: str, field: Field[Any]) -> Schema:
    kind, _, none = str(field.type).partition(" | ")
    schema = dict(_BY_NAME.get(field.name) or _BY_TYPE[kind])
    if none:
        types = schema["type"]
        schema["type"] = [*([types] if isinstance(types, str) else types), "null"]
        if "enum" in schema:
            schema["enum"] = [*schema["enum"], None]
    elif field.default is not MISSING:
        schema["default"] = field.default
    if f"{effect}.{field.name}" in _POSITIVE:
        schema["exclusiveMinimum"] = schema.pop("minimum")
    known = (_MEANINGS[f"{effect}.{field.name}"], schema.get("description"))
    return {**schema, "description": "; ".join(text for text in known if text)}


def _is_for_deliveries(effect: type[Effect]) -> bool:
    """Whether the effect applies to deliveries only. Its rules must name them: ``*`` matches all calls, but none."""
    return all(is_delivery(glob) for glob in effect.only)


def _parameters(effect: type[Effect]) -> str:
    """Return a pattern of the parameters of the calls that the effect applies to. ``form`` takes any other."""
    known = {**CALL_PARAMETERS, **dict.fromkeys(DELIVERY_NAMES, DELIVERY_PARAMETERS)}
    calls = [call for call in known if any(covers(glob, call) for glob in effect.only)]
    return f"^({'|'.join(sorted(taken_by(calls, known)))})$"


def rule_schema(effect: type[Effect]) -> Schema:
    needed = ["call"] if _is_for_deliveries(effect) else []
    needed += [one.name for one in fields(effect) if one.default is MISSING]  # type: ignore[arg-type]
    return {
        "type": "object",
        "title": effect.kind,
        "description": " ".join((getdoc(effect) or "").replace("``", "").split()),
        "required": ["effect", *needed],
        "properties": rule_fields(effect.kind),
        "patternProperties": {_parameters(effect): {**TEXT, "description": "a Twilio parameter to match, as in form"}},
        "additionalProperties": False,
        **_TOGETHER.get(effect.kind, {}),
    }
