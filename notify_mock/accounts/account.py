"""An account and its API keys, and the option that lists accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from notify_mock.support.usage import UsageError, shown

Status = Literal["active", "suspended", "closed"]

_SID = re.compile(r"AC[0-9a-fA-F]{32}")
_KEY_SID = re.compile(r"SK[0-9a-fA-F]{32}")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """An API key (``SK...``). A ``restricted`` key has no permission for Notify (401/70051, observed)."""

    secret: str = field(repr=False)
    restricted: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """A Twilio account. ``keys`` maps ``SK`` SIDs to their ``ApiKey``."""

    sid: str
    auth_token: str = field(repr=False)
    status: Status = "active"
    keys: Mapping[str, ApiKey] = field(default_factory=dict)


AccountsOption = Mapping[str, str] | Iterable[Account | str]
"""``{"AC...": "token"}``, or a list of ``Account`` objects and ``"AC...:token"`` texts."""


def read_accounts(given: AccountsOption) -> tuple[Account, ...]:
    """Return the accounts in an ``accounts`` option. Raises ``UsageError``, whose text never contains a token."""
    if isinstance(given, str):
        given = [given]
    __tracebackhide__ = True
    if not isinstance(given, Iterable):
        raise UsageError("accounts", 'expected a mapping such as {"AC...": "token"}, got ' + shown(given))
    items = [Account(sid, token) for sid, token in given.items()] if isinstance(given, Mapping) else list(given)
    accounts = tuple(_read_account(item, f"accounts[{number}]") for number, item in enumerate(items))
    if not accounts:
        raise UsageError("accounts", "no account given", "leave the option out to accept every account")
    for sid in (account.sid for account in accounts):
        if sum(account.sid == sid for account in accounts) > 1:
            raise UsageError("accounts", f"{sid} is given twice")
    return accounts


def _read_account(item: Account | str, where: str) -> Account:
    if isinstance(item, str):
        sid, _, token = item.partition(":")
        item = Account(sid, token)
    if not isinstance(item, Account):
        raise UsageError(where, f'expected "AC...:token" or an Account, got a {type(item).__name__}')
    __tracebackhide__ = True
    if not isinstance(item.sid, str) or not _SID.fullmatch(item.sid):
        wrong = f"{_beginning(item.sid)} is not an account SID (expected AC followed by 32 hex digits)"
        raise UsageError(where, wrong, "write an account as SID:token")
    if not isinstance(item.auth_token, str) or not item.auth_token:
        raise UsageError(where, f"{item.sid} has no auth token", f"write {item.sid}:token")
    if item.status not in get_args(Status):
        expected = f"expected one of: {', '.join(get_args(Status))}"
        raise UsageError(where, f"{shown(item.status)} is not an account status", expected)
    if not isinstance(item.keys, Mapping):
        raise UsageError(where, "keys is not a mapping", "expected {SID: ApiKey(secret)}")
    for sid, key in item.keys.items():
        if not isinstance(sid, str) or not _KEY_SID.fullmatch(sid) or not isinstance(key, ApiKey):
            remedy = "expected SK followed by 32 hex digits, mapped to an ApiKey(secret)"
            raise UsageError(where, "keys has an invalid entry", remedy)
    return item


def _beginning(sid: object) -> str:
    """Return the beginning of a SID. The rest is not shown, because it may be a misplaced token."""
    return shown(f"{sid[:6]}..." if isinstance(sid, str) and len(sid) > 8 else sid)
