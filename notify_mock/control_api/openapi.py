"""The OpenAPI document of the control API."""

from __future__ import annotations

from typing import Any

from notify_mock.control_api.openapi_rules import rule_schema
from notify_mock.control_api.openapi_schemas import (
    MAYBE_TEXT,
    MAYBE_WHOLE,
    MOMENT,
    NAME,
    SPAN,
    TEXT,
    TRUE,
    WHOLE,
    Schema,
    callback_schema,
    data_schema,
    delivery_schema,
    object_of,
    provider_schema,
    query_number,
    record_schema,
)
from notify_mock.control_api.query import NUMBERS, QUERIES
from notify_mock.deliveries.inbox import VALUES
from notify_mock.deliveries.providers import PROVIDERS
from notify_mock.faults.kinds import EFFECTS
from notify_mock.faults.readers import scenario_names
from notify_mock.resources import RESOURCES
from notify_mock.support.version import __version__

_DESCRIBED = {
    "call": "name of a call, globs allowed",
    "after": "only requests with a larger number",
    "limit": "the most requests to return",
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
        **{names[effect.kind]: rule_schema(effect) for effect in EFFECTS},
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
        "Data": data_schema(),
        "Records": object_of(**{kind.key: _list_of(kind.name.capitalize()) for kind in RESOURCES if kind.seed}),
        "Provider": provider_schema(),
        "Providers": object_of(**{provider: _ref("Provider") for provider in PROVIDERS}),
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
        "/_mock/records": {
            "post": _taking(
                _ref("Data"), _operation("addRecords", "Add records, all or none of them", "Records", "201")
            )
        },
        "/_mock/journal": {
            "get": {
                **_operation("journal", "The received requests, oldest first, secrets masked", "Journal"),
                "parameters": _query("journal"),
            }
        },
        "/_mock/deliveries": {
            "get": {
                **_operation("deliveries", "The simulated deliveries, and alerts", "Deliveries"),
                "parameters": _query("deliveries"),
            }
        },
        "/_mock/providers": {
            "get": _operation("providers", "The simulated failures of the providers", "Providers"),
            "delete": _operation("recoverProviders", "End all simulated failures"),
        },
        "/_mock/providers/{name}": {
            "parameters": [{**name[0], "schema": {"type": "string", "enum": list(PROVIDERS)}}],
            "get": _operation("provider", "The simulated failures of a provider", "Provider"),
            "post": _taking(
                {**provider_schema(), "required": []},
                _operation("changeProvider", "Replace the failures that are given", "Provider"),
            ),
            "delete": _operation("recoverProvider", "End the simulated failures of a provider"),
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


def _query(path: str) -> list[Schema]:
    return [{"name": name, "in": "query", **_parameter(name)} for name in QUERIES[path]]


def _parameter(name: str) -> Schema:
    described = {"description": _DESCRIBED[name]} if name in _DESCRIBED else {}
    text = {**TEXT, "enum": list(VALUES[name])} if name in VALUES else TEXT
    return {**described, "schema": query_number() if name in NUMBERS else text}


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
