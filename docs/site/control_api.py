"""The reference of the control API, from its OpenAPI document, as Markdown."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from docs.site.docstrings import escape
from notify_mock.control_api.openapi import document

_MAX_VALUES = 8
_INTRODUCTION = """\
Every path of a running emulator's control API, from the document at `/_mock/openapi.json`. What it is for, and who may
use it: [Control API](../control-api.md). Bodies are JSON. A request that is refused gets a 4xx with an
[Error](#error)."""

Schema = Mapping[str, Any]


def control_api_page() -> str:
    """Return the page: operations, then schemas."""
    api = document("http://127.0.0.1:8010")
    schemas: dict[str, Schema] = api["components"]["schemas"]
    parts = ["# Control API: paths and fields", _INTRODUCTION]
    for path, item in api["paths"].items():
        for method in ("get", "post", "put", "delete"):
            if method in item:
                parts += _operation(f"{method.upper()} {path}", item[method], item.get("parameters", []))
    parts += ["## Bodies", "The objects that the paths above take and return."]
    shared = _shared([schema for name, schema in schemas.items() if name.startswith("Rule.")])
    for name, schema in schemas.items():
        parts.append(f"### {name}")
        if name == "Rule":
            parts += ["A fault rule. Its fields depend on its `effect`, except for those that every rule has:"]
            parts += [_one_of(schema), _table(shared, ("effect",))]
        else:
            left_out = shared if name.startswith("Rule.") else {}
            parts += _body(schema, left_out)
    return "\n\n".join(parts) + "\n"


def _operation(heading: str, operation: Schema, parameters: list[Schema]) -> list[str]:
    parts = [f"## {escape(heading)}", f"{operation['summary']}."]
    if operation.get("description"):
        parts.append(escape(operation["description"]))
    given = [*parameters, *operation.get("parameters", [])]
    rows = [
        [f"`{one['name']}`", one["in"], type_of(one["schema"]), _meaning({**one["schema"], **one})] for one in given
    ]
    if rows:
        parts.append(_rows(("parameter", "in", "type", "meaning"), rows))
    lines = []
    if "requestBody" in operation:
        lines.append(f"- takes {_content(operation['requestBody'])}")
    for status, response in operation["responses"].items():
        if status != "4XX":
            lines.append(f"- returns {status}: {_content(response) or response['description']}")
    parts.append("\n".join(lines))
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    bodies = [one for one in [body, *body.get("oneOf", ())] if "properties" in one]
    for one in bodies:
        parts += ["Either:"] if len(bodies) > 1 else []
        parts += _body(one)
    return parts


def _content(part: Schema) -> str:
    return ", ".join(
        (type_of(one["schema"]) if kind == "application/json" and "schema" in one else f"`{kind}`")
        for kind, one in part.get("content", {}).items()
    )


def _shared(schemas: list[Schema]) -> dict[str, Schema]:
    """Return the properties that all of these objects have."""
    first, *others = (schema["properties"] for schema in schemas)
    return {name: one for name, one in first.items() if all(name in other for other in others) and name != "effect"}


def _one_of(schema: Schema) -> str:
    return f"One of: {type_of(schema).replace(' or ', ', ')}."


def _body(schema: Schema, left_out: Mapping[str, Schema] = {}) -> list[str]:
    """Return what there is to say about a schema, without the properties that are described elsewhere."""
    parts = [f"{_sentence(schema['description'])}"] if schema.get("description") else []
    properties = {name: one for name, one in schema.get("properties", {}).items() if name not in left_out}
    if properties:
        parts.append(_table(properties, schema.get("required", ())))
    elif not left_out:
        parts.append(f"Type: {type_of(schema)}.")
    return parts


def _table(properties: Mapping[str, Schema], required: Any) -> str:
    rows = [
        [f"`{name}`", type_of(one), "yes" if name in required else "", _meaning(one)]
        for name, one in properties.items()
        if not one.get("deprecated")
    ]
    return _rows(("field", "type", "required", "meaning"), rows)


def _rows(heads: tuple[str, ...], rows: list[list[str]]) -> str:
    cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(heads), ["---"] * len(heads), *cells])


def _meaning(schema: Schema) -> str:
    notes = [escape(schema.get("description", ""))]
    if "default" in schema:
        given = schema["default"]
        notes.append(f"default: `{given if isinstance(given, str) else json.dumps(given)}`")
    if schema.get("readOnly"):
        notes.append("only in responses")
    return "; ".join(filter(None, notes))


def type_of(schema: Schema) -> str:
    """Return the type that a schema describes, in words, with links to other schemas."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{re.sub(r'[^a-z0-9_-]', '', name.lower())})"
    for key in ("oneOf", "anyOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(map(type_of, schema[key])))
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        shown = " or ".join(
            f"`{str(value).lower() if isinstance(value, bool) else value}`" for value in values[:_MAX_VALUES]
        )
        return shown + (" or ..." if len(values) > _MAX_VALUES else "")
    kinds = schema.get("type", "any JSON")
    return " or ".join(_kind(kind, schema) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _kind(kind: str, schema: Schema) -> str:
    if kind == "array":
        return f"list of {type_of(schema.get('items', {}))}"
    if kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        return f"object of {type_of(schema['additionalProperties'])}"
    return kind


def _sentence(text: str) -> str:
    text = escape(text)
    return text[0].upper() + text[1:] + ("" if text.endswith(".") else ".")
