"""The OpenAPI document of the control API."""

from __future__ import annotations

from typing import get_args

from notify_mock.accounts.account import Status
from notify_mock.control_api.openapi_paths import paths
from notify_mock.control_api.openapi_rules import rule_schema
from notify_mock.control_api.openapi_schemas import (
    FLAG,
    MAYBE_TEXT,
    MAYBE_WHOLE,
    NAME,
    PAIRS,
    TEXT,
    TEXTS,
    WHOLE,
    Schema,
    callback_schema,
    data_schema,
    delivery_schema,
    exported_schema,
    list_of,
    maybe,
    object_of,
    provider_schema,
    record_schema,
    reference,
)
from notify_mock.deliveries.providers import PROVIDERS
from notify_mock.faults.kinds import EFFECTS
from notify_mock.faults.readers import scenario_names
from notify_mock.resources import RESOURCES
from notify_mock.support.version import __version__
from notify_mock.twilio_api.error_dictionary import Level
from notify_mock.twilio_api.errors import Evidence


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
        "paths": paths(),
    }


def _schemas() -> dict[str, Schema]:
    names = {effect.kind: "Rule." + effect.kind for effect in EFFECTS}
    to_rule = {kind: reference(name) for kind, name in names.items()}
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
        "Time": object_of(now=TEXT, frozen=FLAG),
        "About": _about(),
        "Accounts": object_of(accounts={"type": "array", "items": _account()}),
        "Status": object_of(status=TEXT),
        "Health": object_of(status=TEXT, version=TEXT),
        "Scenario": object_of(scenario={"type": "string", "enum": list(scenario_names())}),
        "Faults": object_of(faults=list_of("Rule")),
        "Scenarios": object_of(
            scenarios={
                "type": "array",
                "items": object_of(name=TEXT, description=TEXT, rules=list_of("Rule"), is_on=FLAG),
            }
        ),
        "Exchanges": object_of(exchanges=list_of("Exchange")),
        "Journal": object_of(exchanges=list_of("Exchange"), count=WHOLE, oldest=MAYBE_WHOLE, newest=MAYBE_WHOLE),
        "KeepBodies": object_of(keep_bodies={**FLAG, "description": "whether the journal keeps responses from now on"}),
        "Checkpoint": object_of(name=NAME),
        "Exchange": object_of(**_exchange()),
        "ExplainedExchange": _explained(),
        "Diagnosis": _diagnosis(),
        "TwilioError": _twilio_error(),
        "TwilioErrors": object_of(errors=list_of("TwilioError")),
        "Answer": object_of(status=MAYBE_WHOLE, headers=PAIRS, body=TEXT, number=MAYBE_WHOLE),
        **{resource.name.capitalize(): record_schema(resource.record) for resource in RESOURCES},
        "State": _state(),
        "Data": data_schema(),
        "Records": object_of(**{kind.key: list_of(kind.name.capitalize()) for kind in RESOURCES if kind.seed}),
        "Page": object_of(
            records={"type": "array", "items": {"anyOf": [reference(kind.name.capitalize()) for kind in RESOURCES]}},
            total={**WHOLE, "description": "number of records, whatever text was searched for"},
        ),
        "Export": exported_schema(),
        "Provider": provider_schema(),
        "Providers": object_of(**{provider: reference("Provider") for provider in PROVIDERS}),
        "Delivery": delivery_schema(),
        "Deliveries": object_of(deliveries=list_of("Delivery"), alerts=list_of("Alert"), count=WHOLE),
        "Alert": object_of(time=TEXT, notification_sid=TEXT, code=WHOLE, reason=MAYBE_TEXT),
        "Callback": callback_schema(),
        "SentCallback": object_of(
            number=WHOLE,
            notification_sid=TEXT,
            time=TEXT,
            url=TEXT,
            headers=PAIRS,
            body=MAYBE_TEXT,
            status=MAYBE_WHOLE,
            reason=MAYBE_TEXT,
        ),
        "Callbacks": object_of(callbacks=list_of("Callback"), sent=list_of("SentCallback")),
    }


def _exchange() -> dict[str, Schema]:
    texts = ("call", "account_sid", "api", "sid", "reason", "response")
    numbers = ("status", "code", "played")
    return {
        "number": WHOLE,
        "time": TEXT,
        "request": {**TEXT, "description": "one line, secrets masked"},
        "duration": {"type": ["number", "null"], "description": "seconds on the emulator's clock; null until it ends"},
        "region": TEXT,
        "faults": {"type": "array", "items": TEXT},
        **dict.fromkeys(texts, MAYBE_TEXT),
        **dict.fromkeys(numbers, MAYBE_WHOLE),
        "door": {**MAYBE_TEXT, "deprecated": True, "description": "the old name of api"},
    }


