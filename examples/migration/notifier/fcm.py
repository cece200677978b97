"""FCM through its HTTP v1 API, with a service account."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from notifier.google_token import GoogleToken
from notifier.push import Push
from notifier.result import Result, retry_after

Message = dict[str, Any]
RATE_WAIT = 60.0
"""Seconds to wait after QUOTA_EXCEEDED without a Retry-After (Firebase's page of error codes)."""


def as_notification(push: Push) -> Message:
    """Return a message that Android shows by itself while the app is in the background."""
    android = {**_android(push), "notification": {"sound": "default"}}
    return {"notification": {"title": push.title, "body": push.text}, "data": dict(push.data), "android": android}


def as_notify_did(push: Push) -> Message:
    """Return the message that Notify makes: data only. For installed apps that read ``twi_body`` and show it."""
    data = {**push.data, "twi_title": push.title, "twi_body": push.text, "twi_sound": "default"}
    return {"data": data, "android": _android(push)}


def _android(push: Push) -> dict[str, Any]:
    return {"priority": "high" if push.urgent else "normal", "ttl": f"{push.ttl}s"}


class Fcm:
    """One Firebase project. ``account`` is the JSON of a service account, ``message`` makes a message of a push."""

    def __init__(
        self,
        account: Mapping[str, str],
        http: httpx.Client,
        message: Callable[[Push], Message] = as_notification,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._url = f"https://fcm.googleapis.com/v1/projects/{account['project_id']}/messages:send"
        self._token = GoogleToken(account, http, now)
        self._http, self._message, self._now = http, message, now

    def send(self, token: str, push: Push) -> Result:
        """Send a push to one registration token."""
        body = {"message": {"token": token, **self._message(push)}}
        try:
            response = self._post(body)
            if response.status_code == 401 and _error_code(response) != "THIRD_PARTY_AUTH_ERROR":
                self._token.discard()
                response = self._post(body)
        except httpx.HTTPStatusError as error:
            return self._no_token(error.response)
        except httpx.TransportError as error:
            return Result("later", type(error).__name__)
        return self._result(response)

    def _post(self, body: Message) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token.get()}"}
        return self._http.post(self._url, json=body, headers=headers)

    def _result(self, response: httpx.Response) -> Result:
        if response.status_code == 200:
            return Result("sent")
        reason = _error_code(response)
        if reason == "UNREGISTERED":
            return Result("gone", reason)
        if response.status_code == 429:
            wait = retry_after(response, self._now)
            return Result("later", reason, RATE_WAIT if wait is None else wait)
        if response.status_code >= 500:
            return Result("later", reason, retry_after(response, self._now))
        return Result("refused", reason)

    def _no_token(self, response: httpx.Response) -> Result:
        reason = f"no access token: {response.status_code}"
        if response.status_code == 429 or response.status_code >= 500:
            return Result("later", reason, retry_after(response, self._now))
        return Result("refused", reason)


def _error_code(response: httpx.Response) -> str:
    """Return FCM's own code if there is one, or Google's status, which is less exact, or the HTTP status."""
    try:
        error = response.json()["error"]
    except (ValueError, KeyError, TypeError):  # a gateway's HTML
        return f"HTTP {response.status_code}"
    codes = (detail["errorCode"] for detail in error.get("details", ()) if "errorCode" in detail)
    return str(next(codes, error.get("status", f"HTTP {response.status_code}")))
