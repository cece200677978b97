"""Writes what is not a record as seed data."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from notify_mock.accounts.plain import write_account
from notify_mock.engine.state import State
from notify_mock.faults.kinds import BY_KIND
from notify_mock.faults.rule import Rule
from notify_mock.support.masked_url import MASK
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.masking import is_secret

_COUNTS = ("seen", "fired")


def write_first(state: State, *, with_secrets: bool) -> dict[str, Any]:
    """Return everything but the fault rules as seed data. What is as in a new emulator is left out."""
    default = state.accounts.default
    accounts = [default, *(one for one in state.accounts if one.sid != default.sid)]
    written: dict[str, Any] = {
        "strict": state.accounts.strict,
        "accounts": [write_account(account, with_secrets=with_secrets) for account in accounts],
    }
    if state.accounts.expired:
        masked = [(user, token if with_secrets else MASK) for user, token in state.accounts.expired]
        written["expired_tokens"] = [{"user": user, "token": token} for user, token in masked]
    seed, made = state.sids.snapshot()
    written["sids"] = {"seed": seed, "made": made}
    offset, frozen = state.clock.snapshot()
    if offset or frozen is not None:
        now = datetime.fromtimestamp(state.clock.time(), timezone.utc).isoformat()
        written["clock"] = {"freeze" if frozen is not None else "set": now}
    described = {name: provider.describe() for name, provider in state.providers.by_name.items()}
    failing = {name: {key: value for key, value in one.items() if value} for name, one in described.items()}
    return written | ({"providers": busy} if (busy := {name: one for name, one in failing.items() if one}) else {})


def write_faults(state: State, *, with_secrets: bool) -> dict[str, Any]:
    """Return the fault rules as seed data. Raises ``UsageError`` for one that is not plain data."""
    rules = [_write_rule(rule, with_secrets) for rule in state.faults]
    return {"faults": rules} if rules else {}


def _write_rule(rule: Rule, with_secrets: bool) -> dict[str, Any]:
    if rule.match.predicate is not None or BY_KIND.get(rule.effect.kind) is not type(rule.effect):
        wrong = f"the rule {rule.name} has a function or an effect of your own, which a file cannot hold"
        raise UsageError("faults", wrong, "remove the rule first")
    described = rule.describe(with_secrets=with_secrets)
    written = {key: _plain(value) for key, value in described.items() if key not in _COUNTS or value}
    if rule.key != rule.name:  # it was not named: its random draws depend on its content
        del written["name"]
    if "headers" in written and not with_secrets:
        written["headers"] = {key: MASK if is_secret(key) else value for key, value in written["headers"].items()}
    return written


def _plain(value: Any) -> Any:
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, (list, tuple)) else value
