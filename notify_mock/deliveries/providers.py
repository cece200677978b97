"""The providers behind Twilio, and what a test arranges with them: devices that are gone, throttling, an outage."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from notify_mock.support.clock import Span, span
from notify_mock.support.usage import UsageError, shown

if TYPE_CHECKING:
    from notify_mock.protocol.delivery_errors import Outcome


class Provider:
    """One provider. What is arranged stays until ``recover`` or a reset."""

    def __init__(self, name: str, lock: AbstractContextManager[bool]) -> None:
        self._name, self._lock = name, lock
        self.recover()

    def __repr__(self) -> str:
        return f"<Provider {self._name}{'' if self.busy else ': as usual'}>"

    def unregister(self, address: str) -> None:
        """The app was removed from the device: deliveries to this token fail from now on."""
        self._arrange(self._unregistered, address, "address")

    def register(self, address: str) -> None:
        """The device is there again."""
        with self._lock:
            self._unregistered.discard(address)
            self._throttled.discard(address)

    def throttle(self, address: str | None = None) -> None:
        """Deliveries to this address, or all, are too many."""
        if address is None:
            with self._lock:
                self._all_throttled = self.busy = True
        else:
            self._arrange(self._throttled, address, "address")

    def revoke(self, credential: Any) -> None:
        """The provider takes the credential (its sid, or what has one) no longer."""
        self._arrange(self._revoked, getattr(credential, "sid", credential), "credential")

    def go_down(self) -> None:
        """Every delivery fails."""
        with self._lock:
            self._is_down = self.busy = True

    def slow_down(self, by: Span) -> None:
        """The provider takes so long to answer; a notification whose Ttl is over by then has expired."""
        with self._lock:
            self.pause = span(by, f"providers.{self._name}")
            self.busy = True

    def recover(self) -> None:
        """All is as usual again."""
        with self._lock:
            self._unregistered: set[str] = set()
            self._throttled: set[str] = set()
            self._revoked: set[str] = set()
            self._all_throttled = self._is_down = False
            self.pause = 0.0
            self.busy = False

    def outcome(self, address: str, credential_sid: str | None) -> Outcome | None:
        """What becomes of a delivery, None when it is sent."""
        if self._is_down:
            return "down"
        if credential_sid in self._revoked:
            return "revoked"
        if address in self._unregistered:
            return "unregistered"
        return "throttled" if self._all_throttled or address in self._throttled else None

    def snapshot(self) -> tuple[Any, ...]:
        sets = (set(self._unregistered), set(self._throttled), set(self._revoked))
        return *sets, self._all_throttled, self._is_down, self.pause, self.busy

    def restore(self, kept: tuple[Any, ...]) -> None:
        unregistered, throttled, revoked, self._all_throttled, self._is_down, self.pause, self.busy = kept
        self._unregistered, self._throttled, self._revoked = set(unregistered), set(throttled), set(revoked)

    def _arrange(self, where: set[str], value: Any, what: str) -> None:
        if not isinstance(value, str) or not value:
            raise UsageError(f"providers.{self._name}", f"{shown(value)} is no {what}", "give a text")
        with self._lock:
            where.add(value)
            self.busy = True


class Providers:
    """``apns``, ``fcm``, ``gcm`` and ``sms``."""

    def __init__(self, lock: AbstractContextManager[bool]) -> None:
        self.apns = Provider("apns", lock)
        self.fcm = Provider("fcm", lock)
        self.gcm = Provider("gcm", lock)
        self.sms = Provider("sms", lock)
        self._by_channel = {"apn": self.apns, "fcm": self.fcm, "gcm": self.gcm, "sms": self.sms}

    def __getitem__(self, channel: str) -> Provider:
        return self._by_channel[channel]

    def reset(self) -> None:
        for provider in self._by_channel.values():
            provider.recover()

    def snapshot(self) -> dict[str, tuple[Any, ...]]:
        return {channel: provider.snapshot() for channel, provider in self._by_channel.items()}

    def restore(self, kept: dict[str, tuple[Any, ...]]) -> None:
        for channel, provider in self._by_channel.items():
            provider.restore(kept[channel])
