"""The OpenAPI document of the control API."""

from __future__ import annotations

from typing import Any

from notify_mock import __version__
from notify_mock.faults.kinds import EFFECTS, field_names

_OK = {"description": "done"}
_ERROR = {
    "description": "what was wrong, and the field's name",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "error": {
                        "type": "object",
                        "required": ["message"],
                        "properties": {"message": {"type": "string"}, "field": {"type": "string"}},
                    }
                },
            }
        }
    },
}


def document(server: str) -> dict[str, Any]:
    """The document, for a server at this base URL."""
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "notify-mock control API",
            "version": __version__,
            "description": "For tools that arrange and inspect the emulator. Takes no requests from pages of another "
            "origin; beyond loopback it needs the control token.",
        },
        "servers": [{"url": server}],
        "components": {
            "securitySchemes": {"token": {"type": "apiKey", "in": "header", "name": "X-Notify-Mock-Token"}},
            "schemas": {"Rule": _rule_schema()},
        },
        "security": [{}, {"token": []}],
        "paths": _paths(),
    }


def _paths() -> dict[str, Any]:
    rule = {"$ref": "#/components/schemas/Rule"}
    name = [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}]
    clock = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": 1,
        "properties": {
            "freeze": {"description": "a point in time, or null for now", "nullable": True},
            "set": {"description": "a point in time"},
            "advance": {"description": 'seconds, or text such as "2h"'},
            "resume": {"type": "boolean", "enum": [True]},
        },
    }
    named = {"type": "object", "properties": {"name": {"type": "string", "default": "default"}}}
    return {
        "/_mock/health": {"get": _operation("health", "Whether it answers, its version, seed and clock")},
        "/_mock/state": {"get": _operation("state", "All that it holds, secrets left out")},
        "/_mock/journal": {"get": _operation("journal", "The requests that arrived, secrets masked")},
        "/_mock/reset": {"post": _operation("reset", "Back to how it was started; held calls are let go")},
        "/_mock/clock": {
            "get": _operation("getClock", "The emulator's time"),
            "post": _operation("moveClock", "Freeze, set, advance or resume the clock", body=clock),
        },
        "/_mock/faults": {
            "get": _operation("listFaults", "The fault rules in force"),
            "post": _operation("addFault", "Put a fault rule in force", body=rule, status="201"),
            "delete": _operation("clearFaults", "Take every fault rule out", status="204"),
        },
        "/_mock/faults/{name}": {
            "parameters": name,
            "delete": _operation("removeFault", "Take one fault rule out", status="204"),
        },
        "/_mock/checkpoint": {
            "post": _operation("setCheckpoint", "Remember everything under a name", body=named, status="201")
        },
        "/_mock/checkpoint/{name}": {
            "parameters": name,
            "post": _operation("restoreCheckpoint", "Put back what was remembered"),
            "delete": _operation("dropCheckpoint", "Forget what was remembered", status="204"),
        },
        "/_mock/openapi.json": {"get": _operation("openapi", "This document")},
    }


def _operation(name: str, summary: str, *, body: dict[str, Any] | None = None, status: str = "200") -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "summary": summary,
        "responses": {status: _OK, "401": _ERROR, "403": _ERROR},
    }
    if body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": body}}}
        operation["responses"]["400"] = _ERROR
    return operation


def _rule_schema() -> dict[str, Any]:
    number = {"type": "integer"}
    text = {"type": "string"}
    texts = {"type": "object", "additionalProperties": text}
    return {
        "type": "object",
        "required": ["effect"],
        "description": "A rule's own fields, those of its effect, and parameters of Twilio's to match, with a capital. "
        + "; ".join(f"{one.kind}: {', '.join(field_names(one)) or 'no field'}" for one in EFFECTS),
        "properties": {
            "call": {"type": "string", "default": "*", "description": "a call's name, globs allowed"},
            "effect": {"type": "string", "enum": [one.kind for one in EFFECTS]},
            "name": text,
            "phase": {"type": "string", "enum": ["before", "after"]},
            "unused": {"type": "string", "enum": ["error", "warn", "ignore"]},
            "times": number,
            "skip": number,
            "every": number,
            "chance": {"type": "number", "minimum": 0, "maximum": 1},
            "after": {"description": "a point in time, or a length of time from now"},
            "until": {"description": "a point in time, or a length of time from now"},
            "account_sid": text,
            "door": text,
            "sid": text,
            "form": texts,
            "headers": texts,
        },
    }
