"""The Credential resource: what Twilio needs to push through APNs, GCM or FCM."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from notify_mock.push_keys.pem import read_certificate, read_private_key
from notify_mock.resources.resource import Resource, timestamp
from notify_mock.support.usage import UsageError, only_known, only_texts, shown
from notify_mock.twilio_api.errors import (
    InvalidType,
    MissingParameter,
    MissingSecret,
    UnreadableCertificate,
    UnreadablePrivateKey,
)
from notify_mock.twilio_api.messages import Params
from notify_mock.twilio_api.parameters import boolean, given, text
from notify_mock.twilio_api.products import APIS

TYPES = ("apn", "gcm", "fcm")
MAX_NAME_LENGTH = 64
"""Maximum characters of a FriendlyName (documented); that the server refuses 65 is inferred."""


@dataclass(frozen=True, slots=True, eq=False)
class Credential:
    """A stored credential. ``sandbox`` is ``"True"``, ``"False"`` or None; the ``repr`` leaves out the secrets."""

    sid: str
    account_sid: str
    region: str
    date_created: datetime
    date_updated: datetime
    type: str
    friendly_name: str | None = None
    sandbox: str | None = None
    certificate: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    api_key: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)


_PARAMETERS = ("FriendlyName", "Certificate", "PrivateKey", "Sandbox", "ApiKey", "Secret")


def _create(form: Params, _parent: None) -> dict[str, Any]:
    kind = _type(form)
    name = text(form, "FriendlyName", "Credential", max_length=MAX_NAME_LENGTH)
    return {"type": kind, "friendly_name": name, **_FORMS[kind](form, None)}


def _update(form: Params, old: Credential) -> dict[str, Any]:
    """Change only what is sent. ``Type`` is ignored (documented: Twilio's own examples send it), and so is what belongs
    to another type (inferred)."""
    name = text(form, "FriendlyName", "Credential", max_length=MAX_NAME_LENGTH)
    changes = _FORMS[old.type](form, old)
    return changes if name is None else {"friendly_name": name, **changes}


def _type(form: Params) -> str:
    """Return the type in lower case. Any case is accepted, because ``APN`` passed this check in 2017 (observed)."""
    kind = given(form, "Type", "Credential")
    if not kind:
        raise MissingParameter("Type is missing", name="Type")
    if kind.lower() not in TYPES:
        raise InvalidType(f"unknown Type {kind!r}; expected one of: {', '.join(TYPES)}")
    return kind.lower()


def _secret(form: Params, name: str, old: Credential | None) -> str | None:
    """Return the secret ``name``: required on create (observed for Secret), optional in an update, and never empty."""
    value = given(form, name, "Credential")
    if value is None and old is not None:
        return None
    if not value:
        raise MissingSecret(f"{name} is missing or empty", verb="update" if old else "create", name=name)
    return value


def _apn(form: Params, old: Credential | None) -> dict[str, Any]:
    """Certificate and key are only parsed. A mismatch or an expired certificate fails when pushing (observed)."""
    certificate = _secret(form, "Certificate", old)
    private_key = _secret(form, "PrivateKey", old)
    sandbox = boolean(form, "Sandbox", "Credential")
    if certificate is not None:
        try:
            read_certificate(certificate)
        except ValueError as error:
            raise UnreadableCertificate(f"Certificate: {error}") from error
    if private_key is not None:
        try:
            read_private_key(private_key)
        except ValueError as error:
            raise UnreadablePrivateKey(f"PrivateKey: {error}") from error
    if sandbox is None and old is None:
        sandbox = False
    return _sent(certificate=certificate, private_key=private_key, sandbox=None if sandbox is None else str(sandbox))


def _gcm(form: Params, old: Credential | None) -> dict[str, Any]:
    return _sent(api_key=_secret(form, "ApiKey", old))


def _fcm(form: Params, old: Credential | None) -> dict[str, Any]:
    """``Secret`` is a legacy key or a service account's JSON; Twilio does not validate it (observed)."""
    return _sent(secret=_secret(form, "Secret", old))


_FORMS: Mapping[str, Callable[[Params, Credential | None], dict[str, Any]]] = {"apn": _apn, "gcm": _gcm, "fcm": _fcm}


def _sent(**values: str | None) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


_SEED_TEXTS = ("friendly_name", "certificate", "private_key", "api_key", "secret")


def _seed(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Read seed data for a credential. Secrets are optional, and PEM is not parsed."""
    __tracebackhide__ = True
    only_known(where, values, ("type", "sandbox", *_SEED_TEXTS))
    kind = values.get("type")
    if kind not in TYPES:
        wrong = "is missing" if kind is None else f"{shown(kind)} is not a credential type"
        raise UsageError(f"{where}.type", wrong, f"expected one of: {', '.join(TYPES)}")
    only_texts(where, values, _SEED_TEXTS)
    sandbox = values.get("sandbox")
    if isinstance(sandbox, bool):
        sandbox = str(sandbox)
    if sandbox not in (None, "True", "False") or (kind != "apn" and sandbox is not None):
        raise UsageError(f"{where}.sandbox", "must be true or false", "leave it out for gcm and fcm")
    length = len(values.get("friendly_name") or "")
    if length > MAX_NAME_LENGTH:
        raise UsageError(f"{where}.friendly_name", f"has {length} characters", f"the limit is {MAX_NAME_LENGTH}")
    if kind == "apn" and sandbox is None:
        sandbox = "False"
    return {**values, "sandbox": sandbox}


def _show(record: Credential, url: str) -> dict[str, Any]:
    """Return the JSON. Key order: observed (twilio-sdk-go captures, 2021; the length of the 2022 recording agrees)."""
    return {
        "date_updated": timestamp(record.date_updated),
        "friendly_name": record.friendly_name,
        "account_sid": record.account_sid,
        "url": url,
        "sandbox": record.sandbox,
        "sid": record.sid,
        "date_created": timestamp(record.date_created),
        "type": record.type,
    }


CREDENTIAL: Resource[Credential] = Resource(
    name="credential",
    path="Credentials",
    key="credentials",
    prefix="CR",
    apis=APIS,
    verbs=("create", "fetch", "list", "update", "delete"),
    record=Credential,
    create=_create,
    update=_update,
    seed=_seed,
    show=_show,
    create_parameters=("Type", *_PARAMETERS),
    update_parameters=("Type", *_PARAMETERS),
)
"""An update ignores ``Type``, which Twilio's own examples send (documented)."""
