"""The OpenAPI document of the control API. Requests are checked against its types of rule fields."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from inspect import getdoc
from typing import Any, get_args

from notify_mock.control_api.openapi_schemas import (
    MAX_CODE_DIGITS,
    MAYBE_TEXT,
    MAYBE_WHOLE,
    MOMENT,
    NAME,
    SPAN,
    TEXT,
    TEXTS,
    TRUE,
    WHEN,
    WHOLE,
    Schema,
    callback_schema,
    delivery_schema,
    object_of,
    record_schema,
)
from notify_mock.deliveries.inbox import CRITERIA, VALUES
from notify_mock.faults.connections import What
from notify_mock.faults.decision import Effect
from notify_mock.faults.kinds import BY_KIND, EFFECTS
from notify_mock.faults.match import is_delivery
from notify_mock.faults.readers import scenario_names
from notify_mock.resources import RESOURCES
from notify_mock.support.version import __version__
from notify_mock.twilio_api.catalog import BY_CODE
from notify_mock.twilio_api.delivery_errors import OUTCOMES, TITLES

_BY_TYPE: dict[str, Schema] = {"int": WHOLE, "str": TEXT, "bool": {"type": "boolean"}, "Span": SPAN}
_BY_NAME: dict[str, Schema] = {
    "code": {"type": "integer", "enum": sorted(BY_CODE)},
    "status": {"type": "integer", "minimum": 200, "maximum": 599},
    "pieces": {"type": "integer", "minimum": 1, "maximum": 10_000},
    "what": {"type": "string", "enum": list(get_args(What))},
    "outcome": {"type": "string", "enum": list(OUTCOMES)},
    "error": {"type": "integer", "enum": sorted(TITLES)},
    "new_token": {**NAME, "description": "masked in responses"},
}
_TOGETHER: dict[str, Schema] = {
    "delay": {
        "oneOf": [
            {"required": ["seconds"], "properties": {"low": False, "high": False, "median": False, "p99": False}},
            {"required": ["low", "high"], "properties": {"seconds": False, "median": False, "p99": False}},
            {"required": ["median", "p99"], "properties": {"seconds": False, "low": False, "high": False}},
        ]
    },
    "rate_limit": {"anyOf": [{"required": ["limit"]}, {"required": ["concurrent"]}]},
}
"""Which fields of an effect must be used together."""

_OWN: dict[str, Schema] = {
    "call": {**NAME, "default": "*", "description": "name of a call or delivery, globs allowed"},
    "name": {**NAME, "description": "default: derived from the effect"},
    "unused": {"type": "string", "enum": ["error", "warn", "ignore"]},
    "times": {"type": ["integer", "null"], "minimum": 1, "description": "maximum number of calls the rule applies to"},
    "skip": {**WHOLE, "default": 0, "description": "matching calls to skip first"},
    "every": {"type": "integer", "minimum": 1, "default": 1, "description": "apply to every n-th matching call"},
    "chance": {"type": "number", "minimum": 0, "maximum": 1, "default": 1},
    "after": WHEN,
    "until": WHEN,
    "account_sid": {"type": ["string", "null"], "minLength": 1},
    "api": {"type": ["string", "null"], "minLength": 1, "description": "product and version, such as chat/v2"},
    "door": {"type": ["string", "null"], "minLength": 1, "deprecated": True, "description": "the old name of api"},
    "sid": {"type": ["string", "null"], "minLength": 1},
    "form": {**TEXTS, "description": "Twilio parameters to match, globs allowed; secrets are masked in responses"},
    "headers": {**TEXTS, "description": "request headers to match, globs allowed; secrets are masked in responses"},
}
_SHOWN: dict[str, Schema] = {
    "seen": {**WHOLE, "readOnly": True, "description": "number of calls that matched; ignored in requests"},
    "fired": {**WHOLE, "readOnly": True, "description": "number of calls the rule applied to; ignored in requests"},
    "predicate": {**TRUE, "readOnly": True, "description": "a Python function also has to match; cannot be sent"},
}


def document(server: str) -> Schema:
    """Return the document for a server at this base URL."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "notify-mock control API",
            "version": __version__,
            "description": "Inspects and arranges the emulator. Does not accept requests from pages of another origin. "
            "Beyond loopback, the control token is required.",
        },
        "servers": [{"url": server}],
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Notify-Mock-Token"}},
            "schemas": _schemas(),
        },
        "security": [{}, {"token": []}],
        "paths": _paths(),
    }


