"""Lines of Python that add the records a call depends on."""

from __future__ import annotations

from dataclasses import fields
from datetime import datetime
from typing import Any

from notify_mock.push_keys.pem import read_certificate
from notify_mock.resources import RESOURCES
from notify_mock.resources.credential import Credential
from notify_mock.snippets.python import called, literal
from notify_mock.snippets.stand_ins import API_KEY, CERTIFICATE, PRIVATE_KEY, File, secret_like, without_secrets
from notify_mock.snippets.subject import Subject
from notify_mock.twilio_api.errors import LimitReached
from notify_mock.twilio_api.products import HOME_REGION

_LEFT_OUT = ("account_sid", "region", "date_created", "date_updated", "callback_origin")
_RESOURCES = {resource.record: resource for resource in RESOURCES}
_MAX_SERVICES, _MAX_BINDINGS = 1000, 20


def write_seeds(subject: Subject) -> list[str]:
    """Return the lines: one call for each record, parents first."""
    lines = [line for record in subject.records for text in _add(record, subject) for line in text.split("\n")]
    if subject.exchange.refusal is not LimitReached or subject.rules:
        return lines
    if subject.exchange.name == "service.create":
        return [f"for _ in range({_MAX_SERVICES}):", "    notify_mock.services.add()"]
    identity = literal(subject.exchange.parameter("Identity") or "")
    add = f'notify_mock.bindings.add(identity={identity}, binding_type="sms", address=f"+1555{{number:07}}")'
    return [*lines, f"for number in range({_MAX_BINDINGS}):", f"    {add}"]


def _add(record: Any, subject: Subject) -> list[str]:
    values: dict[str, Any] = _values(record)
    before: list[str] = []
    if isinstance(record, Credential):
        secrets, before = _secrets(record, subject)
        values |= secrets
    if record.region != HOME_REGION:
        values["region"] = record.region
    key = _RESOURCES[type(record)].key
    return [*before, called(f"notify_mock.{key}.add(", [f"{name}={literal(value)}" for name, value in values.items()])]


def _values(record: Any) -> dict[str, Any]:
    """Return the fields that are not secret and differ from their defaults."""
    found = {}
    for field in fields(record):
        value = getattr(record, field.name)
        is_default = value == field.default and field.name != "notification_protocol_version"
        if not field.repr or field.name in _LEFT_OUT or is_default or isinstance(value, datetime):
            continue
        value = without_secrets(value) if field.name.endswith("_url") else value
        found[field.name.removeprefix("given_")] = list(value) if isinstance(value, tuple) else value
    return found


_Secrets = tuple[dict[str, str | File], list[str]]
"""Fields, and the lines that must come before."""


def _secrets(record: Credential, subject: Subject) -> _Secrets:
    """Return secrets that a provider judges as it judges the real ones. A secret that is missing is not judged."""
    if record.type == "apn":
        return ({}, []) if subject.frozen or record.certificate is None else _pair(record, subject.exchange.at)
    if record.secret is not None:
        return {"secret": secret_like(record.secret)}, []
    return ({} if record.api_key is None else {"api_key": API_KEY}), []


def _pair(record: Credential, now: float) -> _Secrets:
    """Return a certificate and key of the same topic and environments, valid, expired or of different pairs."""
    from notify_mock.push_keys.certificate import belongs
    from notify_mock.push_keys.pem import read_private_key
    from notify_mock.push_keys.push_certificate import describe_certificate

    if record.private_key is None:
        return {}, []
    try:
        certificate = read_certificate(record.certificate or "")
        fits = belongs(certificate, read_private_key(record.private_key))
        claims = describe_certificate(certificate)
    except ValueError:
        return {"certificate": "not a certificate", "private_key": "not a private key"}, []
    options = [f"topic={literal(claims.topic)}"] if claims.topic else []
    if len(claims.environments) == 1:
        options.append(f"sandbox={claims.environments[0] == 'sandbox'}")
    options += ["expired=True"] if now >= certificate.not_valid_after_utc.timestamp() else []
    key = PRIVATE_KEY if fits else File("", "apn_pair().private_key")
    return {"certificate": CERTIFICATE, "private_key": key}, [f"pair = apn_pair({', '.join(options)})"]
