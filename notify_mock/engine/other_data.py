"""What seed data can hold besides records: accounts, SIDs, the clock, failures of providers, and fault rules."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any, NamedTuple

from notify_mock.accounts.plain import read_expired, read_plain, write_account
from notify_mock.engine.state import State
from notify_mock.faults.kinds import BY_KIND
from notify_mock.faults.rule import Rule
from notify_mock.support.documents import Content
from notify_mock.support.masked_url import MASK
from notify_mock.support.usage import UsageError, only_known, shown
from notify_mock.twilio_api.masking import is_secret

_COUNTS = ("seen", "fired")


class OtherData(NamedTuple):
    """The keys of seed data that are not lists of records."""

    content: Content

    @property
    def has_accounts(self) -> bool:
        return "accounts" in self.content.value

    def begin(self, state: State) -> None:
        """Put everything but the fault rules into ``state``, before the records. Raises ``UsageError``."""
        given = self.content.value
        self._refuse_masks()
        if "accounts" in given:
            self._put_accounts(state)
        elif "strict" in given or "expired_tokens" in given:
            raise UsageError(self._at("accounts"), "is missing", "list the accounts, the default one first")
        if "sids" in given:
            state.sids.restore(self._read_sids())
        if "clock" in given:
            self._set_clock(state)
        for name, failures in self._mapping("providers", state.providers.by_name).items():
            with _inside(f"{self._at('providers')}, {name}"):
                state.providers.by_name[name].change(failures)

    def end(self, state: State) -> None:
        """Add the fault rules, after the records. Raises ``UsageError``."""
        for spec, where in self.content.items("faults") if "faults" in self.content.value else ():
            rule = state.faults.read({key: value for key, value in spec.items() if key not in _COUNTS}, where)
            counts = [spec.get(key, 0) for key in _COUNTS]
            for key, count in zip(_COUNTS, counts, strict=True):
                if not _is_count(count):
                    raise UsageError(f"{where}, {key}", f"expected a number of calls, got {shown(count)}")
            rule.seen, rule.fired = counts

    def _put_accounts(self, state: State) -> None:
        given = self.content.value
        strict = given.get("strict", True)
        if not isinstance(strict, bool):
            raise UsageError(self._at("strict"), f"expected true or false, got {shown(strict)}")
        accounts = [read_plain(item, where, strict=strict) for item, where in self.content.items("accounts")]
        if not accounts:
            raise UsageError(self._at("accounts"), "no account given", "leave the key out to accept every account")
        if len({account.sid for account in accounts}) < len(accounts):
            raise UsageError(self._at("accounts"), "has an account twice")
        expired = read_expired(self.content.items("expired_tokens")) if "expired_tokens" in given else []
        state.accounts.replace(accounts, expired, strict=strict)

    def _read_sids(self) -> tuple[int | str, dict[str, int]]:
        sids = self._mapping("sids", ("seed", "made"))
        seed, made = sids.get("seed"), sids.get("made", {})
        if isinstance(seed, bool) or not isinstance(seed, (int, str)):
            raise UsageError(f"{self._at('sids')}, seed", f"expected a number or text, got {shown(seed)}")
        if not isinstance(made, Mapping) or not all(isinstance(one, str) and _is_count(made[one]) for one in made):
            raise UsageError(f"{self._at('sids')}, made", "expected a number for each prefix, such as CR: 3")
        return seed, dict(made)

    def _set_clock(self, state: State) -> None:
        acts = {"freeze": state.clock.freeze, "set": state.clock.set}
        clock = self._mapping("clock", acts)
        if len(clock) != 1:
            raise UsageError(self._at("clock"), "expected exactly one of: freeze, set")
        ((act, when),) = clock.items()
        with _inside(f"{self._at('clock')}, {act}"):
            acts[act](when)

    def _mapping(self, key: str, known: Any) -> Mapping[str, Any]:
        value = self.content.value.get(key, {})
        if not isinstance(value, Mapping):
            raise UsageError(self._at(key), f"expected a mapping, got {shown(value)}")
        only_known(self._at(key), value, known)
        return value

    def _refuse_masks(self) -> None:
        for key in self.content.value:
            if MASK in str(self.content.value[key]):
                raise UsageError(self._at(key), f"{MASK} is a masked secret", "write the secret, or leave the key out")

    def _at(self, key: str) -> str:
        line = self.content.lines.get((key, -1))
        return f"{self.content.source}, line {line}, {key}" if line else f"{self.content.source}, {key}"


class _inside:  # noqa: N801 - reads like a function
    """Lets a ``UsageError`` name the place in the data."""

    def __init__(self, place: str) -> None:
        self._place = place

    def __enter__(self) -> None: ...

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, UsageError):
            raise UsageError(self._place, error.wrong, error.remedy) from error


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


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
