"""Stable pseudonyms: with the same key, the same secret has the same pseudonym, so requests can still be matched."""

from __future__ import annotations

import hmac
import re
from base64 import b64decode, b64encode
from hashlib import sha256

from notify_mock.redaction.leaks import find_leak, is_lone_token
from notify_mock.twilio_api.masking import PLAIN

_SID = re.compile(r"(AC|SK)([0-9a-fA-F]{32})(?![0-9a-fA-F])")
_SID_MARK = "facade00"
"""The first digits of a pseudonym SID; one in 2**32 real SIDs starts with them."""

_PSEUDONYM = re.compile(r"redacted-(?:certificate|private-key|service-account|secret)-[0-9a-f]{24}")
_OPEN_USER = re.compile(r"(?:AC|SK)[\w-]{1,31}", re.ASCII)
_NAME = re.compile(r"[A-Za-z][\w.\[\]-]{0,60}", re.ASCII)
_CACHE_SIZE = 4096

SECRET = frozenset(("Secret", "ApiKey", "Certificate", "PrivateKey"))
"""The parameters of Notify v1 that hold secrets."""

CALLBACK_URL, SHOWN_CALLBACK_URL = "DeliveryCallbackUrl", "delivery_callback_url"
"""The name of the callback URL in requests and in responses."""

_TOKEN = re.compile(r"[?#]")
_USER = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?/{0,2}[^/?#]*@")


def is_pseudonym(value: str) -> bool:
    """Return whether ``value`` is the pseudonym of a secret, with any key."""
    return bool(_PSEUDONYM.fullmatch(value))


def stands_for_pem(value: str) -> bool:
    """Return whether ``value`` is the pseudonym of a certificate or private key in PEM."""
    return is_pseudonym(value) and value.startswith(("redacted-certificate-", "redacted-private-key-"))


def split_token(url: str) -> tuple[str, str]:
    """Return a URL up to its query or fragment, and the query and fragment."""
    found = _TOKEN.search(url)
    return (url[: found.end()], url[found.end() :]) if found else (url, "")


class Pseudonyms:
    """Creates pseudonyms with one ``key``. Existing pseudonyms stay as they are. Thread-safe."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._made: dict[str, str] = {}

    def __repr__(self) -> str:
        return "<Pseudonyms>"

    def secret(self, value: str) -> str:
        """Return ``redacted-secret-0123...`` (or ``-certificate-``, ``-private-key-``, ``-service-account-``); "" stays
        "", since an empty secret has an error of its own."""
        if not value or is_pseudonym(value):
            return value
        return f"redacted-{_kind(value)}-{self._digest(value)}"

    def sids(self, text: str) -> str:
        """Return ``text`` with pseudonyms of the same format for its account and API key SIDs."""
        return _SID.sub(self._sid, text) if "AC" in text or "SK" in text else text

    def parameter(self, name: str, value: str) -> str:
        """Return a parameter's value: as it is for known parameters, unless it looks like a secret."""
        if name not in PLAIN or find_leak(value) or is_lone_token(value):
            return self.secret(value)
        return self.url(value) if name == CALLBACK_URL else self.sids(value)

    def url(self, value: str) -> str:
        """Return a callback URL without its query and fragment, which may hold a token. One with a user is replaced."""
        if _USER.match(value):
            return self.secret(value)
        bare, rest = split_token(value)
        return self.sids(bare) + self.secret(rest)

    def name(self, name: str, value: str) -> str:
        """Return a parameter's name. An odd one is replaced: it may be part of a secret with an unencoded ``&``."""
        if name in PLAIN or name in SECRET:
            return name
        is_plain = value and _NAME.fullmatch(name) and not find_leak(name) and not is_lone_token(name)
        return name if is_plain else self.secret(name)

    def authorization(self, value: str) -> str:
        """An Authorization header that can still be read: ``Basic`` with user and password as pseudonyms."""
        scheme, space, rest = value.partition(" ")
        if scheme.lower() == "bearer" and space:
            return f"Bearer {self.secret(rest)}"
        user, password = basic(value)
        if not user and not password:
            return self.secret(value)
        return "Basic " + b64encode(f"{self.user(user)}:{self.secret(password)}".encode()).decode()

    def user(self, user: str) -> str:
        """Return the user name of a Basic header, as it may be written."""
        return user if _OPEN_USER.fullmatch(user) else self.sids(user) if _SID.fullmatch(user) else self.secret(user)

    def _sid(self, match: re.Match[str]) -> str:
        if match[2].startswith(_SID_MARK):
            return match[0]
        return match[1] + _SID_MARK + self._digest(match[0])

    def _digest(self, value: str) -> str:
        """Return 24 hex digits; cached for short values, since every call contains the same account."""
        made = self._made.get(value)
        if made is None:
            made = hmac.new(self._key, value.encode("utf-8", "surrogatepass"), sha256).hexdigest()[:24]
            if len(value) <= 64 and len(self._made) < _CACHE_SIZE:
                self._made[value] = made
        return made


def basic(value: str) -> tuple[str, str]:
    """Return user and password of a Basic header; two empty strings for any other."""
    scheme, _, rest = value.strip().partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        user, colon, password = b64decode(rest.strip(), validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return (user, password) if colon else ("", "")


def _kind(value: str) -> str:
    if "-----BEGIN" in value:
        return "private-key" if "PRIVATE KEY" in value else "certificate"
    return "service-account" if "service_account" in value else "secret"
