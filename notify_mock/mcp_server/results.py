"""What the tools return. The schemas that an assistant sees are made of these classes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

_MAX_TEXT = 500
_MAX_PAYLOAD = 2000


@dataclass(frozen=True)
class Call:
    """One request that arrived. ``request`` is shown without secrets; ``status`` is null if there was no response."""

    number: int
    time: str
    call: str | None
    account_sid: str | None
    request: str
    status: int | None
    code: int | None
    reason: str | None
    faults: list[str]


@dataclass(frozen=True)
class Calls:
    """Calls, most recent first. ``note`` says what was left out, and what to do if nothing arrived."""

    calls: list[Call]
    kept: int
    note: str | None


@dataclass(frozen=True)
class Reproduction:
    """A call, and code that makes it again. ``rule`` is the rule of Twilio's that refused it, as a text with gaps."""

    call: Call
    rule: str | None
    evidence: str | None
    source: str | None
    language: str
    text: str


@dataclass(frozen=True)
class Code:
    """What an error code of Twilio's means, how well that is known, and how to get it from the emulator."""

    code: int
    title: str
    cause: str
    remedy: str
    evidence: str
    source: str
    messages: list[str]
    arrangements: list[str]


@dataclass(frozen=True)
class Delivery:
    """One push or message that a provider would have received. ``payload`` is JSON, or its beginning."""

    sid: str
    notification_sid: str
    channel: str
    identity: str | None
    address: str
    state: str
    code: int | None
    reason: str | None
    binding_change: str | None
    faults: list[str]
    payload: str


@dataclass(frozen=True)
class Alert:
    """A problem with a notification as a whole, such as one without recipients."""

    notification_sid: str
    code: int
    reason: str | None


@dataclass(frozen=True)
class Deliveries:
    """Deliveries, most recent first, alerts, and what the codes in them mean. ``note`` says what was left out."""

    deliveries: list[Delivery]
    alerts: list[Alert]
    codes: list[Code]
    kept: int
    note: str | None


@dataclass(frozen=True)
class Faults:
    """The fault rules that are in force now, with how many calls they saw (``seen``) and changed (``fired``)."""

    rules: list[dict[str, Any]]


@dataclass(frozen=True)
class Time:
    """The emulator's time."""

    now: str
    frozen: bool


@dataclass(frozen=True)
class State:
    """What was done, and how many requests and fault rules the emulator has now."""

    done: str
    requests: int
    faults: int


def cut(text: str, most: int = _MAX_TEXT) -> str:
    """Return ``text``, or its beginning and how much is missing."""
    return text if len(text) <= most else f"{text[:most]}... ({len(text) - most} more characters)"


def call_of(found: dict[str, Any]) -> Call:
    """Return an element of ``exchanges`` of the control API as a result."""
    kept = ("number", "time", "call", "account_sid", "status", "code", "reason", "faults")
    return Call(**{name: found[name] for name in kept}, request=cut(found["request"]))


def code_of(found: dict[str, Any]) -> Code:
    """Return an error code of the control API as a result."""
    kept = ("code", "title", "cause", "remedy", "evidence", "source", "arrangements")
    messages = [f"{one['status']}: {one['message']}" for one in found["responses"]]
    return Code(**{name: found[name] for name in kept}, messages=messages)


def delivery_of(found: dict[str, Any]) -> Delivery:
    """Return an element of ``deliveries`` of the control API as a result."""
    kept = [name for name in Delivery.__dataclass_fields__ if name != "payload"]
    payload = cut(json.dumps(found["payload"], ensure_ascii=False), _MAX_PAYLOAD)
    return Delivery(**{name: found[name] for name in kept}, payload=payload)
