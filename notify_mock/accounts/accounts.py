"""The accounts of an emulator, and the authentication of requests."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from notify_mock.accounts.account import Account, Status
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.errors import AccountNotActive, InvalidUsername, NoCredentials, RestrictedKey, WrongToken

MAX_MADE_UP = 10_000
"""Accounts without records that an open emulator keeps because a request named them."""

_CACHE_SIZE = 1000
_MAX_AUTHORIZATION_LENGTH = 4096
_OPEN_USER = re.compile(r"(?:AC|SK)[\w-]{1,62}", re.ASCII)

_Snapshot = tuple[dict[str, Account], tuple[str, ...], set[tuple[str, str]], bool, str]


class Accounts:
    """The accounts of an emulator, which is either open or strict.

    Open, if no accounts are ``given``: any password is accepted; every ``AC`` user name has an account of its own, and
    every ``SK`` user name belongs to the default account. Strict: only the given accounts and their keys are accepted,
    with the right token.

    Of the accounts that an open emulator makes up, the oldest are forgotten above ``MAX_MADE_UP``, unless
    ``has_records`` is true for them, their status was changed or their token expired.
    """

    def __init__(self, default: Account, given: tuple[Account, ...], has_records: Callable[[str], bool]) -> None:
        self._given, self._is_strict, self._has_records = given or (default,), bool(given), has_records
        self.reset()

    def __repr__(self) -> str:
        return f"<Accounts {'strict' if self.strict else 'open'}: {', '.join(self._known)}>"

    @property
    def default(self) -> Account:
        """The account used where none is named, with its current token."""
        return self._known[self._default_sid]

    def __getitem__(self, sid: str) -> Account:
        return self._known[sid]

    def __iter__(self) -> Iterator[Account]:
        return iter(list(self._known.values()))

    def __contains__(self, sid: object) -> bool:
        return sid in self._known

    def suspend(self, sid: str) -> None:
        """Answer the calls of this account with 403/20005 from now on (inferred)."""
        self._set_status(sid, "suspended")

    def activate(self, sid: str) -> None:
        """Undo ``suspend``."""
        self._set_status(sid, "active")

    def expire(self, sid: str, *, authorization: str | None = None, new_token: str | None = None) -> None:
        """Expire the account's token, and the token in ``authorization``.

        ``new_token`` becomes the account's token. An open emulator also accepts any other token.
        """
        account = self._known.get(sid) or Account(sid, "")
        scheme, _, rest = (authorization or "").strip().partition(" ")
        used = _basic(rest) if scheme.lower() == "basic" else ("bearer", rest)
        self._authenticated.clear()
        self._made_up.pop(sid, None)
        self._expired |= {used, (sid, account.auth_token)}
        if new_token is not None:
            self._expired.discard((sid, new_token))
            self._known[sid] = replace(account, auth_token=new_token)

    def identify(self, authorization: str | None) -> Account:
        """Return the account of an Authorization header. Raises ``TwilioError`` if it is not accepted."""
        account = self._known.get(self._authenticated.get(authorization or "", ""))
        if account is None:
            account = self._identify(authorization)
            if len(self._authenticated) >= _CACHE_SIZE:
                self._authenticated.clear()
            self._authenticated[authorization or ""] = account.sid
        return account

    def is_new(self, authorization: str | None) -> bool:
        """Return whether ``identify`` would make up an account for this header."""
        if self.strict or self._authenticated.get(authorization or "", "") in self._known:
            return False
        scheme, _, rest = (authorization or "").strip().partition(" ")
        try:
            user = _basic(rest)[0] if scheme.lower() == "basic" else ""
        except InvalidUsername:
            return False
        return user not in self._known and user.startswith("AC")

    def _identify(self, authorization: str | None) -> Account:
        if not authorization or not authorization.strip():
            raise NoCredentials("no Authorization header")
        if len(authorization) > _MAX_AUTHORIZATION_LENGTH:
            raise InvalidUsername(f"the Authorization header is longer than {_MAX_AUTHORIZATION_LENGTH} characters")
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
        self._made_up[user] = None
        self._make_room()
        return account

    def _make_room(self) -> None:
        """Forget the oldest account that was made up. One with records gets another turn; two tries are enough, as
        every call adds one account at most."""
        for _ in range(2):
            if len(self._made_up) <= MAX_MADE_UP:
                return
            oldest, _ = self._made_up.popitem(last=False)
            if self._has_records(oldest):
                self._made_up[oldest] = None
            else:
                del self._known[oldest]

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
        self._made_up.pop(sid, None)
        self._authenticated.clear()

    @property
    def expired(self) -> list[tuple[str, str]]:
        """The users and tokens that have expired, sorted."""
        return sorted(self._expired)

    def replace(self, accounts: Sequence[Account], expired: Iterable[tuple[str, str]], *, strict: bool) -> None:
        """Use these accounts until the next reset, the first of them as the default. ``strict``: accept no others."""
        default, *others = accounts
        made_up = () if strict else (one.sid for one in others if one.status == "active" and not one.keys)
        self._fill({account.sid: account for account in accounts}, made_up, expired, strict, default.sid)

    def reset(self) -> None:
        given = {account.sid: account for account in self._given}
        self._fill(given, (), (), self._is_strict, self._given[0].sid)

    def snapshot(self) -> _Snapshot:
        return dict(self._known), tuple(self._made_up), set(self._expired), self.strict, self._default_sid

    def restore(self, kept: _Snapshot) -> None:
        self._fill(*kept)

    def _fill(
        self,
        known: dict[str, Account],
        made_up: Iterable[str],
        expired: Iterable[tuple[str, str]],
        strict: bool,
        default_sid: str,
    ) -> None:
        self._known, self._expired = dict(known), set(expired)
        self.strict, self._default_sid = strict, default_sid
        self._made_up: OrderedDict[str, None] = OrderedDict.fromkeys(made_up)
        self._authenticated: dict[str, str] = {}


def _basic(encoded: str) -> tuple[str, str]:
    try:
        user, colon, password = b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError as error:
        raise InvalidUsername("the Authorization header is not base64 of user:password") from error
    if not colon:
        raise InvalidUsername("the Authorization header has no colon between user and password")
    return user, password