def rule_fields(kind: Any) -> dict[str, Schema]:
    """Return the schemas of a rule's fields; for an unknown effect, only the fields common to all rules."""
    effect = BY_KIND.get(kind) if isinstance(kind, str) else None
    own = {**_OWN, **_SHOWN}
    if effect is None:
        return own
    phase = {"type": "string", "enum": list(effect.phases), "default": effect.phases[0]}
    call = {**_OWN["call"], "description": f"name of a call, globs allowed; applies to {', '.join(effect.only)}"}
    if _is_for_deliveries(effect):
        del call["default"]
        call["pattern"] = r"^delivery\."
    of_effect = {one.name: _field(one) for one in fields(effect)}  # type: ignore[arg-type]
    return {"effect": {"type": "string", "const": kind}, **of_effect, **own, "call": call, "phase": phase}


def _field(field: Field[Any]) -> Schema:
    kind, _, none = str(field.type).partition(" | ")
    schema = dict(_BY_NAME.get(field.name) or _BY_TYPE[kind])
    if none:
        types = schema["type"]
        schema["type"] = [*([types] if isinstance(types, str) else types), "null"]
    elif field.default is not MISSING:
        schema["default"] = field.default
    return schema


def _is_for_deliveries(effect: type[Effect]) -> bool:
    """Whether the effect applies to deliveries only. Its rules must name them: ``*`` matches all calls, but none."""
    return all(is_delivery(glob) for glob in effect.only)


def _rule(effect: type[Effect]) -> Schema:
    needed = ["call"] if _is_for_deliveries(effect) else []
    needed += [one.name for one in fields(effect) if one.default is MISSING]  # type: ignore[arg-type]
    return {
        "type": "object",
        "title": effect.kind,
        "description": " ".join((getdoc(effect) or "").replace("``", "").split()),
        "required": ["effect", *needed],
        "properties": rule_fields(effect.kind),
        "patternProperties": {"^[A-Z]": {**TEXT, "description": "a Twilio parameter to match, as in form"}},
        "additionalProperties": False,
        **_TOGETHER.get(effect.kind, {}),
    }


def _schemas() -> dict[str, Schema]:
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
        "Error": object_of(error={**object_of(message=TEXT), "properties": {"message": TEXT, "field": TEXT}}),
        "Time": object_of(now=TEXT),
        "Status": object_of(status=TEXT),
        "Health": object_of(status=TEXT, version=TEXT),
        "Scenario": object_of(scenario={"type": "string", "enum": list(scenario_names())}),
        "Faults": object_of(faults=_list_of("Rule")),
        "Journal": object_of(exchanges=_list_of("Exchange")),
        "Checkpoint": object_of(name=NAME),
        "Exchange": _exchange(),
        **{resource.name.capitalize(): record_schema(resource.record) for resource in RESOURCES},
        "State": _state(),
        "Delivery": delivery_schema(),
        "Deliveries": object_of(deliveries=_list_of("Delivery"), alerts=_list_of("Alert")),
        "Alert": object_of(time=TEXT, notification_sid=TEXT, code=WHOLE, reason=MAYBE_TEXT),
        "Callback": callback_schema(),
        "Callbacks": object_of(callbacks=_list_of("Callback")),
    }


def _exchange() -> Schema:
    texts = ("call", "account_sid", "api", "sid", "reason", "response")
    numbers = ("status", "code", "played")
    return object_of(
        number=WHOLE,
        time=TEXT,
        request={**TEXT, "description": "one line, secrets masked"},
        region=TEXT,
        faults={"type": "array", "items": TEXT},
        **dict.fromkeys(texts, MAYBE_TEXT),
        **dict.fromkeys(numbers, MAYBE_WHOLE),
        door={**MAYBE_TEXT, "deprecated": True, "description": "the old name of api"},
    )