def _explained() -> Schema:
    """Return the schema of an exchange with its wire form, explanation and code to copy."""
    sent = object_of(line=TEXT, headers=PAIRS, body=MAYBE_TEXT)
    return object_of(
        **_exchange(),
        wire=object_of(request=sent, response=maybe(sent)),
        why=maybe(_why()),
        deliveries={"type": "array", "items": TEXT, "description": "SIDs of the deliveries of a notification"},
        copy_as=object_of(curl=TEXT, **dict.fromkeys(("python", "node", "pytest", "vcr"), MAYBE_TEXT)),
    )


def _why() -> Schema:
    evidence: Schema = {"type": "string", "enum": list(get_args(Evidence))}
    rule = object_of(name=TEXT, status=WHOLE, code=WHOLE, message=TEXT, evidence=evidence, source=TEXT)
    difference = object_of(field=TEXT, asked=TEXT, recorded=TEXT)
    nearest = object_of(where=TEXT, differences={"type": "array", "items": difference})
    faults: Schema = {"type": "array", "items": {"anyOf": [reference("Rule"), object_of(name=TEXT)]}}
    texts = ("sid", "channel", "address", "title", "cause", "remedy", "source")
    return object_of(
        reason=MAYBE_TEXT,
        rule=maybe(rule),
        faults=faults,
        cassette=maybe(object_of(matched=MAYBE_TEXT, nearest=maybe(nearest))),
        failed={
            "type": "array",
            "items": object_of(
                **dict.fromkeys(texts, TEXT),
                **dict.fromkeys(("identity", "reason"), MAYBE_TEXT),
                code=WHOLE,
                evidence=evidence,
                faults=faults,
            ),
        },
    )


def _diagnosis() -> Schema:
    texts: Schema = {"type": "array", "items": TEXT}
    finding = object_of(
        level={"type": "string", "enum": ["error", "warning", "note"]},
        text=TEXT,
        remedy=TEXT,
        commands={**texts, "description": "lines for a shell that mend it"},
        code=MAYBE_WHOLE,
        when={"enum": ["create", "push", None]},
        evidence={"enum": [*get_args(Evidence), None]},
    )
    return object_of(
        what={**TEXT, "description": "what it is, such as an APNs certificate and its private key"},
        names=texts,
        type={"enum": ["apn", "fcm", "gcm", None]},
        ok={**FLAG, "description": "whether Twilio accepts it, and pushes do not fail because of it"},
        code={**MAYBE_WHOLE, "description": "the first error that it causes"},
        when={"enum": ["create", "push", None]},
        **dict.fromkeys(("topic", "valid_from", "expires", "project_id"), MAYBE_TEXT),
        **dict.fromkeys(("topics", "environments"), texts),
        days_left={"type": ["integer", "null"]},
        key_matches={"type": ["boolean", "null"]},
        findings={"type": "array", "items": finding},
        files={**TEXTS, "description": "the file with the value of each secret parameter, after the commands were run"},
        parameters={**TEXTS, "description": "the parameters of a create, mended where possible"},
    )


def _twilio_error() -> Schema:
    evidence: Schema = {"type": "string", "enum": list(get_args(Evidence))}
    response = object_of(status=WHOLE, message=TEXT, evidence=evidence, source=TEXT)
    texts = dict.fromkeys(("title", "cause", "remedy", "source"), TEXT)
    own: dict[str, Schema] = {**texts, "level": {"enum": [*get_args(Level), None]}, "evidence": evidence}
    return object_of(
        code=WHOLE,
        url=TEXT,
        **own,
        responses={"type": "array", "items": response},
        arrangements={"type": "array", "items": TEXT, "description": "how to get it here, Python in backticks"},
        delivery={**maybe(object_of(**own)), "description": "what it means for a delivery; null if it means nothing"},
    )


def _about() -> Schema:
    return object_of(
        version=TEXT,
        url={**TEXT, "description": "the base URL, as this request has it"},
        certificate=maybe(object_of(file=TEXT, pem=TEXT)),
        default_account=TEXT,
        seed={"type": ["integer", "string"]},
        strict={**FLAG, "description": "whether only given accounts are accepted"},
        needs_token={**FLAG, "description": "whether the control API needs a token"},
        keep_bodies=FLAG,
        cassette={**MAYBE_TEXT, "description": "the recording that is replayed"},
        faults={**WHOLE, "description": "number of fault rules"},
        now=TEXT,
        frozen=FLAG,
    )


def _account() -> Schema:
    counts = object_of(**{kind.key: WHOLE for kind in RESOURCES})
    return object_of(
        sid=TEXT,
        status={"type": "string", "enum": list(get_args(Status))},
        is_default=FLAG,
        regions={"type": "object", "additionalProperties": counts},
    )


def _state() -> Schema:
    return object_of(
        seed={"type": ["integer", "string"]},
        now=TEXT,
        strict={"type": "boolean"},
        default_account=TEXT,
        **{resource.key: list_of(resource.name.capitalize()) for resource in RESOURCES},
        requests=WHOLE,
        faults=list_of("Rule"),
    )
