"""One waiting delivery callback: what it posts, and when."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import SplitResult, urlsplit

from notify_mock.deliveries.delivery import Delivery
from notify_mock.support.address import canonical_host

RETRIES = (1.0, 5.0)
"""Seconds before the second and the third attempt. Inferred: Notify's retries are not documented."""

_RETRIED_STATUSES = (408, 429)

PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Callback:
    """One waiting POST. ``due`` is its time in seconds since 1970; ``attempt`` counts from 1.

    ``place`` is the host and port of the URL (see ``place_of``). ``origin`` is the web page of another machine that set
    the URL, or "".
    """

    url: str = field(repr=False)
    notification_sid: str
    account_sid: str
    service_sid: str
    region: str
    sequence: int
    is_final: bool
    deliveries: tuple[Delivery, ...] = field(repr=False)
    due: float
    number: int
    attempt: int = 1
    place: str = ""
    origin: str = ""

    @property
    def host(self) -> str | None:
        """The host of the URL, or None if the URL is invalid."""
        parts = split_http(self.url)
        return parts.hostname if parts else None

    def form(self) -> list[tuple[str, str]]:
        """Return the form parameters (documented; the spelling of ``IsFinal`` follows the documentation's prose)."""
        head = [
            ("NotificationSid", self.notification_sid),
            ("AccountSid", self.account_sid),
            ("ServiceSid", self.service_sid),
            ("Count", str(len(self.deliveries))),
            ("SequenceId", str(self.sequence)),
            ("IsFinal", str(self.is_final)),
        ]
        return head + [("DeliveryState", json.dumps(_state(delivery))) for delivery in self.deliveries]

    def next_attempt(self, now: float) -> Callback | None:
        """Return the next attempt, or None if this was the last."""
        if self.attempt > len(RETRIES):
            return None
        return replace(self, due=now + RETRIES[self.attempt - 1], attempt=self.attempt + 1)


def place_of(url: str) -> str:
    """Return the host and port of a URL, such as ``localhost:5000`` for every loopback host; "" for an invalid URL."""
    parts = split_http(url)
    return f"{canonical_host(parts.hostname or '')}:{parts.port or PORTS[parts.scheme]}" if parts else ""


def is_retried(status: int | None) -> bool:
    """Whether to retry: no response, or an error that may be temporary (inferred)."""
    return status is None or status >= 500 or status in _RETRIED_STATUSES


def _state(delivery: Delivery) -> dict[str, Any]:
    """``sid``, ``type``, ``address``, ``identity`` and ``status`` are documented; the other names are inferred."""
    state: dict[str, Any] = {
        "sid": delivery.message_id,
        "type": delivery.channel,
        "address": delivery.address,
        "identity": delivery.identity,
        "status": delivery.state.upper(),
    }
    if delivery.problem is not None:
        state |= {"error_code": delivery.problem.code, "error_message": delivery.problem.reason}
    return state


def split_http(url: str) -> SplitResult | None:
    """Return the parts of an http or https URL, or None if it is not one."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError for an invalid port
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None
