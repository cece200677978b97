"""Access tokens of a Google service account. In production, the package google-auth does the same."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import httpx
import jwt

SCOPE = "https://www.googleapis.com/auth/firebase.messaging"
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
HOUR = 60 * 60
MARGIN = 60
"""Seconds before its end at which a token is replaced."""


class GoogleToken:
    """Signs a JWT with the key of the service account, changes it for an access token, and keeps that for its hour."""

    def __init__(self, account: Mapping[str, str], http: httpx.Client, now: Callable[[], float] = time.time) -> None:
        self._account, self._http, self._now = account, http, now
        self._token, self._until = "", 0.0

    def get(self) -> str:
        """Return a valid token. Raises ``httpx.HTTPStatusError`` if Google gives none."""
        if self._now() >= self._until:
            response = self._http.post(
                self._account["token_uri"], data={"grant_type": GRANT, "assertion": self._assertion()}
            )
            response.raise_for_status()
            given = response.json()
            self._token, self._until = given["access_token"], self._now() + given["expires_in"] - MARGIN
        return self._token

    def discard(self) -> None:
        """Forget the token, because Google no longer accepts it."""
        self._until = 0.0

    def _assertion(self) -> str:
        now = int(self._now())
        claims = {
            "iss": self._account["client_email"],
            "scope": SCOPE,
            "aud": self._account["token_uri"],
            "iat": now,
            "exp": now + HOUR,
        }
        headers = {"kid": self._account["private_key_id"]}
        return jwt.encode(claims, self._account["private_key"], algorithm="RS256", headers=headers)
