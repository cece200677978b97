"""One delivery: what the provider would have received for one address, and its result."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, Literal, NamedTuple

from notify_mock.twilio_api.delivery_errors import BINDING_CHANGES, BindingChange, Problem
from notify_mock.twilio_api.masking import show_text

DeliveryState = Literal["sent", "failed"]


class Rendering(NamedTuple):
    """What all deliveries of a notification on one channel share: the payload as JSON text, without the address, and
    the headers for the provider. ``project`` is the Firebase project of a message for FCM's HTTP v1 API."""

    text: str
    headers: tuple[tuple[str, str], ...] = ()
    project: str | None = None


class Delivery(NamedTuple):
    """One push or message. ``sent`` means handed over to the provider, as in Twilio's callbacks.

    ``problem`` is why it ``failed``. ``at`` is when the provider responded, in seconds since 1970 on the emulator's
    clock. ``identity`` and ``binding_sid`` are None for an address in ``ToBinding``. ``faults`` names the fault rules
    that were applied, and ``tags`` are those of the binding.
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
    tags: tuple[str, ...] = ()

    @property
    def state(self) -> DeliveryState:
        """``"sent"`` or ``"failed"``."""
        return "sent" if self.problem is None else "failed"

    @property
    def code(self) -> int | None:
        """The code of Twilio's error dictionary, or None if the delivery was sent."""
        return None if self.problem is None else self.problem.code

    @property
    def reason(self) -> str:
        """Why it failed, in more detail than the error dictionary; "" if it was sent."""
        return "" if self.problem is None else self.problem.reason

    @property
    def binding_change(self) -> BindingChange | None:
        """What Twilio does with the binding because of this failure, or None. With a delivery callback, it deletes the
        binding after the callback."""
        return None if self.problem is None or self.binding_sid is None else BINDING_CHANGES.get(self.problem.code)

    @property
    def time(self) -> datetime:
        """When the provider responded, in UTC."""
        return datetime.fromtimestamp(self.at, timezone.utc)

    @property
    def payload(self) -> dict[str, Any]:
        """What the provider received: the JSON for APNs, for FCM with ``token`` in ``message``, for GCM and legacy keys
        with ``to``, or the parameters of an SMS."""
        payload: dict[str, Any] = json.loads(self.rendering.text)
        if self.rendering.project is not None:
            return {"message": {"token": self.address, **payload["message"]}}
        return payload if self.channel == "apn" else {"to": self.address, **payload}

    @property
    def headers(self) -> dict[str, str]:
        """The headers for APNs: ``apns-priority``, ``apns-expiration``, ``apns-push-type`` and ``apns-topic``."""
        return dict(self.rendering.headers)

    @property
    def body(self) -> str | None:
        """The text that the user would have read."""
        return self._shown_text("body")

    @property
    def title(self) -> str | None:
        """The title that the user would have read, or None."""
        return self._shown_text("title")

    @property
    def message_id(self) -> str | None:
        """The provider's id (``SM...`` for an SMS), or None if the delivery failed."""
        if self.problem is not None:
            return None
        number = self.sid[2:]
        if self.channel == "apn":
            parts = number[:8], number[8:12], number[12:16], number[16:20], number[20:]
            return "-".join(parts)
        if self.channel == "sms":
            return f"SM{number}"
        project = self.rendering.project
        return f"{f'projects/{project}/messages/' if project else ''}0:{int(number[:12], 16):016d}%{number[16:]}"

    def _shown_text(self, name: str) -> str | None:
        payload = self.payload
        if self.channel == "apn":
            alert = _object(payload.get("aps")).get("alert")
            text = alert if isinstance(alert, str) and name == "body" else _object(alert).get(name)
        elif self.channel in ("fcm", "gcm"):
            payload = payload.get("message", payload)
            own = _object(payload.get("data")).get(f"twi_{name}")
            text = _object(payload.get("notification")).get(name) if own is None else own
        else:
            text = payload.get(name)
        return text if isinstance(text, str) else None

    def describe(self) -> dict[str, Any]:
        """Return the delivery as plain data for JSON."""
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
            "binding_change": self.binding_change,
            "time": self.time.isoformat(),
            "message_id": self.message_id,
            "title": self.title,
            "body": self.body,
            "headers": self.headers,
            "payload": self.payload,
            "faults": list(self.faults),
            "tags": list(self.tags),
        }

    def summary(self) -> str:
        """Return what was sent to whom, and the result, without the content: ``push fcm alice -> sent``."""
        to = show_text(self.address if self.identity is None else self.identity)
        return f"{'message' if self.channel == 'sms' else 'push'} {self.channel} {to} -> {self._result()}"

    def __str__(self) -> str:
        to = f"{self.channel} to {show_text(self.address)}"
        identity = f" of {show_text(self.identity)}" if self.identity is not None else ""
        body = "" if self.body is None else f" {show_text(self.body)!r}"
        return f"{self.notification_sid} {to}{identity}:{body} -> {self._result()}"

    def _result(self) -> str:
        result = "sent" if self.problem is None else f"failed {self.problem}"
        if self.binding_change is not None:
            result += f", binding {self.binding_change}"
        return f"{result} [{', '.join(self.faults)}]" if self.faults else result

    def __repr__(self) -> str:
        return f"<Delivery {self}>"


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
