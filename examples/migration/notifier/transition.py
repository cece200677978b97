"""In between: devices are registered on both sides, and one side sends."""

from __future__ import annotations

from notifier.push import Device, Push, PushGateway


class TransitionGateway:
    """A gateway that keeps two others up to date, and sends through the first. Exchange them to go back."""

    def __init__(self, sender: PushGateway, other: PushGateway) -> None:
        self._sender, self._other = sender, other

    def register(self, device: Device) -> None:
        self._sender.register(device)
        self._other.register(device)

    def forget(self, device: Device) -> None:
        self._sender.forget(device)
        self._other.forget(device)

    def devices(self, user: str) -> list[Device]:
        return self._sender.devices(user)

    def send_to_user(self, user: str, push: Push) -> None:
        self._sender.send_to_user(user, push)

    def send_to_tag(self, tag: str, push: Push) -> None:
        self._sender.send_to_tag(tag, push)
