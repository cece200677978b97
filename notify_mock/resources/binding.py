"""The Binding resource: a user's address, to which notifications for an identity or a tag are sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from urllib.parse import quote

from notify_mock.resources.resource import Filter, Resource, timestamp
from notify_mock.resources.service import SERVICE, Service
from notify_mock.store.collections import Collection
from notify_mock.store.index import Term
from notify_mock.store.selection import Conditions, Selection
from notify_mock.support.usage import UsageError, only_known, only_texts, shown
from notify_mock.twilio_api.errors import LimitReached, MissingParameter
from notify_mock.twilio_api.messages import Params
from notify_mock.twilio_api.parameters import day, given, one_of, repeated, required, sid

TYPES = ("apn", "gcm", "sms", "fcm", "facebook-messenger", "alexa")
EVERYONE = "all"
"""The implicit tag of every binding. Its type is another implicit tag (documented)."""

MAX_TAGS, MAX_QUERY_TAGS = 20, 5
MAX_PER_IDENTITY = 20
"""Limits, all documented; the error texts are inferred."""

DISABLED: Term = ("disabled", "")
"""The term of disabled bindings."""


@dataclass(frozen=True, slots=True, eq=False)
class Binding:
    """A stored binding. ``endpoint`` identifies the device: given by the client, or generated.

    A ``disabled`` binding gets no notifications, because its device is unregistered. Its JSON does not show that.
    """

    sid: str
    account_sid: str
    region: str
    service_sid: str
    date_created: datetime
    date_updated: datetime
    identity: str | None
    binding_type: str
    address: str
    tags: tuple[str, ...] = ()
    notification_protocol_version: str = "default"
    credential_sid: str | None = None
    given_endpoint: str | None = field(default=None, compare=False)
    disabled: bool = False

    @property
    def endpoint(self) -> str:
        """The given or a generated one: a long token at Twilio (observed, 2017), the digits of the SID here."""
        return self.given_endpoint or self.sid[2:]


def _create(form: Params, service: Service) -> dict[str, Any]:
    identity = required(form, "Identity", "Binding")
    kind = one_of(form, "BindingType", "Binding", TYPES)
    if kind is None:
        raise MissingParameter("BindingType is missing", name="BindingType")
    return {
        "identity": identity,
        "binding_type": kind,
        "address": required(form, "Address", "Binding"),
        "tags": repeated(form, "Tag", "Binding", limit=MAX_TAGS),
        "notification_protocol_version": given(form, "NotificationProtocolVersion", "Binding")
        or default_version(service, kind),
        "credential_sid": sid(form, "CredentialSid", "Binding", "CR") or None,
        "given_endpoint": given(form, "Endpoint", "Binding") or None,
    }


def default_version(service: Service, kind: str) -> str:
    """Return the service's version; ``"default"`` for sms (observed) and other types without a version there."""
    version: str = getattr(service, f"default_{kind}_notification_protocol_version", "default")
    return version


def _find_replaced(values: Mapping[str, Any], collection: Collection[Binding]) -> Binding | None:
    """Return the binding with the same endpoint, which the new one replaces. Raises ``LimitReached``.

    Inferred: a device that registers again gets a new SID and loses the old one; the same address without an endpoint
    is another binding.
    """
    endpoint = values.get("given_endpoint")
    replaced = next(iter(collection.find(("endpoint", endpoint))), None) if endpoint else None
    others = [other for other in collection.find(("identity", values["identity"])) if other is not replaced]
    if len(others) >= MAX_PER_IDENTITY:
        limit = str(MAX_PER_IDENTITY)
        raise LimitReached("delete one first", resource="Binding", limit=limit, things="bindings for an identity")
    return replaced


_SEED_TEXTS = ("identity", "address", "notification_protocol_version", "credential_sid", "endpoint")


