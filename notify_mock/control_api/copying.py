"""Code to copy for one exchange, in every language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from notify_mock.control_api.controlled import Control, Controlled
from notify_mock.control_api.json import show_rule
from notify_mock.deliveries.delivery import Delivery
from notify_mock.faults.kinds import BY_KIND, field_names
from notify_mock.journal.exchange import Exchange
from notify_mock.redaction.pseudonyms import Pseudonyms
from notify_mock.snippets.curl import write_curl
from notify_mock.snippets.needed import chosen, needed_records
from notify_mock.snippets.node import write_node
from notify_mock.snippets.pytest_test import write_pytest
from notify_mock.snippets.python import write_python
from notify_mock.snippets.subject import Subject
from notify_mock.snippets.vcr import write_vcr
from notify_mock.support.clock import Clock
from notify_mock.support.masked_url import MASK
from notify_mock.twilio_api.catalog import BY_CODE
from notify_mock.twilio_api.channels import CALLBACK_NAME

_DAY = 86400


def copy_as(control: Control, exchange: Exchange, deliveries: Sequence[Delivery], url: str) -> dict[str, str | None]:
    """Return the texts by language; None where there is none."""
    emulator, looked_at = control.emulator, chosen(deliveries)
    subject = Subject(
        exchange,
        url,
        emulator.accounts.strict,
        needed_records(exchange, emulator.records, looked_at),
        [*_rules(emulator, exchange), *_delivery_rules(emulator, looked_at)],
        _failures(emulator) if looked_at else {},
        looked_at,
        frozen=abs(emulator.clock.time() - Clock().time()) > _DAY,
    )
    is_call = exchange.name != CALLBACK_NAME
    return {
        "curl": write_curl(subject),
        "python": write_python(subject) if is_call else None,
        "node": write_node(subject) if is_call else None,
        "pytest": write_pytest(subject),
        "vcr": write_vcr(exchange, _pseudonyms(control)),
    }


def _pseudonyms(control: Control) -> Pseudonyms:
    """Return those of the cassette in use, so that its entries agree; else with a key that nobody knows."""
    playback = control.emulator.cassette
    cassette = playback.cassette if playback is not None else None
    return Pseudonyms(control.key) if cassette is None else cassette.pseudonyms


def _failures(emulator: Controlled) -> dict[str, dict[str, Any]]:
    """Return what is simulated of each provider, without what is as usual."""
    described = {name: provider.describe() for name, provider in emulator.providers.by_name.items()}
    unusual = {name: {key: value for key, value in one.items() if value} for name, one in described.items()}
    return {name: one for name, one in unusual.items() if one}


def _rules(emulator: Controlled, exchange: Exchange) -> Iterator[Mapping[str, Any]]:
    """Yield rules that do to any such call what the rules in force did to this one."""
    for name in exchange.faults:
        spec = show_rule(emulator.faults[name]) if name in emulator.faults else {}
        if spec.get("effect") == "rate_limit" or not spec:
            spec = {**_outcome(exchange), "phase": spec.get("phase", "before")}
        yield {"call": exchange.name or "*", **_essential(spec)}


def _delivery_rules(emulator: Controlled, deliveries: Sequence[Delivery]) -> Iterator[Mapping[str, Any]]:
    for channel, name in dict.fromkeys((one.channel, name) for one in deliveries for name in one.faults):
        failed = next((one.code for one in deliveries if name in one.faults and one.channel == channel), None)
        if name in emulator.faults:
            rule = show_rule(emulator.faults[name])
            yield {"call": f"delivery.{channel}", **_essential(rule)}
        elif failed is not None:
            yield {"call": f"delivery.{channel}", "effect": "undelivered", "error": failed}


def _essential(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return effect, its fields and the phase: what matters for a call that the rule applied to."""
    kept = ("effect", *field_names(BY_KIND[spec["effect"]]), "phase")
    return {key: spec[key] for key in kept if key in spec and spec[key] is not None and spec[key] != MASK}


def _outcome(exchange: Exchange) -> dict[str, Any]:
    """Return the effect that has the outcome of a call whose rule is not known any more."""
    if exchange.code in BY_CODE:
        return {"effect": "refuse", "code": exchange.code}
    return {"effect": "drop"} if exchange.status is None else {"effect": "delay", "seconds": 0}
