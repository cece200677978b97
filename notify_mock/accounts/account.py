"""An account and its API keys, and the options that name accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from notify_mock.support.ids import Sids
from notify_mock.support.usage import UsageError, shown

Status = Literal["active", "suspended", "closed"]

_ANY_SID = re.compile(r"AC[\w-]{1,62}", re.ASCII)
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
    accounts = tuple(_read_item(item, f"accounts[{number}]") for number, item in enumerate(items))
    if not accounts:
        raise UsageError("accounts", "no account given", "leave the option out to accept every account")
    for sid in (account.sid for account in accounts):
        if sum(account.sid == sid for account in accounts) > 1:
            raise UsageError("accounts", f"{sid} is given twice")
    return accounts


def read_default_account(given: str | None, accounts: tuple[Account, ...]) -> tuple[str, str]:
    """Return SID and token in a ``default_account`` option, each "" if it is not given. Raises ``UsageError``, whose
    text never contains a token."""
    __tracebackhide__ = True
    if given is None:
        return "", ""
    sid, _, token = given.partition(":") if isinstance(given, str) else (given, "", "")
    if not isinstance(sid, str) or not _ANY_SID.fullmatch(sid):
        wrong = f"{_beginning(sid)} is not an account SID"
        raise UsageError("default_account", wrong, 'expected "AC..." or "AC...:token"')
    if accounts and sid not in [account.sid for account in accounts]:
        raise UsageError("default_account", f"{sid} is not in accounts=", "add it there, or leave default_account out")
    return sid, token


def with_environment(options: Mapping[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    """Return an emulator's ``options`` with the account of the SDKs' variables in ``environ`` as its default account.

    Unchanged if the options name an account, or the variables don't. An emulator itself never looks at the environment:
    the same options always have the same result. TWILIO_API_KEY is not needed: every key acts for the default account.
    """
    sid, token = environ.get("TWILIO_ACCOUNT_SID", ""), environ.get("TWILIO_AUTH_TOKEN", "")
    return with_account(options, sid, token) if _ANY_SID.fullmatch(sid) else dict(options)


def with_account(options: Mapping[str, Any], sid: str, token: str) -> dict[str, Any]:
    """Return an emulator's ``options`` with this account as its default account, unless they name one."""
    is_named = options.get("accounts") is not None or options.get("default_account") is not None
    return dict(options) if is_named else {**options, "default_account": f"{sid}:{token}"}


def generate_account(sids: Sids) -> tuple[str, str]:
    """Return SID and token of the account that an emulator has if none is named."""
    return "AC" + sids.hex("account"), sids.hex("auth token")


def _read_item(item: Account | str, where: str) -> Account:
    __tracebackhide__ = True
    if isinstance(item, str):
        sid, _, token = item.partition(":")
        item = Account(sid, token)
    if not isinstance(item, Account):
        raise UsageError(where, f'expected "AC...:token" or an Account, got a {type(item).__name__}')
    return read_account(item, where)


def read_account(item: Account, where: str, *, strict: bool = True) -> Account:
    """Return the account if it is valid. Without ``strict``, its SID may be any that an open emulator accepts, and it
    needs no token. Raises ``UsageError``, whose text never contains a token."""
    __tracebackhide__ = True
    if not strict and isinstance(item.sid, str) and _ANY_SID.fullmatch(item.sid):
        pass
    elif not isinstance(item.sid, str) or not _SID.fullmatch(item.sid):
        wrong = f"{_beginning(item.sid)} is not an account SID (expected AC followed by 32 hex digits)"
        raise UsageError(where, wrong, "write an account as SID:token")
    if not isinstance(item.auth_token, str) or (strict and not item.auth_token):
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
