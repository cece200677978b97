"""The schemas of records, deliveries and callbacks, and the building blocks of all schemas."""

from __future__ import annotations

from typing import Any

from notify_mock.resources.resource import shown_fields
from notify_mock.support.clock import MAX_TIME, MIN_TIME

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1}
WHOLE: Schema = {"type": "integer", "minimum": 0}
TRUE: Schema = {"type": "boolean", "enum": [True]}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
MAX_CODE_DIGITS = 9
"""The most digits of an error code in a query."""

SPAN: Schema = {
    "type": ["number", "string"],
    "description": 'seconds, or text such as "90s", "15m", "1h30m"',
    "minimum": 0,
    "exclusiveMaximum": 1e11,
    "pattern": r"^(?=\d)(\d+(\.\d+)?d)?(\d+(\.\d+)?h)?(\d+(\.\d+)?m)?(\d+(\.\d+)?s)?$",
}
MOMENT: Schema = {
    "description": "date or date and time in the years 2 to 9998, in UTC if it has no time zone; or seconds since 1970",
    "anyOf": [
        {"type": "string", "format": "date-time", "pattern": "^(?!0000|0001|9999)"},
        {"type": "string", "format": "date", "pattern": "^(?!0000|0001|9999)"},
        {"type": "number", "minimum": MIN_TIME, "exclusiveMaximum": MAX_TIME},
    ],
}
WHEN: Schema = {
    "type": ["string", "number", "null"],
    "description": 'ISO 8601 text or seconds since 1970, or a length of time from now such as "10s"',
}

_OF_RECORDS: dict[str, Schema] = {
    "str": TEXT,
    "datetime": TEXT,
    "int": WHOLE,
    "bool": {"type": "boolean"},
    "tuple[str, ...]": {"type": "array", "items": TEXT},
    "Mapping[str, Any]": {"type": "object"},
}


def record_schema(record: type[Any]) -> Schema:
    """Return the schema of a record, without secrets."""
    schemas = {}
    for one in shown_fields(record):
        kind, _, none = str(one.type).partition(" | ")
        schema = _OF_RECORDS[kind]
        schemas[one.name] = {**schema, "type": [schema["type"], "null"]} if none else schema
    return object_of(**schemas)


def delivery_schema() -> Schema:
    texts = ("sid", "notification_sid", "account_sid", "service_sid", "channel", "address", "state", "time")
    maybe = ("binding_sid", "credential_sid", "identity", "reason", "message_id")
    return object_of(
        **dict.fromkeys(texts, TEXT),
        **dict.fromkeys(maybe, MAYBE_TEXT),
        code=MAYBE_WHOLE,
        headers=TEXTS,
        payload={"type": "object", "description": "what the provider would have received"},
        faults={"type": "array", "items": TEXT},
    )


def callback_schema() -> Schema:
    texts = ("notification_sid", "account_sid", "service_sid", "due")
    numbers = dict.fromkeys(("sequence", "count", "attempt"), WHOLE)
    return object_of(**dict.fromkeys(texts, TEXT), **numbers, host=MAYBE_TEXT, is_final={"type": "boolean"})


def object_of(**properties: Schema) -> Schema:
    """Return the schema of an object with exactly these fields."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }
