"""Calls to an emulator without the SDK: for setup, and for measurements that the SDK would slow down."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from notify_mock import Answer, Call, Emulator
from notify_mock.twilio_api.messages import read

HOST = "notify.twilio.com"
LIST = "/v1/Credentials"
LEGACY_KEY_LENGTH = 152
SIGNED = "Basic " + b64encode(f"AC{'0' * 32}:token".encode()).decode()
"""The Authorization header of requests to a server, which accepts any account."""


def call(emulator: Emulator, method: str, target: str, form: Mapping[str, str] | None = None) -> Call:
    """Return the call that a server reads when the default account sends this request."""
    user = ":".join(emulator.auth)
    headers = {"authorization": f"Basic {b64encode(user.encode()).decode()}"}
    body = b""
    if form is not None:
        headers["content-type"] = "application/x-www-form-urlencoded"
        body = urlencode(form).encode()
    return read(method, target, host=HOST, headers=headers, body=body, scheme="https")


def play(emulator: Emulator, method: str, target: str, form: Mapping[str, str] | None = None) -> Answer:
    """Return the response to the request. Raises ``RuntimeError`` for an error response, which must not be measured."""
    answer = emulator.handle(call(emulator, method, target, form))
    if answer.status >= 400:
        raise RuntimeError(f"{method} {target}: {answer.status} {answer.body.decode()}")
    return answer


def payload(answer: Answer) -> dict[str, Any]:
    """Return the parsed JSON of a response."""
    parsed: dict[str, Any] = json.loads(answer.body)
    return parsed


def fcm_form(number: int) -> dict[str, str]:
    """Return the form of an fcm credential with a unique name and a unique key as long as a legacy server key."""
    key = f"AAAA{number:07d}:APA91b".ljust(LEGACY_KEY_LENGTH, "x")
    return {"Type": "fcm", "FriendlyName": f"Android app {number}", "Secret": key}


def create_fcm(emulator: Emulator, number: int) -> str:
    """Create an fcm credential and return its SID."""
    sid: str = payload(play(emulator, "POST", LIST, fcm_form(number)))["sid"]
    return sid
