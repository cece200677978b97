"""The paths of the OpenAPI document: operations, parameters, and which schema each request and response has."""

from __future__ import annotations

from typing import Any

from notify_mock.control_api.actions.advice import MAX_FILES
from notify_mock.control_api.actions.calls import MAX_PATH, METHODS, PATH
from notify_mock.control_api.openapi_schemas import (
    MOMENT,
    NAME,
    SPAN,
    TEXT,
    TRUE,
    WHOLE,
    Schema,
    object_of,
    provider_schema,
    reference,
)
from notify_mock.control_api.query import QUERIES
from notify_mock.deliveries.providers import PROVIDERS
from notify_mock.faults.readers import scenario_names
from notify_mock.resources import RESOURCES

EVENTS = ("call", "delivery", "callback", "fault", "clock", "records", "reset")
"""The types of events."""


def paths() -> dict[str, Any]:
    name = [{"name": "name", "in": "path", "required": True, "schema": NAME}]
    return {
        "/_mock/health": {
            "get": {**_operation("health", "Status and version; needs no token", "Health"), "security": [{}]}
        },
        "/_mock/about": {"get": _operation("about", "Version, URL, certificate, account, options and clock", "About")},
        "/_mock/accounts": {"get": _operation("accounts", "The accounts, and how many records each has", "Accounts")},
        "/_mock/state": {"get": _operation("state", "The whole state, without secrets", "State")},
        "/_mock/records": {
            "post": _taking(
                reference("Data"), _operation("addRecords", "Add records, all or none of them", "Records", "201")
            )
        },
        "/_mock/records/{key}": {
            "parameters": [
                {**name[0], "name": "key", "schema": {"type": "string", "enum": [kind.key for kind in RESOURCES]}}
            ],
            "get": {
                **_operation("records", "A page of records, oldest first", "Page"),
                "parameters": _query("records/<key>"),
            },
        },
        "/_mock/export": {
            "get": {
                **_operation(
                    "export",
                    "All records except notifications, or the whole state, as seed data",
                    {"anyOf": [reference("Export"), reference("Whole")]},
                ),
                "parameters": _query("export"),
            }
        },
        "/_mock/calls": {
            "post": _taking(
                _call(), _operation("makeCall", "Make a call of the emulated API, without a token", "Answer")
            )
        },
        "/_mock/journal": {
            "get": {
                **_operation("journal", "The received requests, oldest first, secrets masked", "Journal"),
                "parameters": _query("journal"),
            },
            "post": _taking(
                reference("KeepBodies"), _operation("keepBodies", "Keep responses from now on, or not", "KeepBodies")
            ),
        },
        "/_mock/journal/{number}": {
            "parameters": [{"name": "number", "in": "path", "required": True, "schema": WHOLE}],
            "get": _operation(
                "exchange", "One exchange: on the wire, explained, and as code to copy", "ExplainedExchange"
            ),
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
            "get": {
                **_operation("listCallbacks", "The delivery callbacks still to be sent, and the last 100", "Callbacks"),
                "parameters": _query("callbacks"),
            },
            "post": _operation("drainCallbacks", "Send them now, including retries; advances the clock", "Exchanges"),
        },
        "/_mock/events": {"get": _events()},
        "/_mock/reset": {
            "post": _taking(
                {**object_of(account={**TEXT, "description": "only the records and requests of this account"})}
                | {"required": []},
                _operation("reset", "Reset to the initial state; releases held calls, keeps checkpoints", "Status"),
                required=False,
            )
        },
        "/_mock/import": {
            "post": _taking(
                reference("Whole"),
                _operation("import", "Replace the state with a whole export; releases held calls", "Status"),
            )
        },
        "/_mock/clock": {
            "get": _operation("getClock", "The emulator's time", "Time"),
            "post": _taking(_clock(), _operation("moveClock", "Freeze, set, advance or resume the clock", "Time")),
        },
        "/_mock/faults": {
            "get": _operation("listFaults", "The fault rules", "Faults"),
            "post": _taking(
                {"oneOf": [reference("Rule"), reference("Scenario")]},
                _operation(
                    "addFault", "Add a fault rule, or the rules of a scenario", _either("Rule", "Faults"), "201"
                ),
            ),
            "delete": _operation("clearFaults", "Remove all fault rules"),
        },
        "/_mock/faults/{name}": {"parameters": name, "delete": _operation("removeFault", "Remove a fault rule")},
        "/_mock/diagnose": {
            "post": _taking(_files(), _operation("diagnose", "Say what the files of a credential are", "Diagnosis"))
        },
        "/_mock/errors": {"get": _operation("errors", "Twilio's error codes, as far as known", "TwilioErrors")},
        "/_mock/errors/{code}": {
            "parameters": [{"name": "code", "in": "path", "required": True, "schema": WHOLE}],
            "get": _operation("error", "What an error code means, and how well that is known", "TwilioError"),
        },
        "/_mock/scenarios": {"get": _operation("scenarios", "The predefined scenarios", "Scenarios")},
        "/_mock/scenarios/{name}": {
            "parameters": [{**name[0], "schema": {"type": "string", "enum": list(scenario_names())}}],
            "delete": _operation("endScenario", "Remove the rules of a scenario"),
        },
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


def _events() -> dict[str, Any]:
    """The only response that never ends. The types of events are those of ``notify_mock.events``."""
    types: Schema = {"type": "array", "items": {"type": "string", "enum": list(EVENTS)}, "minItems": 1}
    done = {"description": "server-sent events, without an end", "content": {"text/event-stream": {"schema": TEXT}}}
    operation = _operation("events", "What happens in the emulator, as it happens", TEXT)
    return {
        **operation,
        "parameters": [
            {"name": "types", "in": "query", "schema": types, "explode": False, "description": "default: all of them"},
            {"name": "Last-Event-ID", "in": "header", "schema": TEXT, "description": "id of the last event received"},
        ],
        "responses": {**operation["responses"], "200": done, "503": operation["responses"]["4XX"]},
    }


def _query(path: str) -> list[Schema]:
    return [{"name": name, "in": "query", **_described(schema)} for name, schema in QUERIES[path].items()]


def _described(schema: Schema) -> Schema:
    """Move the description from the schema to the parameter, where tools show it."""
    own = {key: value for key, value in schema.items() if key != "description"}
    return {"schema": own, **({"description": schema["description"]} if "description" in schema else {})}


def _call() -> Schema:
    texts: Schema = {"anyOf": [TEXT, {"type": "array", "items": TEXT}]}
    pair: Schema = {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}
    call = object_of(
        method={"type": "string", "enum": list(METHODS)},
        path={
            **TEXT,
            "pattern": PATH,
            "maxLength": MAX_PATH,
            "description": "path such as /v1/Services or /chat/v2/Credentials, or a whole URL of Twilio's",
        },
        account={"type": ["string", "null"], "pattern": "^AC", "description": "default: the default account"},
        params={
            "anyOf": [{"type": "object", "additionalProperties": texts}, {"type": "array", "items": pair}],
            "description": "the form, or the query of a method without a body",
        },
    )
    repeated = object_of(repeat={**WHOLE, "description": "the number of the exchange to repeat"})
    return {"oneOf": [{**call, "required": ["method", "path"]}, repeated]}


def _files() -> Schema:
    files: Schema = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": MAX_FILES,
        "propertyNames": {"minLength": 1},
        "additionalProperties": {"type": "string", "contentEncoding": "base64"},
        "description": "contents in base64 by file name",
    }
    body = object_of(
        files=files,
        password={"type": ["string", "null"], "description": "of a .p12 file or of the private key"},
        secrets={"type": "boolean", "default": False, "description": "return secret parameters instead of a mask"},
    )
    return {**body, "required": ["files"]}


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
    schema = reference(answer) if isinstance(answer, str) else answer
    done = {"description": "success", "content": {"application/json": {"schema": schema}}}
    wrong = {
        "description": "what is wrong, and the name of the field if known",
        "content": {"application/json": {"schema": reference("Error")}},
    }
    responses = {status: done} if answer else {"204": {"description": "success"}}
    return {"operationId": name, "summary": summary, "responses": {**responses, "4XX": wrong}}


def _taking(body: Schema, operation: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    return {**operation, "requestBody": {"required": required, "content": {"application/json": {"schema": body}}}}


def _either(*names: str) -> Schema:
    return {"oneOf": [reference(name) for name in names]}