def _seed(values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Read seed data for a binding. The default version is the newest."""
    __tracebackhide__ = True
    only_known(where, values, ("binding_type", "tags", "disabled", *_SEED_TEXTS))
    kind = values.get("binding_type")
    if kind not in TYPES:
        wrong = "is missing" if kind is None else f"{shown(kind)} is not a binding type"
        raise UsageError(f"{where}.binding_type", wrong, f"expected one of: {', '.join(TYPES)}")
    only_texts(where, values, _SEED_TEXTS)
    for name in ("identity", "address"):
        if not values.get(name):
            raise UsageError(f"{where}.{name}", "is missing")
    if not isinstance(values.get("disabled", False), bool):
        raise UsageError(f"{where}.disabled", "must be true or false")
    tags = values.get("tags") or ()
    if not isinstance(tags, (list, tuple)) or not all(isinstance(tag, str) and tag for tag in tags):
        raise UsageError(f"{where}.tags", "is not a list of text")
    if len(tags) > MAX_TAGS:
        raise UsageError(f"{where}.tags", f"has {len(tags)} tags", f"the limit is {MAX_TAGS}")
    own = {name: value for name, value in values.items() if name != "endpoint" and value is not None}
    version = "3" if kind in ("apn", "gcm", "fcm") else "default"
    own.setdefault("notification_protocol_version", version)
    return {**own, "tags": tuple(dict.fromkeys(tags)), "given_endpoint": values.get("endpoint") or None}


def _show(record: Binding, url: str) -> dict[str, Any]:
    """Return the JSON. Key order: observed (captures of 2017 and 2021), except that ``links`` is last, as in a service
    (inferred). Users no longer exist but are still linked (documented)."""
    service = url.rpartition("/Bindings/")[0]
    return {
        "endpoint": record.endpoint,
        "notification_protocol_version": record.notification_protocol_version,
        "tags": list(record.tags),
        "date_updated": timestamp(record.date_updated),
        "address": record.address,
        "account_sid": record.account_sid,
        "url": url,
        "binding_type": record.binding_type,
        "sid": record.sid,
        "date_created": timestamp(record.date_created),
        "service_sid": record.service_sid,
        "credential_sid": record.credential_sid,
        "identity": record.identity,
        "links": {"user": f"{service}/Users/{quote(record.identity or '', safe='')}"},
    }


def _terms(record: Binding) -> list[Term]:
    terms = [
        ("identity", record.identity or ""),
        ("tag", record.binding_type),
        ("endpoint", record.endpoint),
    ]
    if record.disabled:
        terms.append(DISABLED)
    return terms + [("tag", tag) for tag in record.tags]


def recipients(
    collection: Collection[Binding], identities: tuple[str, ...], tags: tuple[str, ...]
) -> Iterable[Binding]:
    """Return the bindings that a notification goes to: those with one of the identities and all of the tags (the
    combination is inferred), except disabled ones."""
    selected = Selection(collection, conditions_for(identities, tags))
    if not collection.positions_of((DISABLED,)):
        return selected
    return (binding for binding in selected if not binding.disabled)


def conditions_for(identities: tuple[str, ...], tags: tuple[str, ...]) -> Conditions:
    """Return the conditions for bindings with one of the identities and all of the tags, including implicit tags."""
    groups: list[tuple[Term, ...]] = [(("tag", tag),) for tag in tags if tag != EVERYONE]
    if identities:
        groups.append(tuple(("identity", identity) for identity in identities))
    return Conditions(terms=tuple(groups))


def _by_identity(query: Params) -> Conditions:
    return conditions_for(repeated(query, "Identity", "Binding", limit=1000), ())


def _by_tag(query: Params) -> Conditions:
    return conditions_for((), repeated(query, "Tag", "Binding", limit=MAX_QUERY_TAGS))


def _from(query: Params) -> Conditions:
    start = day(query, "StartDate", "Binding") or date.min
    return Conditions(tests=(lambda record: record.date_created.date() >= start,))


def _until(query: Params) -> Conditions:
    end = day(query, "EndDate", "Binding") or date.max
    return Conditions(tests=(lambda record: record.date_created.date() <= end,))


BINDING: Resource[Binding] = Resource(
    name="binding",
    path="Bindings",
    key="bindings",
    prefix="BS",
    apis=SERVICE.apis,
    verbs=("create", "fetch", "list", "delete"),
    record=Binding,
    create=_create,
    seed=_seed,
    show=_show,
    parent=SERVICE,
    find_replaced=_find_replaced,
    terms=_terms,
    filters=(
        Filter("StartDate", _from),
        Filter("Tag", _by_tag),
        Filter("EndDate", _until),
        Filter("Identity", _by_identity),
    ),
    create_parameters=(
        *("Identity", "BindingType", "Address", "Tag"),
        *("NotificationProtocolVersion", "CredentialSid", "Endpoint"),
    ),
)
"""The filters are in the order of a CPython 2.7 dict, as in all of Notify's responses; Tag before Identity is
documented."""
