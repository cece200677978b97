"""What the application knows of pushes: a push, a device, and the gateway that reaches devices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

Channel = Literal["apn", "fcm"]


@dataclass(frozen=True)
class Push:
    """One push. ``ttl`` is for how many seconds the provider tries to reach a phone that is off."""

    title: str
    text: str
    data: Mapping[str, str] = field(default_factory=dict)
    urgent: bool = True
    ttl: int = 24 * 60 * 60


@dataclass(frozen=True)
class Device:
    """The app on one phone. ``id`` stays the same when the phone gets a new token or another user signs in."""

    id: str
    user: str
    channel: Channel
    token: str
    tags: frozenset[str] = frozenset()


class PushGateway(Protocol):
    """All that the application needs. A push to a user without devices is not an error."""

    def register(self, device: Device) -> None:
        """Add a device, in place of the one with the same id."""

    def forget(self, device: Device) -> None:
        """Remove a device. Removing it twice is not an error."""

    def devices(self, user: str) -> list[Device]:
        """Return the devices of a user."""

    def send_to_user(self, user: str, push: Push) -> None:
        """Send a push to all devices of a user."""

    def send_to_tag(self, tag: str, push: Push) -> None:
        """Send a push to all devices with a tag."""
