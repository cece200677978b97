"""What a phone shows of a push, whoever sent it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shown:
    """What the user reads, what the app gets, and how the provider was told to handle the push."""

    title: str
    text: str
    data: Mapping[str, str]
    sound: str
    urgent: bool
    seconds: int
    """For how long the provider tries to reach the phone."""


def on_iphone(payload: Mapping[str, Any], headers: Mapping[str, str], now: float) -> Shown:
    """iOS shows ``aps.alert``. The app gets what is next to ``aps``."""
    aps = payload["aps"]
    assert headers["apns-push-type"] == "alert"
    return Shown(
        title=aps["alert"]["title"],
        text=aps["alert"]["body"],
        data={key: value for key, value in payload.items() if key != "aps"},
        sound=aps["sound"],
        urgent={"10": True, "5": False}[headers["apns-priority"]],
        seconds=int(headers["apns-expiration"]) - int(now),
    )


def on_android(message: Mapping[str, Any]) -> Shown:
    """Android shows a ``notification``. Without one, the app gets the data, and shows ``twi_body``."""
    android, data = message["android"], dict(message["data"])
    if "notification" in message:
        title, text = message["notification"]["title"], message["notification"]["body"]
        sound = android["notification"]["sound"]
    else:
        title, text, sound = (data.pop(f"twi_{name}") for name in ("title", "body", "sound"))
    urgent = {"high": True, "normal": False}[android["priority"]]
    return Shown(title, text, data, sound, urgent, int(android["ttl"].removesuffix("s")))
