"""The providers behind Twilio, and the failures that a test simulates: unregistered devices, throttling, outages."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from notify_mock.deliveries.apn import App, one_spelling, read_app
from notify_mock.support.clock import Span, span
from notify_mock.support.usage import UsageError, nearest, shown

if TYPE_CHECKING:
    from notify_mock.twilio_api.delivery_errors import Outcome


PROVIDERS = ("apns", "fcm", "gcm", "sms")

_NORMAL: Mapping[str, Any] = {
    "unregistered": [],
    "unregistered_ios": [],
    "registered": {},
    "throttled": [],
    "revoked": [],
    "down": False,
    "delay": 0.0,
}
"""The description of a provider that works."""

_ONLY_FOR = {"unregistered_ios": "fcm", "registered": "apns"}
"""What only one provider can simulate."""


class Provider:
    """One provider. Simulated failures last until ``recover`` or a reset. ``apps`` says what device tokens are for."""

    __slots__ = (
        "_all_throttled",
        "_ios",
        "_is_down",
        "_lock",
        "_name",
        "_revoked",
        "_throttled",
        "_unregistered",
        "apps",
        "busy",
        "pause",
    )
    """So that a misspelt attribute is an error."""

    def __init__(self, name: str, lock: AbstractContextManager[bool]) -> None:
        self._name, self._lock = name, lock
        self.recover()

    def __repr__(self) -> str:
        return f"<Provider {self._name}{'' if self.busy else ': normal'}>"

    def unregister(self, address: str, *, ios: bool = False) -> None:
        """Simulate that the app was removed from the device: deliveries to this token fail, and Twilio deletes or
        disables their bindings.

        With ``ios``, the token is that of an iOS device which FCM reaches through APNs.
        """
        if ios:
            self._check_can("unregistered_ios", "ios=True")
        address = self._read_address(address)
        with self._lock:
            self._arrange(self._unregistered, address)
            (self._ios.add if ios else self._ios.discard)(address)

    def register(self, address: str, *, topic: str | None = None, sandbox: bool | None = None) -> None:
        """Undo ``unregister`` and ``throttle`` for this address.

        For APNs, ``topic`` (a bundle ID) and ``sandbox`` say which app and environment the token is for. Deliveries
        with a credential for another one fail. Without them, every credential will do.
        """
        app = read_app({"topic": topic, "sandbox": sandbox}, f"providers.{self._name}")
        if app != App():
            self._check_can("registered", "topic and sandbox")
        address = self._read_address(address)
        with self._lock:
            for addresses in (self._unregistered, self._ios, self._throttled):
                addresses.discard(address)
            self.apps.pop(address, None)
            if app != App():
                self.apps[address] = app
                self.busy = True

    def throttle(self, address: str | None = None) -> None:
        """Throttle the deliveries to this address (None: all addresses)."""
        if address is None:
            with self._lock:
                self._all_throttled = self.busy = True
        else:
            self._arrange(self._throttled, self._read_address(address))

    def revoke(self, credential: Any) -> None:
        """Reject deliveries with this credential (its SID, or an object with a ``sid``)."""
        sid = getattr(credential, "sid", credential)
        self._check_text(sid, "a credential or its SID")
        self._arrange(self._revoked, sid)

    def go_down(self) -> None:
        """Simulate an outage: every delivery fails."""
        with self._lock:
            self._is_down = self.busy = True

    def slow_down(self, by: Span) -> None:
        """Delay the provider's responses. A notification whose Ttl is shorter than that expires."""
        with self._lock:
            self.pause = span(by, f"providers.{self._name}")
            self.busy = True

    def recover(self) -> None:
        """End all simulated failures."""
        with self._lock:
            self._unregistered: set[str] = set()
            self._ios: set[str] = set()
            self.apps: dict[str, App] = {}
            self._throttled: set[str] = set()
            self._revoked: set[str] = set()
            self._all_throttled = self._is_down = False
            self.pause = 0.0
            self.busy = False

    def describe(self) -> dict[str, Any]:
        """Return the simulated failures as JSON data: the unregistered and throttled addresses (True: all), the apps of
        device tokens, the revoked credentials, whether it is down, and its delay in seconds."""
        with self._lock:
            shown = {
                "unregistered": sorted(self._unregistered - self._ios),
                "unregistered_ios": sorted(self._ios),
                "registered": {address: app._asdict() for address, app in sorted(self.apps.items())},
                "throttled": True if self._all_throttled else sorted(self._throttled),
                "revoked": sorted(self._revoked),
                "down": self._is_down,
                "delay": self.pause,
            }
        return {key: value for key, value in shown.items() if _ONLY_FOR.get(key, self._name) == self._name}

    def change(self, given: Mapping[str, Any]) -> None:
        """Replace the failures that ``given`` has, written as in ``describe``.

        Raises ``UsageError`` that names the key, without changing anything.
        """
        new = {key: self._spelled(key, _read_failure(key, value)) for key, value in given.items()}
        for key in new:
            self._check_can(key, key)
        with self._lock:
            others = new.get("unregistered", self._unregistered - self._ios)
            self._ios = new.get("unregistered_ios", self._ios)
            self._unregistered = others | self._ios
            self.apps = new.get("registered", self.apps)
            self._revoked = new.get("revoked", self._revoked)
            self._is_down = new.get("down", self._is_down)
            self.pause = new.get("delay", self.pause)
            if "throttled" in new:
                throttled = new["throttled"]
                self._all_throttled = throttled is True
                self._throttled = set() if isinstance(throttled, bool) else throttled
            self.busy = any(value != _NORMAL[key] for key, value in Provider.describe(self).items())

    def outcome(self, address: str, credential_sid: str | None) -> Outcome | None:
        """Return how a delivery fails, or None if it is sent."""
        if self._is_down:
            return "down"
        if credential_sid in self._revoked:
            return "revoked"
        address = self._same(address)
        if address in self._unregistered:
            return "unregistered"
        return "throttled" if self._all_throttled or address in self._throttled else None

    def is_ios(self, address: str) -> bool:
        """Whether the address is an unregistered token of an iOS device that FCM reaches through APNs."""
        return address in self._ios

    def app_of(self, address: str) -> App | None:
        """Return the app that the device token is for, or None if it is not known."""
        return self.apps.get(self._same(address)) if self.apps else None

    def snapshot(self) -> tuple[Any, ...]:
        sets = (set(self._unregistered), set(self._ios), set(self._throttled), set(self._revoked))
        return *sets, dict(self.apps), self._all_throttled, self._is_down, self.pause, self.busy

    def restore(self, kept: tuple[Any, ...]) -> None:
        *sets, apps, self._all_throttled, self._is_down, self.pause, self.busy = kept
        self._unregistered, self._ios, self._throttled, self._revoked = map(set, sets)
        self.apps = dict(apps)

    def _same(self, address: str) -> str:
        """Return the spelling in which an address is kept: the device tokens of APNs have several."""
        return one_spelling(address) if self._name == "apns" else address

    def _read_address(self, address: str) -> str:
        self._check_text(address, "an address")
        return self._same(address)

    def _spelled(self, key: str, failure: Any) -> Any:
        """Return what ``_read_failure`` has read, with each address in the spelling in which it is kept."""
        if key == "registered":
            return {self._same(address): app for address, app in failure.items()}
        return {self._same(one) for one in failure} if isinstance(failure, set) else failure

    def _arrange(self, where: set[str], value: str) -> None:
        with self._lock:
            where.add(value)
            self.busy = True

    def _check_text(self, value: Any, what: str) -> None:
        if not isinstance(value, str) or not value:
            raise UsageError(f"providers.{self._name}", f"expected {what}, got {shown(value)}")

    def _check_can(self, key: str, what: str) -> None:
        only = _ONLY_FOR.get(key, self._name)
        if only != self._name:
            raise UsageError(f"providers.{self._name}", f"{what} is possible for {only} only")


