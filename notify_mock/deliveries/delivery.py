"""One delivery: what a provider would have got for one address, and how it ended."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Literal, NamedTuple

from notify_mock.protocol.delivery_errors import Problem
from notify_mock.protocol.redaction import show_text

DeliveryState = Literal["sent", "failed"]


class Rendering(NamedTuple):
    """What all deliveries of a notification on one channel share: the payload as JSON text, without the address, and
    the provider's headers."""

    text: str
    headers: tuple[tuple[str, str], ...] = ()


class Delivery(NamedTuple):
    """``sent`` means handed over to the provider, as in Twilio's callbacks; ``problem`` says why it ``failed``.

    ``at`` is when the provider answered, in seconds since 1970 on the emulator's clock. ``identity`` and
    ``binding_sid`` are None for an address that the notification named itself. ``faults`` names the fault rules that
    struck.
    """

    sid: str
    channel: str
    identity: str | None
    address: str
    binding_sid: str | None
    notification_sid: str
    service_sid: str
    account_sid: str
    credential_sid: str | None
    at: float
    rendering: Rendering
    problem: Problem | None = None
    faults: tuple[str, ...] = ()

    @property
    def state(self) -> DeliveryState:
        return "sent" if self.problem is None else "failed"

    @property
    def code(self) -> int | None:
        """The error dictionary's, None when it was sent."""
        return None if self.problem is None else self.problem.code

    @property
    def reason(self) -> str:
        """Why it failed, more plainly than the dictionary says."""
        return "" if self.problem is None else self.problem.reason

    @property
    def time(self) -> datetime:
        """When the provider answered, in UTC."""
        return datetime.fromtimestamp(self.at, timezone.utc)

    @property
    def payload(self) -> dict[str, Any]:
        """What the provider got: APNs' JSON, FCM's and GCM's with its ``to``, or the parameters of an SMS."""
        payload: dict[str, Any] = json.loads(self.rendering.text)
        return payload if self.channel == "apn" else {"to": self.address, **payload}

    @property
    def headers(self) -> dict[str, str]:
        """APNs' headers: ``apns-priority`` and ``apns-expiration``."""
        return dict(self.rendering.headers)

    @property
    def body(self) -> str | None:
        """The text that the user would have read."""
        return self._told("body")

    @property
    def title(self) -> str | None:
        return self._told("title")

    @property
    def message_id(self) -> str | None:
        """The provider's own id, an ``SM...`` for an SMS; None when it failed."""
        if self.problem is not None:
            return None
        number = self.sid[2:]
        if self.channel == "apn":
            parts = number[:8], number[8:12], number[12:16], number[16:20], number[20:]
            return "-".join(parts)
        return f"SM{number}" if self.channel == "sms" else f"0:{int(number[:12], 16):016d}%{number[16:]}"

    def _told(self, name: str) -> str | None:
        payload = self.payload
        if self.channel == "apn":
            alert = _object(payload.get("aps")).get("alert")
            told = alert if isinstance(alert, str) and name == "body" else _object(alert).get(name)
        elif self.channel in ("fcm", "gcm"):
            own = _object(payload.get("data")).get(f"twi_{name}")
            told = _object(payload.get("notification")).get(name) if own is None else own
        else:
            told = payload.get(name)
        return told if isinstance(told, str) else None

    def describe(self) -> dict[str, Any]:
        """All of it as JSON."""
        return {
            "sid": self.sid,
            "notification_sid": self.notification_sid,
            "account_sid": self.account_sid,
            "service_sid": self.service_sid,
            "binding_sid": self.binding_sid,
            "credential_sid": self.credential_sid,
            "channel": self.channel,
            "identity": self.identity,
            "address": self.address,
            "state": self.state,
            "code": self.code,
            "reason": self.reason or None,
            "time": self.time.isoformat(),
            "message_id": self.message_id,
            "headers": self.headers,
            "payload": self.payload,
            "faults": list(self.faults),
        }

    def __str__(self) -> str:
        to = f"{self.channel} to {show_text(self.address)}"
        whose = f" of {show_text(self.identity)}" if self.identity is not None else ""
        told = "" if self.body is None else f" {show_text(self.body)!r}"
        ended = "sent" if self.problem is None else f"failed {self.problem}"
        struck = f" [{', '.join(self.faults)}]" if self.faults else ""
        return f"{self.notification_sid} {to}{whose}:{told} -> {ended}{struck}"

    def __repr__(self) -> str:
        return f"<Delivery {self}>"


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
