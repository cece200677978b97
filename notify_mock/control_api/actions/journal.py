"""Actions on the journal: pages of exchanges, and one exchange with all that is known of it."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Any

from notify_mock.control_api.controlled import Control, Result
from notify_mock.control_api.guard import Refused
from notify_mock.control_api.json import base_url, read_object, show_exchange
from notify_mock.control_api.query import number, read_query, window
from notify_mock.journal.exchange import Exchange
from notify_mock.journal.journal import Journal
from notify_mock.support.usage import UsageError, shown


def journal(control: Control) -> Result:
    given = read_query("journal")
    kept = list(control.emulator.journal)
    found = _named(control.emulator.journal, given) if "call" in given or "account" in given else kept
    tests = [_status(given["status"])] if "status" in given else []
    tests += [lambda exchange: given["fault"] in exchange.faults] if "fault" in given else []
    tests += [_text(given["text"])] if "text" in given else []
    start = _first(found, given.get("after", -1) + 1)
    end = _first(found, given["before"]) if "before" in given else len(found)
    chosen = window(found[start:end], given, lambda exchange: all(test(exchange) for test in tests))
    return 200, {
        "exchanges": [show_exchange(exchange) for exchange in chosen],
        "count": len(kept),
        "oldest": kept[0].number if kept else None,
        "newest": kept[-1].number if kept else None,
    }


def exchange(control: Control, name: str) -> Result:
    from notify_mock.control_api.copying import copy_as
    from notify_mock.control_api.why import why
    from notify_mock.control_api.wire import show_wire

    found = find_exchange(control.emulator.journal, number("number", name), "number")
    is_notification = found.name == "notification.create" and found.sid is not None
    deliveries = control.emulator.deliveries.find(notification=found.sid) if is_notification else []
    return 200, {
        **show_exchange(found),
        "wire": show_wire(found),
        "why": why(control.emulator, found, deliveries),
        "deliveries": [delivery.sid for delivery in deliveries],
        "copy_as": copy_as(control, found, deliveries, base_url()),
    }


def keep_bodies(control: Control) -> Result:
    given = read_object()
    for key, value in given.items():
        if key != "keep_bodies":
            raise Refused(400, f"unknown key {shown(key)}; expected one of: keep_bodies", key)
        if not isinstance(value, bool):
            raise Refused(400, f"keep_bodies: expected true or false, got {shown(value)}", key)
    if not given:
        raise Refused(400, "keep_bodies: is missing; expected true or false", "keep_bodies")
    control.emulator.keep_bodies(given["keep_bodies"])
    return 200, given


def find_exchange(journal: Journal, wanted: int, field: str) -> Exchange:
    """Return the exchange with this number. Raises ``Refused`` with a 404, which names ``field``."""
    kept = list(journal)
    at = _first(kept, wanted)
    if at < len(kept) and kept[at].number == wanted:
        return kept[at]
    range_kept = f"it keeps {kept[0].number} to {kept[-1].number}" if kept else "it is empty"
    raise Refused(404, f"{field}: the journal has no exchange {wanted}; {range_kept}", field)


def _named(journal: Journal, given: Mapping[str, Any]) -> list[Exchange]:
    """Raises ``UsageError`` for an unknown call."""
    account = {"account_sid": given["account"]} if "account" in given else {}
    try:
        return journal.calls(given.get("call", "*"), **account)
    except UsageError as error:
        raise UsageError("call", error.wrong, error.remedy) from error


def _first(exchanges: list[Exchange], wanted: int) -> int:
    """Return the index of the first exchange with this number or a larger one."""
    return bisect_left(exchanges, wanted, key=lambda exchange: exchange.number)


def _status(wanted: str) -> Callable[[Exchange], bool]:
    if wanted == "none":
        return lambda exchange: exchange.status is None
    if wanted.endswith("xx"):
        return lambda exchange: exchange.status is not None and exchange.status // 100 == int(wanted[0])
    return lambda exchange: exchange.status == int(wanted)


def _text(wanted: str) -> Callable[[Exchange], bool]:
    """Search what is shown of an exchange, so that nobody can search for a secret."""
    folded = wanted.casefold()
    return lambda exchange: folded in str(exchange).casefold()
