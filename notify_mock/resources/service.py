"""The Service resource, to which the bindings and notifications of one application belong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from notify_mock.resources.resource import Filter, Resource, masked_repr, timestamp
from notify_mock.store.collections import Collection
from notify_mock.store.index import Term
from notify_mock.store.selection import Conditions
from notify_mock.support.usage import UsageError, only_known
from notify_mock.twilio_api.errors import LimitReached
from notify_mock.twilio_api.messages import Params
from notify_mock.twilio_api.parameters import boolean, given, sid, text

MAX_NAME_LENGTH = 64
"""Maximum characters of a FriendlyName (documented); that the server refuses 65 is inferred."""

MAX_SERVICES = 1000
"""Maximum number of services of an account (documented)."""


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Service:
    """A stored service. Its defaults are those of an empty create (observed, except for the deprecated channels).

    ``callback_origin`` is the web page of another machine that set ``delivery_callback_url``, or "". Not in its JSON.
    """

    sid: str
    account_sid: str
    region: str
    date_created: datetime
    date_updated: datetime
    friendly_name: str | None = None
    apn_credential_sid: str | None = None
    gcm_credential_sid: str | None = None
    fcm_credential_sid: str | None = None
    messaging_service_sid: str | None = None
    facebook_messenger_page_id: str | None = None
    alexa_skill_id: str | None = None
    default_apn_notification_protocol_version: str = "4"
    default_gcm_notification_protocol_version: str = "3"
    default_fcm_notification_protocol_version: str = "3"
    default_alexa_notification_protocol_version: str = "3"
    log_enabled: bool = True
    delivery_callback_url: str | None = None
    delivery_callback_enabled: bool = False
    callback_origin: str = ""

    def __repr__(self) -> str:
        return masked_repr(self)


_SIDS = {
    "ApnCredentialSid": "CR",
    "GcmCredentialSid": "CR",
    "FcmCredentialSid": "CR",
    "MessagingServiceSid": "MG",
}
_TEXTS = ("FacebookMessengerPageId", "AlexaSkillId", "DeliveryCallbackUrl")
_VERSIONS = tuple(f"Default{channel}NotificationProtocolVersion" for channel in ("Apn", "Gcm", "Fcm", "Alexa"))
_FLAGS = ("LogEnabled", "DeliveryCallbackEnabled")
_PARAMETERS = ("FriendlyName", *_SIDS, *_TEXTS, *_VERSIONS, *_FLAGS)


def _snake(name: str) -> str:
    """Return ``apn_credential_sid`` for ``ApnCredentialSid``."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)[1:]


def _create(form: Params, _parent: None) -> dict[str, Any]:
    return _read(form)


def _update(form: Params, _old: Service) -> dict[str, Any]:
    return _read(form)


def _read(form: Params) -> dict[str, Any]:
    """Return what is sent; everything is optional (observed). An empty value unsets a SID, URL or id (inferred)."""
    sent: dict[str, Any] = {"friendly_name": text(form, "FriendlyName", "Service", max_length=MAX_NAME_LENGTH)}
    sent |= {_snake(name): sid(form, name, "Service", prefix) for name, prefix in _SIDS.items()}
    sent |= {_snake(name): given(form, name, "Service") for name in _TEXTS}
    unset = {key: None for key, value in sent.items() if value == "" and key != "friendly_name"}
    sent |= {_snake(name): given(form, name, "Service") or None for name in _VERSIONS}
    sent |= {_snake(name): boolean(form, name, "Service") for name in _FLAGS}
    return {key: value for key, value in sent.items() if value is not None} | unset


def _note_page(values: Mapping[str, Any], origin: str) -> dict[str, Any]:
    return {"callback_origin": origin} if "delivery_callback_url" in values else {}


def _find_replaced(_values: Mapping[str, Any], collection: Collection[Service]) -> None:
    if len(collection) >= MAX_SERVICES:
        raise LimitReached("delete one first", resource="Service", limit=str(MAX_SERVICES), things="services")


_OWN = {field.name: str(field.type) for field in fields(Service)[5:]}


def _seed(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Read seed data for a service."""
    __tracebackhide__ = True
    only_known(where, values, _OWN)
    for name, value in values.items():
        if _OWN[name] == "bool" and not isinstance(value, bool):
            raise UsageError(f"{where}.{name}", "must be true or false")
        if "str" in _OWN[name] and not isinstance(value, str) and (value is not None or "None" not in _OWN[name]):
            raise UsageError(f"{where}.{name}", "is not text", "put it in quotes")
    if len(values.get("friendly_name") or "") > MAX_NAME_LENGTH:
        raise UsageError(f"{where}.friendly_name", "is too long", f"the limit is {MAX_NAME_LENGTH} characters")
    return dict(values)


def _show(record: Service, url: str) -> dict[str, Any]:
    """Return the JSON. Key order: twilio-sdk-go's captures of 2021 (observed); keys that its client did not know (gcm,
    alexa, facebook) are placed by inference. Users and Segments no longer exist but are still linked (documented)."""
    return {
        "alexa_skill_id": record.alexa_skill_id,
        "delivery_callback_url": record.delivery_callback_url,
        "default_apn_notification_protocol_version": record.default_apn_notification_protocol_version,
        "fcm_credential_sid": record.fcm_credential_sid,
        "default_fcm_notification_protocol_version": record.default_fcm_notification_protocol_version,
        "date_updated": timestamp(record.date_updated),
        "default_alexa_notification_protocol_version": record.default_alexa_notification_protocol_version,
        "apn_credential_sid": record.apn_credential_sid,
        "friendly_name": record.friendly_name,
        "account_sid": record.account_sid,
        "facebook_messenger_page_id": record.facebook_messenger_page_id,
        "gcm_credential_sid": record.gcm_credential_sid,
        "messaging_service_sid": record.messaging_service_sid,
        "url": url,
        "sid": record.sid,
        "default_gcm_notification_protocol_version": record.default_gcm_notification_protocol_version,
        "date_created": timestamp(record.date_created),
        "delivery_callback_enabled": record.delivery_callback_enabled,
        "log_enabled": record.log_enabled,
        "links": {name.lower(): f"{url}/{name}" for name in ("Notifications", "Bindings", "Segments", "Users")},
    }


def _terms(record: Service) -> tuple[Term, ...]:
    return (("friendly_name", record.friendly_name),) if record.friendly_name is not None else ()


def _named(query: Params) -> Conditions:
    """Match the whole name, case-sensitive (inferred)."""
    name = given(query, "FriendlyName", "Service") or ""
    return Conditions(terms=((("friendly_name", name),),))


SERVICE: Resource[Service] = Resource(
    name="service",
    path="Services",
    key="services",
    prefix="IS",
    apis=("notify/v1",),
    verbs=("create", "fetch", "list", "update", "delete"),
    record=Service,
    create=_create,
    update=_update,
    seed=_seed,
    show=_show,
    find_replaced=_find_replaced,
    note_page=_note_page,
    terms=_terms,
    filters=(Filter("FriendlyName", _named),),
    create_parameters=_PARAMETERS,
    update_parameters=_PARAMETERS,
)
