"""The Notification resource: the content to send, and its recipients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from notify_mock.resources.binding import MAX_QUERY_TAGS, TYPES
from notify_mock.resources.resource import Resource, masked_repr, timestamp
from notify_mock.resources.service import SERVICE, Service
from notify_mock.twilio_api.errors import InvalidParameter, MixedTargets, NoTarget
from notify_mock.twilio_api.messages import Params
from notify_mock.twilio_api.parameters import given, integer, json_object, json_parameter, one_of, repeated

MAX_TTL = 2_419_200
"""Four weeks, in seconds; also the default (observed)."""

MAX_IDENTITIES, MAX_DIRECT_ADDRESSES = 20, 10_000
"""Limits, both documented; the error texts are inferred."""

_JSON = ("Data", "Apn", "Gcm", "Fcm", "Sms", "FacebookMessenger", "Alexa")
_TEXTS = ("Body", "Title", "Sound", "Action")
_OURS = "twi_"
_RESERVED: Mapping[str, tuple[str, ...]] = {
    "Data": ("aps",),
    "Gcm": ("to", "registration_ids", "notification_key"),
    "Fcm": ("to", "registration_ids", "condition", "notification_key"),
}
"""Reserved keys, which are refused. Documented, except for ``aps`` (inferred: it would replace everything else)."""


class Direct(NamedTuple):
    """An address given in the notification itself (``ToBinding``)."""

    binding_type: str
    address: str
    credential_sid: str | None = None
    identity: None = None
    sid: None = None
    notification_protocol_version: None = None
    tags: tuple[str, ...] = ()
    """``identity``, ``sid``, the version and tags exist for bindings only."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Notification:
    """A stored notification. ``to_bindings`` and ``delivery_callback_url`` are not in its JSON."""

    sid: str
    account_sid: str
    region: str
    service_sid: str
    date_created: datetime
    date_updated: datetime
    identities: tuple[str, ...]
    tags: tuple[str, ...]
    to_bindings: tuple[Direct, ...] = field(repr=False)
    priority: str
    ttl: int
    body: str | None = None
    title: str | None = None
    sound: str | None = None
    action: str | None = None
    data: Mapping[str, Any] | None = None
    apn: Mapping[str, Any] | None = None
    gcm: Mapping[str, Any] | None = None
    fcm: Mapping[str, Any] | None = None
    sms: Mapping[str, Any] | None = None
    facebook_messenger: Mapping[str, Any] | None = None
    alexa: Mapping[str, Any] | None = None
    delivery_callback_url: str | None = None

    def __repr__(self) -> str:
        return masked_repr(self)


def _create(form: Params, _service: Service) -> dict[str, Any]:
    identities = repeated(form, "Identity", "Notification", limit=MAX_IDENTITIES)
    tags = repeated(form, "Tag", "Notification", limit=MAX_QUERY_TAGS)
    direct = form.all("ToBinding")
    if not identities and not tags and not direct:
        raise NoTarget("give an Identity, a Tag or a ToBinding")
    if direct and (identities or tags):
        raise MixedTargets("ToBinding cannot be combined with Identity or Tag")
    ttl = integer(form, "Ttl", "Notification", maximum=MAX_TTL)
    own = {name.lower(): given(form, name, "Notification") for name in _TEXTS}
    return {
        **own,
        **_objects(form),
        "identities": identities,
        "tags": tags,
        "to_bindings": _direct(direct),
        "priority": one_of(form, "Priority", "Notification", ("high", "low")) or "high",
        "ttl": MAX_TTL if ttl is None else ttl,
        "delivery_callback_url": given(form, "DeliveryCallbackUrl", "Notification") or None,
    }


def _objects(form: Params) -> dict[str, Mapping[str, Any] | None]:
    found = {name: json_parameter(form, name, "Notification") for name in _JSON}
    for name, value in found.items():
        if value is not None:
            _check_keys(name, value)
    _check_sms(found["Sms"])
    named = {"FacebookMessenger": "facebook_messenger"}
    return {named.get(name, name.lower()): value for name, value in found.items()}


def _check_keys(name: str, value: Mapping[str, Any]) -> None:
    """Refuse keys reserved for Twilio or the providers; nothing is sent then (documented)."""
    inner = value.get("data")
    for key in (*value, *(inner if name in ("Fcm", "Gcm") and isinstance(inner, dict) else ())):
        if key.startswith(_OURS):
            raise InvalidParameter(
                f"{name} has the key {key!r}: twi_ is reserved for Twilio", resource="Notification", name=name
            )
    for key in _RESERVED.get(name, ()):
        if key in value:
            raise InvalidParameter(f"{name} has the reserved key {key!r}", resource="Notification", name=name)


def _check_sms(value: Mapping[str, Any] | None) -> None:
    """Check that ``media_urls`` is an array (documented) of texts."""
    urls = (value or {}).get("media_urls", [])
    if not isinstance(urls, list) or not all(isinstance(url, str) for url in urls):
        raise InvalidParameter("media_urls in Sms must be an array of texts", resource="Notification", name="Sms")


def _direct(values: list[str]) -> tuple[Direct, ...]:
    """Read the ``{"binding_type": ..., "address": ...}`` values. Raises ``InvalidParameter`` (text observed)."""
    if len(values) > MAX_DIRECT_ADDRESSES:
        reason = f"ToBinding was sent {len(values)} times, the limit is {MAX_DIRECT_ADDRESSES}"
        raise InvalidParameter(reason, resource="Notification", name="ToBinding")
    return tuple(_read_direct(value) for value in values)


def _read_direct(value: str) -> Direct:
    given = json_object(value, "ToBinding", "Notification")
    kind, address, credential_sid = (given.get(key) for key in ("binding_type", "address", "credential_sid"))
    if kind not in TYPES or not isinstance(address, str) or not address:
        reason = f"ToBinding must have a binding_type ({', '.join(TYPES)}) and an address"
        raise InvalidParameter(reason, resource="Notification", name="ToBinding")
    return Direct(str(kind), address, credential_sid if isinstance(credential_sid, str) else None)


def _show(record: Notification, _url: str) -> dict[str, Any]:
    """Return the JSON. Key order: that of a CPython 2.7 dict, which the captures of 2021 confirm (observed in part).
    Segments no longer exist, and their list is empty (observed, 2022)."""
    return {
        "body": record.body,
        "sound": record.sound,
        "sms": record.sms,
        "alexa": record.alexa,
        "facebook_messenger": record.facebook_messenger,
        "tags": list(record.tags),
        "title": record.title,
        "segments": [],
        "ttl": record.ttl,
        "gcm": record.gcm,
        "account_sid": record.account_sid,
        "priority": record.priority,
        "apn": record.apn,
        "data": record.data,
        "sid": record.sid,
        "action": record.action,
        "date_created": timestamp(record.date_created),
        "service_sid": record.service_sid,
        "identities": list(record.identities),
        "fcm": record.fcm,
    }


NOTIFICATION: Resource[Notification] = Resource(
    name="notification",
    path="Notifications",
    key="notifications",
    prefix="NT",
    apis=SERVICE.apis,
    verbs=("create",),
    record=Notification,
    create=_create,
    show=_show,
    parent=SERVICE,
    create_parameters=(
        *("Identity", "Tag", "ToBinding", "Priority", "Ttl", "DeliveryCallbackUrl"),
        *(*_TEXTS, *_JSON, "Segment"),
    ),
)
"""``Segment`` is documented, and ignored."""
