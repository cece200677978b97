"""Reads from seed data what is not a record, and puts it into the state."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from notify_mock.accounts.plain import read_expired, read_plain
from notify_mock.engine.state import State
from notify_mock.support.documents import Content
from notify_mock.support.masked_url import MASK
from notify_mock.support.usage import UsageError, only_known, shown

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
            if not isinstance(failures, Mapping):
                raise UsageError(f"{self._at('providers')}, {name}", f"expected a mapping, got {shown(failures)}")
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
