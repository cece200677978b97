"""A small FCM: Google's token endpoint, and ``messages:send`` with the errors of Firebase's documentation."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from planned import take_planned

LIMIT = 4096
FIELDS = {"token", "notification", "data", "android"}


class FakeFcm:
    """Answers a project's requests. ``received`` are the messages that phones got."""

    def __init__(self, account: Mapping[str, str], now: Callable[[], float]) -> None:
        self._account, self._now = account, now
        self._key = _public_key(account["private_key"])
        self._until: dict[str, float] = {}
        self.received: list[dict[str, Any]] = []
        self.unregistered: set[str] = set()
        self.claims: list[dict[str, Any]] = []
        self.requests: list[httpx.Request] = []
        self.next: list[httpx.Response | Exception] = []
        """What to answer next to a message, in place of what the fake would."""
        self.next_token: list[httpx.Response] = []
        """The same for the token endpoint."""

    def http(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._answer))

    def revoke_tokens(self) -> None:
        self._until.clear()

    def _answer(self, request: httpx.Request) -> httpx.Response:
        assert request.method == "POST"
        if str(request.url) == self._account["token_uri"]:
            return self.next_token.pop(0) if self.next_token else self._give_token(parse_qs(request.content.decode()))
        assert str(request.url) == f"https://fcm.googleapis.com/v1/projects/{self._account['project_id']}/messages:send"
        self.requests.append(request)
        planned = take_planned(self.next)
        if planned is not None:
            return planned
        return self._send(request)

    def _give_token(self, form: dict[str, list[str]]) -> httpx.Response:
        assert form["grant_type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"]
        unchecked: Any = {"verify_exp": False, "verify_iat": False}  # by this machine's clock
        (assertion,) = form["assertion"]
        try:
            claims = jwt.decode(assertion, self._key, ["RS256"], audience=self._account["token_uri"], options=unchecked)
        except jwt.InvalidTokenError as error:
            return httpx.Response(400, json={"error": "invalid_grant", "error_description": str(error)})
        if not claims["iat"] <= self._now() < claims["exp"] <= claims["iat"] + 3600:
            return httpx.Response(400, json={"error": "invalid_grant", "error_description": "iat and exp"})
        self.claims.append({**claims, "kid": jwt.get_unverified_header(assertion)["kid"]})
        token = f"ya29.{len(self.claims)}"
        self._until[token] = self._now() + 3600
        return httpx.Response(200, json={"access_token": token, "expires_in": 3600, "token_type": "Bearer"})

    def _send(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["Authorization"].removeprefix("Bearer ")
        if self._now() >= self._until.get(token, 0):
            return failed(401, "UNAUTHENTICATED")
        message = json.loads(request.content)["message"]
        shown = json.dumps([message.get("data", {}), message.get("notification", {})])
        values = message.get("data", {}).values()
        if set(message) > FIELDS or not all(isinstance(value, str) for value in values) or len(shown) > LIMIT:
            return failed(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT")
        if message["token"] in self.unregistered:
            return failed(404, "NOT_FOUND", "UNREGISTERED")
        self.received.append(message)
        return httpx.Response(200, json={"name": f"projects/p/messages/0:{len(self.received)}"})


def _public_key(private_key: str) -> RSAPublicKey:
    key = load_pem_private_key(private_key.encode(), None)
    assert isinstance(key, RSAPrivateKey)
    return key.public_key()


def failed(status: int, name: str, code: str = "", retry_after: str = "") -> httpx.Response:
    """Return an error response of FCM. ``code`` is in its details."""
    kind = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
    details = [{"@type": kind, "errorCode": code}] if code else []
    error = {"code": status, "message": "...", "status": name, "details": details}
    return httpx.Response(status, json={"error": error}, headers={"Retry-After": retry_after} if retry_after else {})
