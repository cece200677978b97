"""APNs over HTTP/2, with a provider token that is signed with a key of the developer account."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import jwt

from notifier.push import Push
from notifier.result import Result, retry_after

PRODUCTION = "https://api.push.apple.com"
SANDBOX = "https://api.sandbox.push.apple.com"
RENEWAL = 40 * 60
"""Seconds after which a provider token is replaced. Apple: not before 20 minutes, and within 60."""

GONE = {"Unregistered", "ExpiredToken"}
"""Reasons for which a token is removed. BadDeviceToken is none: a token of the sandbox gets it in production, too."""


def client(host: str = PRODUCTION) -> httpx.Client:
    """Return an HTTP client for APNs, which speaks HTTP/2 only. Needs ``pip install 'httpx[http2]'``."""
    return httpx.Client(base_url=host, http1=False, http2=True)


class ApnsKey(NamedTuple):
    """A key from developer.apple.com: the text of the ``.p8`` file, its id, and the id of the team."""

    private_key: str
    key_id: str
    team_id: str


class Apns:
    """One app, by its bundle ID ``topic``."""

    def __init__(self, key: ApnsKey, topic: str, http: httpx.Client, now: Callable[[], float] = time.time) -> None:
        self._key, self._topic, self._http, self._now = key, topic, http, now
        self._token, self._signed_at = "", float("-inf")

    def send(self, token: str, push: Push) -> Result:
        """Send a push to one device token."""
        try:
            response = self._post(token, push)
            if _reason(response) == "ExpiredProviderToken":
                self._signed_at = float("-inf")
                response = self._post(token, push)
        except httpx.TransportError as error:
            return Result("later", type(error).__name__)
        return self._result(response)

    def _post(self, token: str, push: Push) -> httpx.Response:
        return self._http.post(f"/3/device/{token}", json=payload_of(push), headers=self._headers(push))

    def _headers(self, push: Push) -> dict[str, str]:
        return {
            "authorization": f"bearer {self._provider_token()}",
            "apns-expiration": str(int(self._now()) + push.ttl if push.ttl else 0),
            "apns-id": str(uuid4()),
            "apns-priority": "10" if push.urgent else "5",
            "apns-push-type": "alert",
            "apns-topic": self._topic,
        }

    def _provider_token(self) -> str:
        now = self._now()
        if now - self._signed_at >= RENEWAL:
            claims = {"iss": self._key.team_id, "iat": int(now)}
            headers = {"kid": self._key.key_id}
            self._token = jwt.encode(claims, self._key.private_key, algorithm="ES256", headers=headers)
            self._signed_at = now
        return self._token

    def _result(self, response: httpx.Response) -> Result:
        if response.status_code == 200:
            return Result("sent")
        reason = _reason(response)
        if reason in GONE:
            timestamp = response.json().get("timestamp")
            return Result("gone", reason, since=None if timestamp is None else timestamp / 1000)
        if response.status_code == 429 or response.status_code >= 500:
            return Result("later", reason, retry_after(response, self._now))
        return Result("refused", reason)


def payload_of(push: Push) -> dict[str, Any]:
    """Return the payload, which is what Notify makes, too."""
    return {**push.data, "aps": {"alert": {"title": push.title, "body": push.text}, "sound": "default"}}


def _reason(response: httpx.Response) -> str:
    try:
        return str(response.json()["reason"])
    except (ValueError, KeyError, TypeError):  # a 200 has no body
        return f"HTTP {response.status_code}"
