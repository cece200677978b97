"""The accounts of an emulator, and the authentication of requests."""

from __future__ import annotations

import re
from base64 import b64decode
from dataclasses import replace

from notify_mock.accounts.account import Account, Status
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.errors import AccountNotActive, InvalidUsername, NoCredentials, RestrictedKey, WrongToken

_CACHE_SIZE = 1000
_OPEN_USER = re.compile(r"(?:AC|SK)[\w-]{1,62}", re.ASCII)


class Accounts:
    """The accounts of an emulator, which is either open or strict.

    Open, if no accounts are ``given``: any password is accepted; every ``AC`` user name has an account of its own, and
    every ``SK`` user name belongs to the default account. Strict: only the given accounts and their keys are accepted,
    with the right token.
    """

    def __init__(self, default: Account, given: tuple[Account, ...] = ()) -> None:
        self.strict = bool(given)
        self._given = given or (default,)
        self.reset()

    def __repr__(self) -> str:
        return f"<Accounts {'strict' if self.strict else 'open'}: {', '.join(self._known)}>"

    @property
    def default(self) -> Account:
        """The account used where none is named, with its current token."""
        return self._known[self._given[0].sid]

    def __getitem__(self, sid: str) -> Account:
        return self._known[sid]

    def __contains__(self, sid: object) -> bool:
        return sid in self._known

    def suspend(self, sid: str) -> None:
        """Answer the calls of this account with 403/20005 from now on (inferred)."""
        self._set_status(sid, "suspended")

    def activate(self, sid: str) -> None:
        self._set_status(sid, "active")

    def expire(self, sid: str, *, authorization: str | None = None, new_token: str | None = None) -> None:
        """Expire the account's token, and the token in ``authorization``.

        ``new_token`` becomes the account's token. An open emulator also accepts any other token.
        """
        account = self._known.get(sid) or Account(sid, "")
        scheme, _, rest = (authorization or "").strip().partition(" ")
        used = _basic(rest) if scheme.lower() == "basic" else ("bearer", rest)
        self._authenticated.clear()
        self._expired |= {used, (sid, account.auth_token)}
        if new_token is not None:
            self._expired.discard((sid, new_token))
            self._known[sid] = replace(account, auth_token=new_token)

    def identify(self, authorization: str | None) -> Account:
        """Return the account of an Authorization header. Raises ``TwilioError`` if it is not accepted."""
        known = self._authenticated.get(authorization or "")
        if known is None:
            known = self._identify(authorization)
            if len(self._authenticated) < _CACHE_SIZE:
                self._authenticated[authorization or ""] = known
        return known

    def _identify(self, authorization: str | None) -> Account:
        if not authorization or not authorization.strip():
            raise NoCredentials("no Authorization header")
        scheme, _, rest = authorization.strip().partition(" ")
        if scheme.lower() == "bearer" and not self.strict:
            if ("bearer", rest) in self._expired:
                raise WrongToken("the bearer token has expired")
            return self._active(self.default)
        if scheme.lower() != "basic":
            raise InvalidUsername("the Authorization header is not Basic")
        user, password = _basic(rest)
        if (user, password) in self._expired:
            raise WrongToken(f"the token of {user} has expired")
        return self._active(self._strict(user, password) if self.strict else self._open(user, password))

    def _open(self, user: str, password: str) -> Account:
        account = self._known.get(user)
        if account is not None:
            return account
        if not _OPEN_USER.fullmatch(user):
            raise InvalidUsername("the user name must begin with AC or SK")
        if user.startswith("SK"):
            return self.default
        account = self._known[user] = Account(user, password)
        return account

    def _strict(self, user: str, password: str) -> Account:
        account = self._known.get(user)
        if account is not None:
            if password != account.auth_token:
                raise WrongToken(f"wrong auth token for {user}")
            return account
        for account in self._known.values():
            key = account.keys.get(user)
            if key is not None:
                if password != key.secret:
                    raise WrongToken(f"wrong secret for {user}")
                if key.restricted:
                    raise RestrictedKey(f"{user} is restricted")
                return account
        raise InvalidUsername("unknown account or key; expected one of: " + ", ".join(self._known))

    @staticmethod
    def _active(account: Account) -> Account:
        if account.status != "active":
            raise AccountNotActive(f"{account.sid} is {account.status}")
        return account

    def _set_status(self, sid: str, status: Status) -> None:
        account = self._known.get(sid)
        if account is None:
            if self.strict or not isinstance(sid, str) or not _OPEN_USER.fullmatch(sid):
                raise UsageError(
                    "accounts", f"unknown account {shown(sid)}", f"expected one of: {', '.join(self._known)}"
                )
            account = Account(sid, "")
        self._known[sid] = replace(account, status=status)
        self._authenticated.clear()

    def reset(self) -> None:
        self._known = {account.sid: account for account in self._given}
        self._expired: set[tuple[str, str]] = set()
        self._authenticated: dict[str, Account] = {}

    def snapshot(self) -> tuple[dict[str, Account], set[tuple[str, str]]]:
        return dict(self._known), set(self._expired)

    def restore(self, kept: tuple[dict[str, Account], set[tuple[str, str]]]) -> None:
        known, expired = kept
        self._known, self._expired = dict(known), set(expired)
        self._authenticated.clear()


def _basic(encoded: str) -> tuple[str, str]:
    try:
        user, colon, password = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError as error:
        raise InvalidUsername("the Authorization header is not base64 of user:password") from error
    if not colon:
        raise InvalidUsername("the Authorization header has no colon between user and password")
    return user, password
