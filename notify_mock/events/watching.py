"""Turns what happens in an emulator into events, with secrets masked as in the rest of the control API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol

from notify_mock.control_api.json import show_callback, show_exchange, show_rule
from notify_mock.events.hub import Hub
from notify_mock.resources import RESOURCES
from notify_mock.twilio_api.masking import show_text

if TYPE_CHECKING:
    from notify_mock.deliveries.callback import Callback
    from notify_mock.deliveries.delivery import Delivery
    from notify_mock.deliveries.inbox import Deliveries
    from notify_mock.faults.rule import Rule
    from notify_mock.journal.exchange import Exchange
    from notify_mock.journal.journal import Journal
    from notify_mock.support.changes import Changes

_CHANGES: Mapping[str | None, tuple[str, str]] = {
    f"{resource.name}.{verb}": (resource.key, verb) for resource in RESOURCES for verb in ("create", "update", "delete")
}
"""The records that a call changes, and how."""


class Watched(Protocol):
    """An emulator, as far as its events are concerned."""

    @property
    def journal(self) -> Journal: ...
    @property
    def deliveries(self) -> Deliveries: ...
    @property
    def changes(self) -> Changes: ...


def watch(emulator: Watched) -> Hub:
    """Return a new hub that gets the events of ``emulator`` from now on."""
    hub = Hub()

    def ended(exchange: Exchange) -> None:
        hub.publish("call", show_exchange, exchange, exchange.size)
        change = _CHANGES.get(exchange.name)
        if change is not None and _is_carried_out(exchange):
            hub.publish("records", _show_records, (*change, exchange.account_sid, exchange.sid))

    def delivered(delivery: Delivery) -> None:
        hub.publish("delivery", _show_delivery, delivery, len(delivery.rendering.text))

    def changed(kind: str, details: Any) -> None:
        hub.publish(kind, _SHOWN[kind], details)

    emulator.journal.subscribe(ended)
    emulator.deliveries.subscribe(delivered)
    emulator.changes.subscribe(changed)
    return hub


def _is_carried_out(exchange: Exchange) -> bool:
    """Whether the call was carried out, also if a fault then replaced its response."""
    status = exchange.status if exchange.played is None else exchange.played
    return status is not None and status < 300


def _show_delivery(delivery: Delivery) -> dict[str, Any]:
    return delivery.describe()


def _show_records(change: tuple[str, str, str, str | None]) -> dict[str, Any]:
    resource, action, account_sid, sid = change
    return {"resource": resource, "action": action, "account_sid": account_sid, "sid": sid}


def _show_clock(setting: tuple[float, bool]) -> dict[str, Any]:
    at, is_frozen = setting
    return {"now": datetime.fromtimestamp(at, timezone.utc).isoformat(), "frozen": is_frozen}


def _show_callback(details: tuple[str, Callback, Exchange | None]) -> dict[str, Any]:
    action, callback, exchange = details
    shown = {"action": action, **show_callback(callback)}
    if exchange is None:
        return shown
    reason = show_text(exchange.reason) if exchange.reason else None
    return {**shown, "number": exchange.number, "status": exchange.status, "reason": reason}


def _show_fault(details: tuple[str, Rule | None, int, int, Exchange | None]) -> dict[str, Any]:
    """The counters are those of that moment."""
    action, rule, seen, fired, exchange = details
    if rule is None:
        return {"action": action, "name": None}
    shown: dict[str, Any] = {"action": action, "name": rule.name, "seen": seen, "fired": fired}
    if action == "added":
        shown["rule"] = {**show_rule(rule), "seen": seen, "fired": fired}
    if exchange is not None:
        shown |= {"call": exchange.name, "number": exchange.number or None}
    return shown


_SHOWN: Mapping[str, Callable[[Any], dict[str, Any]]] = {
    "callback": _show_callback,
    "fault": _show_fault,
    "clock": _show_clock,
    "records": _show_records,
    "reset": lambda _: {},
}
