"""The application: it tells users about their parcels, and knows no provider."""

from __future__ import annotations

from notifier.push import Device, Push, PushGateway


class Notifier:
    """Notifies users through a gateway."""

    def __init__(self, gateway: PushGateway) -> None:
        self._gateway = gateway

    def sign_in(self, device: Device) -> None:
        self._gateway.register(device)

    def sign_out(self, device: Device) -> None:
        self._gateway.forget(device)

    def notify(self, user: str, text: str, **data: str) -> None:
        """Tell one user something now, on all phones."""
        self._gateway.send_to_user(user, Push("Parcels", text, data))

    def announce(self, topic: str, text: str) -> None:
        """Tell everybody who follows a topic something that can wait."""
        self._gateway.send_to_tag(topic, Push("News", text, {"topic": topic}, urgent=False))
