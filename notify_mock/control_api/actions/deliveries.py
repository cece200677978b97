"""Actions on deliveries: the inbox, the delivery callbacks, and the simulated failures of providers."""

from __future__ import annotations

from typing import Any

from notify_mock.control_api.controlled import Control, Result
from notify_mock.control_api.guard import Refused
from notify_mock.control_api.json import read_object, show_alert, show_exchange
from notify_mock.control_api.query import read_query, window
from notify_mock.deliveries.delivery import Delivery
from notify_mock.deliveries.inbox import CRITERIA
from notify_mock.deliveries.providers import Provider
from notify_mock.support.usage import nearest, shown
from notify_mock.twilio_api.channels import CALLBACK_NAME

_MAX_SENT = 100


def deliveries(control: Control) -> Result:
    given, inbox = read_query("deliveries"), control.emulator.deliveries
    found = inbox.find(**{name: value for name, value in given.items() if name in CRITERIA})
    start = _index(found, given, "after") + 1 if "after" in given else 0
    end = _index(found, given, "before") if "before" in given else len(found)
    chosen = window(found[start:end], given, lambda one: "tag" not in given or given["tag"] in one.tags)
    return 200, {
        "deliveries": [delivery.describe() for delivery in chosen],
        "alerts": [show_alert(alert) for alert in inbox.alerts],
        "count": len(inbox),
    }


def _index(found: list[Delivery], given: dict[str, Any], name: str) -> int:
    index = next((at for at, delivery in enumerate(found) if delivery.sid == given[name]), None)
    if index is None:
        raise Refused(400, f"{name}: there is no delivery {shown(given[name])} among those that are found", name)
    return index


def callbacks(control: Control) -> Result:
    """Return the waiting callbacks, and the last 100 attempts with their results."""
    from notify_mock.control_api.wire import show_sent, show_waiting

    wanted, emulator = read_query("callbacks").get("notification"), control.emulator
    waiting = [one for one in emulator.attempts.waiting() if wanted in (None, one.notification_sid)]
    sent = [one for one in emulator.journal.calls(CALLBACK_NAME) if wanted in (None, one.sid)]
    return 200, {
        "callbacks": [show_waiting(callback, emulator.attempts.request(callback)) for callback in waiting],
        "sent": [show_sent(exchange) for exchange in sent[-_MAX_SENT:]],
    }


def drain_callbacks(control: Control) -> Result:
    return 200, {"exchanges": [show_exchange(exchange) for exchange in control.emulator.callbacks.drain()]}


def providers(control: Control) -> Result:
    return 200, {name: provider.describe() for name, provider in control.emulator.providers.by_name.items()}


def recover_providers(control: Control) -> Result:
    control.emulator.providers.reset()
    return 204, None


def provider(control: Control, name: str) -> Result:
    return 200, _provider(control, name).describe()


def change_provider(control: Control, name: str) -> Result:
    found = _provider(control, name)
    found.change(read_object())
    return 200, found.describe()


def recover_provider(control: Control, name: str) -> Result:
    _provider(control, name).recover()
    return 204, None


def _provider(control: Control, name: str) -> Provider:
    known = control.emulator.providers.by_name
    if name not in known:
        raise Refused(404, f"there is no provider {shown(name)}; {nearest(name, known)}", "name")
    return known[name]
