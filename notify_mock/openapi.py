"""The OpenAPI document of the control API; the types of a rule's fields in it are those that are enforced."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from inspect import getdoc
from typing import Any, get_args

from notify_mock import __version__
from notify_mock.catalog import BY_CODE
from notify_mock.deliveries.inbox import CRITERIA
from notify_mock.deliveries.problems import OUTCOMES, TITLES
from notify_mock.faults.connections import What
from notify_mock.faults.fate import Effect
from notify_mock.faults.kinds import BY_KIND, EFFECTS
from notify_mock.faults.reading import scenario_names
from notify_mock.resource import shown_fields
from notify_mock.resources import RESOURCES

_Schema = dict[str, Any]

_TEXT: _Schema = {"type": "string"}
_NAME: _Schema = {"type": "string", "minLength": 1}
_WHOLE: _Schema = {"type": "integer", "minimum": 0}
_TRUE: _Schema = {"type": "boolean", "enum": [True]}
_MAYBE_TEXT: _Schema = {"type": ["string", "null"]}
_MAYBE_WHOLE: _Schema = {"type": ["integer", "null"]}
_TEXTS: _Schema = {"type": "object", "additionalProperties": _TEXT}
_SPAN: _Schema = {
    "type": ["number", "string"],
    "description": 'seconds, or text such as "90s", "15m", "1h30m"',
    "minimum": 0,
    "exclusiveMaximum": 1e11,
    "pattern": r"^(?=\d)(\d+(\.\d+)?d)?(\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?$",
}
_MOMENT: _Schema = {"type": ["string", "number"], "description": "ISO 8601 text, or seconds since 1970"}
_WHEN: _Schema = {
    "type": ["string", "number", "null"],
    "description": 'ISO 8601 text or seconds since 1970, or a length of time from now such as "10s"',
}

_BY_TYPE: dict[str, _Schema] = {"int": _WHOLE, "str": _TEXT, "bool": {"type": "boolean"}, "Span": _SPAN}
_BY_NAME: dict[str, _Schema] = {
    "code": {"type": "integer", "enum": sorted(BY_CODE)},
    "status": {"type": "integer", "minimum": 200, "maximum": 599},
    "pieces": {"type": "integer", "minimum": 1, "maximum": 10_000},
    "what": {"type": "string", "enum": list(get_args(What))},
    "outcome": {"type": "string", "enum": list(OUTCOMES)},
    "error": {"type": "integer", "enum": sorted(TITLES)},
    "new_token": {**_NAME, "description": "masked in answers"},
}
_TOGETHER: dict[str, _Schema] = {
    "delay": {
        "oneOf": [
            {"required": ["seconds"], "properties": {"low": False, "high": False, "median": False, "p99": False}},
            {"required": ["low", "high"], "properties": {"seconds": False, "median": False, "p99": False}},
            {"required": ["median", "p99"], "properties": {"seconds": False, "low": False, "high": False}},
        ]
    },
    "rate_limit": {"anyOf": [{"required": ["limit"]}, {"required": ["concurrent"]}]},
}
"""Which fields of an effect are given together."""

_OWN: dict[str, _Schema] = {
    "call": {**_NAME, "default": "*", "description": "a call's or delivery's name, globs allowed"},
    "name": {**_NAME, "description": "made from the effect unless given"},
    "unused": {"type": "string", "enum": ["error", "warn", "ignore"]},
    "times": {"type": ["integer", "null"], "minimum": 1, "description": "calls that it strikes at most"},
    "skip": {**_WHOLE, "default": 0, "description": "matched calls that it lets through first"},
    "every": {"type": "integer", "minimum": 1, "default": 1, "description": "it strikes one call in so many"},
    "chance": {"type": "number", "minimum": 0, "maximum": 1, "default": 1},
    "after": _WHEN,
    "until": _WHEN,
    "account_sid": {"type": ["string", "null"], "minLength": 1},
    "door": {"type": ["string", "null"], "minLength": 1, "description": "product and version, such as chat/v2"},
    "sid": {"type": ["string", "null"], "minLength": 1},
    "form": {**_TEXTS, "description": "Twilio's parameters to match, globs allowed; secrets are masked in answers"},
    "headers": {**_TEXTS, "description": "request headers to match, globs allowed; secrets are masked in answers"},
}
_SHOWN: dict[str, _Schema] = {
    "seen": {**_WHOLE, "readOnly": True, "description": "calls that it matched; passed over when it is sent back"},
    "fired": {**_WHOLE, "readOnly": True, "description": "calls that it struck; passed over when it is sent back"},
    "predicate": {**_TRUE, "readOnly": True, "description": "a function in Python matches too; it can't be sent"},
}


def document(server: str) -> _Schema:
    """The document, for a server at this base URL."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "notify-mock control API",
            "version": __version__,
            "description": "For tools that arrange and inspect the emulator. Takes no requests from pages of another "
            "origin; beyond loopback it needs the control token.",
        },
        "servers": [{"url": server}],
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Notify-Mock-Token"}},
            "schemas": _schemas(),
        },
        "security": [{}, {"token": []}],
        "paths": _paths(),
    }


