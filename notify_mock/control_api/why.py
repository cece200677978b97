"""Why a call ended as it did: the rule and its evidence, the fault rules, the recording, and the failed deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from notify_mock.control_api.controlled import Controlled
from notify_mock.control_api.json import show_rule
from notify_mock.deliveries.delivery import Delivery
from notify_mock.engine.replay import MISSED
from notify_mock.journal.exchange import Exchange
from notify_mock.replay.cassette import Cassette
from notify_mock.twilio_api.masking import show_text

_MAX_LENGTH = 1000
_RECORDED = "recorded: "
"""How the reason of an exchange begins that was answered from a cassette."""


def why(emulator: Controlled, exchange: Exchange, deliveries: Sequence[Delivery]) -> dict[str, Any] | None:
    """Return the explanation as JSON; None for a call that went as usual."""
    found = {
        "reason": show_text(exchange.reason, _MAX_LENGTH) if exchange.reason else None,
        "rule": _rule(exchange),
        "faults": [_fault(emulator, name) for name in exchange.faults],
        "cassette": _cassette(emulator, exchange),
        "failed": [_failed(emulator, delivery) for delivery in deliveries if delivery.problem is not None],
    }
    return found if any(found.values()) else None


def _rule(exchange: Exchange) -> dict[str, Any] | None:
    """Return the error class that refused the call."""
    error = exchange.refusal
    if error is None:
        return None
    return {
        "name": error.__name__,
        "status": error.status,
        "code": error.code,
        "message": error.message,
        "evidence": error.evidence,
        "source": error.source,
    }


def _fault(emulator: Controlled, name: str) -> dict[str, Any]:
    """Return a fault rule; only its name if it was removed."""
    return show_rule(emulator.faults[name]) if name in emulator.faults else {"name": name}


def _cassette(emulator: Controlled, exchange: Exchange) -> dict[str, Any] | None:
    """Return the recorded exchange that answered the call, or else the nearest one."""
    playback = emulator.cassette
    if exchange.reason.startswith(_RECORDED):
        return {"matched": exchange.reason.removeprefix(_RECORDED), "nearest": None}
    if exchange.code != MISSED or playback is None or playback.cassette is None or not exchange.has_body:
        return None
    return {"matched": None, "nearest": _nearest(playback.cassette, exchange)}


def _nearest(cassette: Cassette, exchange: Exchange) -> dict[str, Any] | None:
    nearest = cassette.nearest(cassette.key(exchange.call))
    if nearest is None:
        return None
    return {
        "where": nearest.interaction.where or repr(nearest.interaction),
        "differences": [difference._asdict() for difference in nearest.differences],
    }


def _failed(emulator: Controlled, delivery: Delivery) -> dict[str, Any]:
    from notify_mock.twilio_api.error_dictionary import ENTRIES

    entry = ENTRIES[delivery.code or 0]
    return {
        "sid": delivery.sid,
        "channel": delivery.channel,
        "identity": delivery.identity,
        "address": delivery.address,
        "code": entry.code,
        "title": entry.title,
        "reason": delivery.reason or None,
        "cause": entry.cause,
        "remedy": entry.remedy,
        "evidence": entry.evidence,
        "source": entry.source,
        "faults": [_fault(emulator, name) for name in delivery.faults],
    }
