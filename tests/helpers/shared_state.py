"""Emulators that share a state, one step at a time."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from harden.valkey import Valkey
from helpers.calls import basic
from notify_mock import Answer, Emulator
from notify_mock.command_log.follower import Follower
from notify_mock.command_log.log import CommandLog
from notify_mock.command_log.stores.shared import ValkeyStore
from notify_mock.twilio_api.messages import read

PATH = "/v1/Credentials"


def log_of(emulator: Emulator) -> CommandLog:
    assert emulator._log is not None
    return emulator._log


def store_of(emulator: Emulator) -> ValkeyStore:
    return cast(ValkeyStore, log_of(emulator)._store)


def stop_following(emulator: Emulator) -> Follower:
    """Apply nothing of others by itself any more, and renew no lease, like a process that hangs."""
    follower = log_of(emulator).follower
    assert isinstance(follower, Follower)
    follower.stop()
    return follower


def call(emulator: Emulator, method: str = "GET", path: str = PATH, position: str = "", **form: str) -> Answer:
    headers = {"authorization": basic(*emulator.auth), "content-type": "application/x-www-form-urlencoded"}
    if position:
        headers["x-notify-mock-position"] = position
    body = urlencode(form).encode()
    return emulator.handle(read(method, path, host="notify.twilio.com", headers=headers, body=body, scheme="https"))


def create(emulator: Emulator, name: str, position: str = "") -> Answer:
    return call(emulator, "POST", PATH, position, Type="fcm", Secret="a-secret", FriendlyName=name)


def names(emulator: Emulator) -> list[str]:
    """Return the names of the stored credentials, without a call."""
    return [one.friendly_name for one in emulator.credentials.values()]


def header(answer: Answer, name: str) -> str | None:
    return dict(answer.headers).get(name)


def key(name: str, part: str) -> str:
    """Return a key of the store."""
    return f"notify-mock:{{{name}}}:{part}"


def end_lease(valkey: Valkey, emulator: Emulator, name: str = "default") -> None:
    """Let the lease of a server be over."""
    valkey.ask("ZADD", key(name, "leases"), "1", store_of(emulator).server)


def facts(valkey: Valkey, name: str, field: str) -> Any:
    return valkey.ask("HGET", key(name, "facts"), field)
