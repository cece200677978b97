"""The schemas of records, deliveries, callbacks and providers, and the building blocks of all schemas."""

from __future__ import annotations

from dataclasses import MISSING, Field, fields
from typing import Any, get_args

from notify_mock.accounts.account import Status
from notify_mock.deliveries.providers import PROVIDERS
from notify_mock.resources import RESOURCES, binding, credential
from notify_mock.resources.resource import Resource, shown_fields
from notify_mock.support.clock import MAX_TIME, MIN_TIME

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1}
WHOLE: Schema = {"type": "integer", "minimum": 0}
FLAG: Schema = {"type": "boolean"}
TRUE: Schema = {"type": "boolean", "enum": [True]}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
MAYBE_WHOLE: Schema = {"type": ["integer", "null"]}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
PAIRS: Schema = {
    "type": "array",
    "items": {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2},
    "description": "headers in order, as [name, value]",
}

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


_OF_SEEDS: dict[str, Schema] = {
    "type": {"type": "string", "enum": list(credential.TYPES)},
    "sandbox": {"enum": [True, False, "True", "False", None], "description": "apn only"},
    "friendly_name": {**MAYBE_TEXT, "maxLength": credential.MAX_NAME_LENGTH},
    "binding_type": {"type": "string", "enum": list(binding.TYPES)},
    "identity": NAME,
    "address": NAME,
    "tags": {"type": ["array", "null"], "items": NAME, "maxItems": binding.MAX_TAGS},
}
"""Fields of records that have other types, or limits, when they are added."""


def data_schema() -> Schema:
    """Return the schema of records to add: lists by the key of their resource."""
    lists = {kind.key: {"type": "array", "items": _seed_schema(kind)} for kind in RESOURCES if kind.seed}
    return {**object_of(**lists), "required": []}


def _seed_schema(resource: Resource[Any]) -> Schema:
    """Return the schema of one record to add, secrets included."""
    common: dict[str, Schema] = {
        "sid": {**MAYBE_TEXT, "pattern": f"^{resource.prefix}[0-9a-fA-F]{{32}}$", "description": "default: a new one"},
        "account_sid": {**MAYBE_TEXT, "pattern": r"^AC[A-Za-z0-9_-]{1,62}$", "description": "default: the default one"},
        "region": {**MAYBE_TEXT, "description": "default: us1"},
        **{key: {"anyOf": [*MOMENT["anyOf"], {"type": "null"}]} for key in ("date_created", "date_updated")},
        **{name: {**MAYBE_TEXT, "description": "default: the only one"} for name in resource.parent_field("")},
    }
    own = [one for one in fields(resource.record) if one.name not in common]
    schema = object_of(**common, **{one.name.removeprefix("given_"): _seed_field(one) for one in own})
    return {**schema, "required": [one.name for one in own if one.default is MISSING]}


def _seed_field(field: Field[Any]) -> Schema:
    kind, _, none = str(field.type).partition(" | ")
    schema = _OF_SEEDS.get(field.name) or _OF_RECORDS[kind]
    return {**schema, "type": [schema["type"], "null"]} if none and field.name not in _OF_SEEDS else schema


def provider_schema() -> Schema:
    """Return the schema of a provider's simulated failures."""
    names: Schema = {"type": "array", "items": NAME}
    app = {**object_of(topic={**MAYBE_TEXT, "minLength": 1}, sandbox={"type": ["boolean", "null"]}), "required": []}
    schema = object_of(
        unregistered={**names, "description": "addresses of devices without the app"},
        throttled={"anyOf": [names, {"type": "boolean"}], "description": "addresses, or whether all are"},
        revoked={**names, "description": "SIDs of credentials"},
        down={"type": "boolean"},
        delay=SPAN,
    )
    schema["properties"] |= {
        "unregistered_ios": {**names, "description": "fcm only: addresses of iOS devices without the app"},
        "accept_legacy": {"type": "boolean", "description": "fcm only: legacy server keys still work"},
        "registered": {
            "type": "object",
            "propertyNames": NAME,
            "additionalProperties": app,
            "description": "apns only: what device tokens are for",
        },
    }
    return schema


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
    maybe = ("binding_sid", "credential_sid", "identity", "reason", "message_id", "title", "body")
    return object_of(
        **dict.fromkeys(texts, TEXT),
        **dict.fromkeys(maybe, MAYBE_TEXT),
        code=MAYBE_WHOLE,
        binding_change={"enum": ["deleted", "disabled", None]},
        headers=TEXTS,
        payload={"type": "object", "description": "what the provider would have received"},
        faults={"type": "array", "items": TEXT},
        tags={"type": "array", "items": TEXT, "description": "the tags of the binding"},
    )


def callback_schema() -> Schema:
    texts = ("notification_sid", "account_sid", "service_sid", "due", "url", "body")
    numbers = dict.fromkeys(("sequence", "count", "attempt"), WHOLE)
    return object_of(**dict.fromkeys(texts, TEXT), **numbers, host=MAYBE_TEXT, is_final=FLAG, headers=PAIRS)


def exported_schema() -> Schema:
    """Return the schema of the records that are exported: those to add, where masks may stand for secrets."""
    lists = data_schema()
    return {**lists, "required": list(lists["properties"])}


def whole_schema() -> Schema:
    """Return the schema of a whole export, which can be imported."""
    some = {"type": "object", "required": []}
    key = object_of(secret=TEXT, restricted=FLAG) | {"required": ["secret"]}
    account = object_of(
        sid={**TEXT, "pattern": r"^AC[A-Za-z0-9_-]{1,62}$"},
        auth_token=TEXT,
        status={"type": "string", "enum": list(get_args(Status))},
        keys={"type": "object", "additionalProperties": key},
    )
    counts = {"type": "object", "additionalProperties": WHOLE}
    other = {
        "accounts": {"type": "array", "items": account | {"required": ["sid"]}, "minItems": 1},
        "strict": {**FLAG, "default": True, "description": "accept no other accounts"},
        "expired_tokens": {"type": "array", "items": object_of(user=TEXT, token=TEXT)},
        "sids": object_of(seed={"type": ["integer", "string"]}, made=counts) | {"required": ["seed"]},
        "clock": object_of(freeze=MOMENT, set=MOMENT) | {"required": [], "minProperties": 1, "maxProperties": 1},
        "providers": {**some, "properties": {provider: {"type": "object"} for provider in PROVIDERS}},
        "faults": {"type": "array", "items": {"type": "object", "required": ["effect"]}},
    }
    return object_of(**data_schema()["properties"], **other) | {"required": []}


def reference(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def list_of(name: str) -> Schema:
    return {"type": "array", "items": reference(name)}


def maybe(schema: Schema) -> Schema:
    """Return the schema of a value that may be null."""
    return {"anyOf": [schema, {"type": "null"}]}


def object_of(**properties: Schema) -> Schema:
    """Return the schema of an object with exactly these fields."""
    return {
        "type": "object",
        "required": list(properties),
        "properties": properties,
        "additionalProperties": False,
    }