def rule_fields(kind: Any) -> dict[str, _Schema]:
    """The schema of each field of a rule with this effect; of an unknown one, only the fields that every rule has."""
    effect = BY_KIND.get(kind) if isinstance(kind, str) else None
    own = {**_OWN, **_SHOWN}
    if effect is None:
        return own
    phase = {"type": "string", "enum": list(effect.phases), "default": effect.phases[0]}
    call = {**_OWN["call"], "description": f"a call's name, globs allowed; it acts on {', '.join(effect.only)}"}
    of_effect = {one.name: _field(one) for one in fields(effect)}  # type: ignore[arg-type]
    return {"effect": {"type": "string", "const": kind}, **of_effect, **own, "call": call, "phase": phase}


def _field(field: Field[Any]) -> _Schema:
    kind, _, none = str(field.type).partition(" | ")
    schema = dict(_BY_NAME.get(field.name) or _BY_TYPE[kind])
    if none:
        types = schema["type"]
        schema["type"] = [*([types] if isinstance(types, str) else types), "null"]
    elif field.default is not MISSING:
        schema["default"] = field.default
    return schema


def _rule(effect: type[Effect]) -> _Schema:
    needed = [one.name for one in fields(effect) if one.default is MISSING]  # type: ignore[arg-type]
    return {
        "type": "object",
        "title": effect.kind,
        "description": " ".join((getdoc(effect) or "").replace("``", "").split()),
        "required": ["effect", *needed],
        "properties": rule_fields(effect.kind),
        "patternProperties": {"^[A-Z]": {**_TEXT, "description": "a parameter of Twilio's to match, as in form"}},
        "additionalProperties": False,
        **_TOGETHER.get(effect.kind, {}),
    }


def _schemas() -> dict[str, _Schema]:
    names = {effect.kind: "Rule." + effect.kind for effect in EFFECTS}
    to_rule = {kind: _ref(name) for kind, name in names.items()}
    return {
        "Rule": {
            "oneOf": list(to_rule.values()),
            "discriminator": {
                "propertyName": "effect",
                "mapping": {kind: reference["$ref"] for kind, reference in to_rule.items()},
            },
        },
        **{names[effect.kind]: _rule(effect) for effect in EFFECTS},
        "Error": _object(error={**_object(message=_TEXT), "properties": {"message": _TEXT, "field": _TEXT}}),
        "Time": _object(now=_TEXT),
        "Status": _object(status=_TEXT),
        "Health": _object(status=_TEXT, version=_TEXT, seed={"type": ["integer", "string"]}, now=_TEXT),
        "Scenario": _object(scenario={"type": "string", "enum": list(scenario_names())}),
        "Faults": _object(faults=_list_of("Rule")),
        "Journal": _object(exchanges=_list_of("Exchange")),
        "Checkpoint": _object(name=_NAME),
        "Exchange": _exchange(),
        **{resource.name.capitalize(): _record(resource.record) for resource in RESOURCES},
        "State": _state(),
        "Delivery": _delivery(),
        "Deliveries": _object(deliveries=_list_of("Delivery"), alerts=_list_of("Alert")),
        "Alert": _object(time=_TEXT, notification_sid=_TEXT, code=_WHOLE, reason=_MAYBE_TEXT),
        "Callback": _callback(),
        "Callbacks": _object(callbacks=_list_of("Callback")),
    }


def _exchange() -> _Schema:
    texts = ("call", "account_sid", "door", "sid", "reason")
    numbers = ("status", "code", "played")
    return _object(
        number=_WHOLE,
        time=_TEXT,
        request={**_TEXT, "description": "one line, secrets masked"},
        region=_TEXT,
        faults={"type": "array", "items": _TEXT},
        **dict.fromkeys(texts, _MAYBE_TEXT),
        **dict.fromkeys(numbers, _MAYBE_WHOLE),
    )


_OF_RECORDS: dict[str, _Schema] = {
    "str": _TEXT,
    "datetime": _TEXT,
    "int": _WHOLE,
    "bool": {"type": "boolean"},
    "tuple[str, ...]": {"type": "array", "items": _TEXT},
    "Mapping[str, Any]": {"type": "object"},
}


def _record(record: type[Any]) -> _Schema:
    """Its fields, secrets left out."""
    schemas = {}
    for one in shown_fields(record):
        kind, _, none = str(one.type).partition(" | ")
        schema = _OF_RECORDS[kind]
        schemas[one.name] = {**schema, "type": [schema["type"], "null"]} if none else schema
    return _object(**schemas)


def _delivery() -> _Schema:
    texts = ("sid", "notification_sid", "account_sid", "service_sid", "channel", "address", "state", "time")
    maybe = ("binding_sid", "credential_sid", "identity", "reason", "message_id")
    return _object(
        **dict.fromkeys(texts, _TEXT),
        **dict.fromkeys(maybe, _MAYBE_TEXT),
        code=_MAYBE_WHOLE,
        headers=_TEXTS,
        payload={"type": "object", "description": "what the provider would have got"},
        faults={"type": "array", "items": _TEXT},
    )


def _callback() -> _Schema:
    texts = ("notification_sid", "account_sid", "service_sid", "due")
    numbers = dict.fromkeys(("sequence", "count", "attempt"), _WHOLE)
    return _object(**dict.fromkeys(texts, _TEXT), **numbers, host=_MAYBE_TEXT, is_final={"type": "boolean"})


def _state() -> _Schema:
    return _object(
        seed={"type": ["integer", "string"]},
        now=_TEXT,
        strict={"type": "boolean"},
        default_account=_TEXT,
        **{resource.key: _list_of(resource.name.capitalize()) for resource in RESOURCES},
        requests=_WHOLE,
        faults=_list_of("Rule"),
    )


def _paths() -> dict[str, Any]:
    name = [{"name": "name", "in": "path", "required": True, "schema": _NAME}]
    return {
        "/_mock/health": {"get": _operation("health", "Whether it answers, its version, seed and clock", "Health")},
        "/_mock/state": {"get": _operation("state", "All that it holds, secrets left out", "State")},
        "/_mock/journal": {"get": _operation("journal", "The requests that arrived, secrets masked", "Journal")},
        "/_mock/deliveries": {
            "get": {
                **_operation("deliveries", "What would have been delivered, and what went wrong besides", "Deliveries"),
                "parameters": [
                    {"name": one, "in": "query", "schema": _WHOLE if one == "code" else _TEXT} for one in CRITERIA
                ],
            }
        },
        "/_mock/callbacks": {
            "get": _operation("listCallbacks", "The delivery callbacks that are still to be made", "Callbacks"),
            "post": _operation("drainCallbacks", "Make them now, retries included; the clock is moved", "Journal"),
        },
        "/_mock/reset": {
            "post": _operation(
                "reset", "Back to how it was started; held calls are let go, and checkpoints stay", "Status"
            )
        },
        "/_mock/clock": {
            "get": _operation("getClock", "The emulator's time", "Time"),
            "post": _taking(_clock(), _operation("moveClock", "Freeze, set, advance or resume the clock", "Time")),
        },
        "/_mock/faults": {
            "get": _operation("listFaults", "The fault rules in force", "Faults"),
            "post": _taking(
                {"oneOf": [_ref("Rule"), _ref("Scenario")]},
                _operation(
                    "addFault", "Put a fault rule, or those of a scenario, in force", _either("Rule", "Faults"), "201"
                ),
            ),
            "delete": _operation("clearFaults", "Take every fault rule out"),
        },
        "/_mock/faults/{name}": {"parameters": name, "delete": _operation("removeFault", "Take one fault rule out")},
        "/_mock/checkpoint": {
            "post": _taking(
                {**_object(name={**_NAME, "default": "default"}), "required": []},
                _operation("setCheckpoint", "Remember everything under a name", "Checkpoint", "201"),
                required=False,
            )
        },
        "/_mock/checkpoint/{name}": {
            "parameters": name,
            "post": _operation("restoreCheckpoint", "Put back what was remembered", "Checkpoint"),
            "delete": _operation("dropCheckpoint", "Forget what was remembered"),
        },
        "/_mock/openapi.json": {"get": _operation("openapi", "This document", {"type": "object"})},
    }


def _clock() -> _Schema:
    acts = _object(
        freeze={**_MOMENT, "type": ["string", "number", "null"], "description": "a point in time, or null for now"},
        set=_MOMENT,
        advance=_SPAN,
        resume=_TRUE,
    )
    return {**acts, "required": [], "minProperties": 1, "maxProperties": 1}


def _operation(name: str, summary: str, answer: str | _Schema = "", status: str = "200") -> dict[str, Any]:
    """``answer`` is its schema or the schema's name; without one the body is empty."""
    schema = _ref(answer) if isinstance(answer, str) else answer
    done = {"description": "done", "content": {"application/json": {"schema": schema}}}
    wrong = {
        "description": "what was wrong, and where it can be told the field's name",
        "content": {"application/json": {"schema": _ref("Error")}},
    }
    responses = {status: done} if answer else {"204": {"description": "done"}}
    return {"operationId": name, "summary": summary, "responses": {**responses, "4XX": wrong}}


def _taking(body: _Schema, operation: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {**operation, "requestBody": {"required": required, "content": {"application/json": {"schema": body}}}}


def _ref(name: str) -> _Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _either(*names: str) -> _Schema:
    return {"oneOf": [_ref(name) for name in names]}


def _list_of(name: str) -> _Schema:
    return {"type": "array", "items": _ref(name)}


def _object(**properties: _Schema) -> _Schema:
    """An object with these fields, all of them there, and no other."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }
