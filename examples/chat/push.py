"""What the chat asks of Twilio Notify."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

CHANNELS = {"ios": "apn", "android": "fcm", "phone": "sms"}
DISCONTINUED = {52141, 52103}
"""APNs and FCM say with these codes that the app was removed from the device."""


class Push:
    """One Notify service, seen from the chat."""

    def __init__(self, client: Client, service_sid: str, report_url: str) -> None:
        self._service = client.notify.v1.services(service_sid)
        self._report_url = report_url

    def register(self, user: str, platform: str, token: str, device: str, rooms: list[str]) -> str:
        """The device's own id is its endpoint, so that registering again replaces and doesn't add."""
        made = self._service.bindings.create(
            identity=user,
            binding_type=CHANNELS[platform],
            address=token,
            endpoint=device,
            tag=[f"room-{room}" for room in rooms],
        )
        return made.sid

    def forget(self, binding_sid: str) -> None:
        """Whoever signs out twice is signed out all the same."""
        try:
            self._service.bindings(binding_sid).delete()
        except TwilioRestException as error:
            if error.status != 404:
                raise

    def tell(self, user: str, sender: str, text: str) -> str:
        return self._send(sender, text, identity=[user])

    def tell_room(self, room: str, sender: str, text: str) -> str:
        return self._send(sender, text, tag=[f"room-{room}"])

    def clean_up(self, states: Iterable[dict[str, Any]]) -> None:
        """Forget the devices of which a provider says that they are gone."""
        for state in states:
            if state["status"] == "FAILED" and state.get("error_code") in DISCONTINUED:
                for binding in self._service.bindings.list(identity=[state["identity"]]):
                    if binding.address == state["address"]:
                        self.forget(binding.sid)

    def _send(self, sender: str, text: str, **target: list[str]) -> str:
        made = self._service.notifications.create(
            **target,
            title=sender,
            body=text,
            sound="default",
            data={"sender": sender},
            ttl=24 * 60 * 60,
            delivery_callback_url=self._report_url,
        )
        return made.sid
