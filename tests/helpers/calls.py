"""Call an emulator directly, without a client library."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from urllib.parse import urlencode

from notify_mock import Answer, Emulator
from notify_mock.twilio_api.messages import read


def basic(user: str, password: str) -> str:
    return "Basic " + b64encode(f"{user}:{password}".encode()).decode()


def ask(emulator: Emulator, method: str, target: str, host: str = "notify.twilio.com", **parameters: Any) -> Answer:
    """Return the response to a call of the default account. A list repeats its parameter."""
    headers = {"authorization": basic(*emulator.auth), "content-type": "application/x-www-form-urlencoded"}
    body = urlencode(parameters, doseq=True).encode()
    return emulator.handle(read(method, target, host=host, headers=headers, body=body, scheme="https"))
