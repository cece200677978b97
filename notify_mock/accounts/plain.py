"""Accounts as plain data, as seed data has them: with tokens, keys and status, and the tokens that have expired."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from notify_mock.accounts.account import Account, ApiKey, read_account
from notify_mock.support.masked_url import MASK
from notify_mock.support.usage import UsageError, only_known, only_texts, shown

_FIELDS = ("sid", "auth_token", "status", "keys")


def write_account(account: Account, *, with_secrets: bool) -> dict[str, Any]:
    """Return an account as plain data, for ``read_plain``."""
    written: dict[str, Any] = {"sid": account.sid, "auth_token": account.auth_token if with_secrets else MASK}
    if account.status != "active":
        written["status"] = account.status
    if account.keys:
        written["keys"] = {
            sid: {"secret": key.secret if with_secrets else MASK} | ({"restricted": True} if key.restricted else {})
            for sid, key in account.keys.items()
        }
    return written


def read_plain(item: Mapping[str, Any], where: str, *, strict: bool) -> Account:
    """Return the account. Without ``strict``, it needs no token. Raises ``UsageError``, which names the key."""
    only_known(where, item, _FIELDS)
    only_texts(where, item, ("sid", "auth_token"))
    keys = item.get("keys") or {}
    if not isinstance(keys, Mapping) or not all(isinstance(key, Mapping) for key in keys.values()):
        raise UsageError(f"{where}.keys", f"expected SIDs of keys, each with its secret, got {shown(keys)}")
    for sid, key in keys.items():
        only_known(f"{where}.keys.{sid}", key, ("secret", "restricted"))
        only_texts(f"{where}.keys.{sid}", key, ("secret",))
    read = {sid: ApiKey(key.get("secret") or "", bool(key.get("restricted"))) for sid, key in keys.items()}
    account = Account(item.get("sid") or "", item.get("auth_token") or "", item.get("status", "active"), read)
    return read_account(account, where, strict=strict)


def read_expired(items: Iterable[tuple[Mapping[str, Any], str]]) -> list[tuple[str, str]]:
    """Return users and their expired tokens. Raises ``UsageError``."""
    expired = []
    for item, where in items:
        only_known(where, item, ("user", "token"))
        for key in ("user", "token"):
            if not isinstance(item.get(key), str):
                raise UsageError(f"{where}.{key}", f"expected text, got {shown(item.get(key))}")
        expired.append((item["user"], item["token"]))
    return expired
