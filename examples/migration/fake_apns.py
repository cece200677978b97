"""A small APNs: provider tokens, headers and the reasons of Apple's documentation. It speaks no HTTP/2."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

import httpx
import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from planned import take_planned

KEY_ID, TEAM_ID, TOPIC = "ABC123DEFG", "DEF123GHIJ", "com.example.parcels"
LIMIT = 4096


class FakeApns:
    """Answers the requests of one app. ``received`` are token, payload and headers of what phones got."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._last_signed = 0
        self.received: list[tuple[str, dict[str, Any], Mapping[str, str]]] = []
        self.unregistered: dict[str, float] = {}
        self.requests: list[httpx.Request] = []
        self.next: list[httpx.Response | Exception] = []
        """What to answer next, in place of what the fake would."""

    @property
    def private_key(self) -> str:
        """The text of the ``.p8`` file."""
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        return self._key.private_bytes(pem, pkcs8, serialization.NoEncryption()).decode()

    def http(self) -> httpx.Client:
        return httpx.Client(base_url="https://api.push.apple.com", transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        planned = take_planned(self.next)
        if planned is not None:
            return planned
        token = request.url.path.removeprefix("/3/device/")
        wrong = self._wrong_authorization(request) or self._wrong_request(request, token)
        if wrong:
            return failed(*wrong)
        if token in self.unregistered:
            return failed(410, "Unregistered", timestamp=int(self.unregistered[token] * 1000))
        self.received.append((token, json.loads(request.content), dict(request.headers)))
        return httpx.Response(200, headers={"apns-id": request.headers["apns-id"]})

    def _wrong_authorization(self, request: httpx.Request) -> tuple[int, str] | None:
        scheme, _, token = request.headers["authorization"].partition(" ")
        try:
            claims = jwt.decode(token, self._key.public_key(), ["ES256"], options={"verify_iat": False})
        except jwt.InvalidTokenError:
            return 403, "InvalidProviderToken"
        known = (scheme, jwt.get_unverified_header(token)["kid"], claims["iss"]) == ("bearer", KEY_ID, TEAM_ID)
        if not known or claims["iat"] > self._now():
            return 403, "InvalidProviderToken"
        if self._now() - claims["iat"] > 60 * 60:
            return 403, "ExpiredProviderToken"
        if 0 < claims["iat"] - self._last_signed < 20 * 60:
            return 429, "TooManyProviderTokenUpdates"
        self._last_signed = claims["iat"]
        return None

    def _wrong_request(self, request: httpx.Request, token: str) -> tuple[int, str] | None:
        headers = request.headers
        UUID(headers["apns-id"])
        checks = (
            (request.method == "POST", 405, "MethodNotAllowed"),
            (re.fullmatch("[0-9a-f]{64}", token), 400, "BadDeviceToken"),
            (headers["apns-topic"] == TOPIC, 400, "TopicDisallowed"),
            (headers["apns-priority"] in ("1", "5", "10"), 400, "BadPriority"),
            (headers["apns-push-type"] == "alert", 400, "InvalidPushType"),
            (headers["apns-expiration"].isdecimal(), 400, "BadExpirationDate"),
            (len(request.content) <= LIMIT, 413, "PayloadTooLarge"),
        )
        return next(((status, reason) for is_right, status, reason in checks if not is_right), None)


def failed(status: int, reason: str, timestamp: int | None = None, retry_after: str = "") -> httpx.Response:
    """Return an error response of APNs. ``timestamp`` is in milliseconds."""
    body = {"reason": reason, **({} if timestamp is None else {"timestamp": timestamp})}
    return httpx.Response(status, json=body, headers={"Retry-After": retry_after} if retry_after else {})