class Fcm(Provider):
    """FCM. It decides about legacy server keys, those of gcm credentials included."""

    __slots__ = ("_accepts_at_start", "_accepts_legacy")

    def __init__(self, lock: AbstractContextManager[bool], *, accept_legacy: bool = False) -> None:
        self._accepts_at_start = accept_legacy
        super().__init__("fcm", lock)

    @property
    def accept_legacy(self) -> bool:
        """Whether legacy server keys work after 20 June 2024, too. ``recover`` and a reset restore the option
        ``legacy_fcm``."""
        return self._accepts_legacy

    @accept_legacy.setter
    def accept_legacy(self, value: bool) -> None:
        accepts = _read_switch("providers.fcm.accept_legacy", value)
        with self._lock:
            self._accepts_legacy = accepts

    def recover(self) -> None:
        """End all simulated failures."""
        with self._lock:
            super().recover()
            self._accepts_legacy = self._accepts_at_start

    def describe(self) -> dict[str, Any]:
        """Return the simulated failures as JSON data, and ``accept_legacy``."""
        return {**super().describe(), "accept_legacy": self._accepts_legacy}

    def change(self, given: Mapping[str, Any]) -> None:
        """Replace what ``given`` has, written as in ``describe``. Raises like ``Provider.change``."""
        accepts = _read_switch("accept_legacy", given.get("accept_legacy", self._accepts_legacy))
        super().change({key: value for key, value in given.items() if key != "accept_legacy"})
        with self._lock:
            self._accepts_legacy = accepts

    def snapshot(self) -> tuple[Any, ...]:
        return self._accepts_legacy, *super().snapshot()

    def restore(self, kept: tuple[Any, ...]) -> None:
        self._accepts_legacy = kept[0]
        super().restore(kept[1:])