def _state() -> Schema:
    return object_of(
        seed={"type": ["integer", "string"]},
        now=TEXT,
        strict={"type": "boolean"},
        default_account=TEXT,
        **{resource.key: _list_of(resource.name.capitalize()) for resource in RESOURCES},
        requests=WHOLE,
        faults=_list_of("Rule"),
    )


def _paths() -> dict[str, Any]:
    name = [{"name": "name", "in": "path", "required": True, "schema": NAME}]
    return {
        "/_mock/health": {
            "get": {**_operation("health", "Status and version; needs no token", "Health"), "security": [{}]}
        },
        "/_mock/state": {"get": _operation("state", "The whole state, without secrets", "State")},
        "/_mock/journal": {"get": _operation("journal", "The received requests, secrets masked", "Journal")},
        "/_mock/deliveries": {
            "get": {
                **_operation("deliveries", "The simulated deliveries, and alerts", "Deliveries"),
                "parameters": [{"name": one, "in": "query", "schema": _criterion(one)} for one in CRITERIA],
            }
        },
        "/_mock/callbacks": {
            "get": _operation("listCallbacks", "The delivery callbacks still to be sent", "Callbacks"),
            "post": _operation("drainCallbacks", "Send them now, including retries; advances the clock", "Journal"),
        },
        "/_mock/reset": {
            "post": _operation("reset", "Reset to the initial state; releases held calls, keeps checkpoints", "Status")
        },
        "/_mock/clock": {
            "get": _operation("getClock", "The emulator's time", "Time"),
            "post": _taking(_clock(), _operation("moveClock", "Freeze, set, advance or resume the clock", "Time")),
        },
        "/_mock/faults": {
            "get": _operation("listFaults", "The fault rules", "Faults"),
            "post": _taking(
                {"oneOf": [_ref("Rule"), _ref("Scenario")]},
                _operation(
                    "addFault", "Add a fault rule, or the rules of a scenario", _either("Rule", "Faults"), "201"
                ),
            ),
            "delete": _operation("clearFaults", "Remove all fault rules"),
        },
        "/_mock/faults/{name}": {"parameters": name, "delete": _operation("removeFault", "Remove a fault rule")},
        "/_mock/checkpoint": {
            "post": _taking(
                {**object_of(name={**NAME, "default": "default"}), "required": []},
                _operation("setCheckpoint", "Save the state under a name", "Checkpoint", "201"),
                required=False,
            )
        },
        "/_mock/checkpoint/{name}": {
            "parameters": name,
            "post": _operation("restoreCheckpoint", "Restore a saved state", "Checkpoint"),
            "delete": _operation("dropCheckpoint", "Delete a saved state"),
        },
        "/_mock/openapi.json": {"get": _operation("openapi", "This document", {"type": "object"})},
    }


def _criterion(name: str) -> Schema:
    if name == "code":
        return {**WHOLE, "maximum": 10**MAX_CODE_DIGITS - 1}
    return {**TEXT, "enum": list(VALUES[name])} if name in VALUES else TEXT


def _clock() -> Schema:
    acts = object_of(
        freeze={"anyOf": [*MOMENT["anyOf"], {"type": "null"}], "description": "a point in time, or null for now"},
        set=MOMENT,
        advance=SPAN,
        resume=TRUE,
    )
    return {**acts, "required": [], "minProperties": 1, "maxProperties": 1}


def _operation(name: str, summary: str, answer: str | Schema = "", status: str = "200") -> dict[str, Any]:
    """``answer`` is the response's schema or its name; without one, the body is empty."""
    schema = _ref(answer) if isinstance(answer, str) else answer
    done = {"description": "success", "content": {"application/json": {"schema": schema}}}
    wrong = {
        "description": "what is wrong, and the name of the field if known",
        "content": {"application/json": {"schema": _ref("Error")}},
    }
    responses = {status: done} if answer else {"204": {"description": "success"}}
    return {"operationId": name, "summary": summary, "responses": {**responses, "4XX": wrong}}


def _taking(body: Schema, operation: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {**operation, "requestBody": {"required": required, "content": {"application/json": {"schema": body}}}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _either(*names: str) -> Schema:
    return {"oneOf": [_ref(name) for name in names]}


def _list_of(name: str) -> Schema:
    return {"type": "array", "items": _ref(name)}
