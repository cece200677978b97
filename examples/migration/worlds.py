"""The worlds that the application's tests run in: with Notify, without it, and in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

from fake_apns import KEY_ID, TEAM_ID, TOPIC, FakeApns
from fake_fcm import FakeFcm
from notifier import PushGateway
from notifier.apns import Apns, ApnsKey
from notifier.callbacks import create_app
from notifier.devices import Devices
from notifier.direct import DirectGateway
from notifier.fcm import Fcm, Message, as_notification, as_notify_did
from notifier.push import Channel, Push
from notifier.result import Provider
from notifier.transition import TransitionGateway
from notifier.twilio_notify import TwilioNotifyGateway
from phone import Shown, on_android, on_iphone

from notify_mock import Delivery, Emulator, apn_pair, fcm_service_account

START = 1_800_000_000.0


@lru_cache(maxsize=1)
def certificate() -> dict[str, Any]:
    """Return a push certificate and its key, made once because that takes longer than a test."""
    made: dict[str, Any] = apn_pair(topic=TOPIC)._asdict()
    return made


class World(Protocol):
    """A gateway and the phones behind it."""

    gateway: PushGateway

    def shown_on(self, token: str) -> list[Shown]:
        """Return what the phone with this token got."""

    def uninstall(self, channel: str, token: str) -> None:
        """Remove the app from a phone."""

    def settle(self) -> None:
        """Let happen what happens after a request: callbacks, retries."""


class NotifyWorld:
    """Twilio Notify, which is the emulator, and the application's route for its callbacks."""

    def __init__(self, emulator: Emulator) -> None:
        apn = emulator.credentials.add(type="apn", **certificate())
        fcm = emulator.credentials.add(type="fcm", secret=fcm_service_account())
        service = emulator.services.add(apn_credential_sid=apn.sid, fcm_credential_sid=fcm.sid)
        self.emulator, self.service_sid = emulator, service.sid
        gateway = TwilioNotifyGateway(emulator.client(), service.sid, "https://app.example/deliveries")
        emulator.callbacks.mount(create_app(gateway, emulator.auth[1]))
        self.gateway: PushGateway = gateway

    def shown_on(self, token: str) -> list[Shown]:
        return [_shown(push) for push in self.emulator.deliveries.find(address=token, state="sent")]

    def uninstall(self, channel: str, token: str) -> None:
        provider = {"apn": self.emulator.providers.apns, "fcm": self.emulator.providers.fcm}[channel]
        provider.unregister(token)

    def settle(self) -> None:
        self.emulator.callbacks.drain()


def _shown(push: Delivery) -> Shown:
    is_iphone = push.channel == "apn"
    return on_iphone(push.payload, push.headers, push.at) if is_iphone else on_android(push.payload["message"])


class Clock:
    """A clock that moves only when it is told to."""

    def __init__(self) -> None:
        self.time = START

    def __call__(self) -> float:
        return self.time

    def advance(self, seconds: float) -> None:
        self.time += seconds


class DirectWorld:
    """FCM and APNs, which are fakes, and the application's own devices."""

    def __init__(self, message: Callable[[Push], Message] = as_notification) -> None:
        self.clock = Clock()
        account = json.loads(fcm_service_account())
        self.fcm, self.apns = FakeFcm(account, self.clock), FakeApns(self.clock)
        self.devices = Devices(now=self.clock)
        key = ApnsKey(self.apns.private_key, KEY_ID, TEAM_ID)
        self._clients = self.fcm.http(), self.apns.http()
        self.providers: dict[Channel, Provider] = {
            "fcm": Fcm(account, self._clients[0], message, self.clock),
            "apn": Apns(key, TOPIC, self._clients[1], self.clock),
        }
        self.direct = DirectGateway(self.devices, self.providers, self.clock)
        self.gateway: PushGateway = self.direct

    def shown_on(self, token: str) -> list[Shown]:
        iphones = [on_iphone(payload, headers, START) for to, payload, headers in self.apns.received if to == token]
        return iphones + [on_android(message) for message in self.fcm.received if message["token"] == token]

    def uninstall(self, channel: str, token: str) -> None:
        if channel == "apn":
            self.apns.unregistered[token] = self.clock()
        else:
            self.fcm.unregistered.add(token)

    def settle(self) -> None:
        while self.direct.next_due is not None:
            self.clock.advance(max(0.0, self.direct.next_due - self.clock()))
            self.direct.send_due()

    def close(self) -> None:
        self.devices.close()
        for client in self._clients:
            client.close()


class TransitionWorld(DirectWorld):
    """Devices on both sides. The pushes no longer go through Notify."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(as_notify_did)
        self.notify = NotifyWorld(emulator)
        self.gateway = TransitionGateway(self.direct, self.notify.gateway)