class Providers:
    """``apns``, ``fcm``, ``gcm`` and ``sms``. ``legacy_fcm``: FCM accepts legacy server keys at the start."""

    __slots__ = ("_by_channel", "apns", "by_name", "fcm", "gcm", "sms")

    def __init__(self, lock: AbstractContextManager[bool], *, legacy_fcm: bool = False) -> None:
        self.apns, self.gcm, self.sms = Provider("apns", lock), Provider("gcm", lock), Provider("sms", lock)
        self.fcm = Fcm(lock, accept_legacy=legacy_fcm)
        self.by_name: Mapping[str, Provider] = {name: getattr(self, name) for name in PROVIDERS}
        self._by_channel: Mapping[str, Provider] = {"apn": self.apns, "fcm": self.fcm, "gcm": self.gcm, "sms": self.sms}

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


def _read_switch(where: str, value: object) -> bool:
    if not isinstance(value, bool):
        raise UsageError(where, f"expected true or false, got {shown(value)}")
    return value


def _read_failure(key: str, value: Any) -> Any:
    """Return a set of texts, a bool or a number of seconds. Raises ``UsageError`` that names the key."""
    if key not in _NORMAL:
        hint = "only fcm has it, for gcm too" if key == "accept_legacy" else nearest(key, _NORMAL)
        raise UsageError(key, "unknown key", hint)
    if key == "delay":
        return span(value, key)
    if key == "registered" and isinstance(value, Mapping) and all(isinstance(one, str) and one for one in value):
        return {address: read_app(app, f"{key}, {address}") for address, app in value.items()}
    if isinstance(value, bool) and key in ("down", "throttled"):
        return value
    is_list = isinstance(value, list) and all(isinstance(one, str) and one for one in value)
    if is_list and key not in ("down", "registered"):
        return set(value)
    expected = {
        "down": "true or false",
        "throttled": "a list of addresses, true or false",
        "registered": "addresses, each with a topic and sandbox",
    }
    raise UsageError(key, f"expected {expected.get(key, 'a list of non-empty text')}, got {shown(value)}")
