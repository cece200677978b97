"""All calls that the chat app makes to Twilio Notify."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

CHANNELS = {"ios": "apn", "android": "fcm", "phone": "sms"}
UNREGISTERED = {52141, 52103, 52119}
"""Error codes for a device from which the app was removed: APNs, FCM, iOS through FCM."""


class Push:
    """The push notifications of the chat app, through one Notify service."""

    def __init__(self, client: Client, service_sid: str, callback_url: str) -> None:
        self._service = client.notify.v1.services(service_sid)
        self._callback_url = callback_url

    def register_device(self, user: str, platform: str, token: str, device: str, rooms: list[str]) -> str:
        """Return the SID of the binding. The endpoint is the device id, so registering again replaces the binding."""
        binding = self._service.bindings.create(
            identity=user,
            binding_type=CHANNELS[platform],
            address=token,
            endpoint=device,
            tag=[f"room-{room}" for room in rooms],
        )
        return binding.sid

    def delete_device(self, binding_sid: str) -> None:
        """Delete the binding of a device. Deleting it twice is not an error."""
        try:
            self._service.bindings(binding_sid).delete()
        except TwilioRestException as error:
            if error.status != 404:
                raise

    def send_to_user(self, user: str, sender: str, text: str) -> str:
        return self._send(sender, text, identity=[user])

    def send_to_room(self, room: str, sender: str, text: str) -> str:
        return self._send(sender, text, tag=[f"room-{room}"])

    def delete_unregistered_devices(self, states: Iterable[dict[str, Any]]) -> None:
        """Delete the devices that a provider reports as unregistered. Twilio only disables those of Android."""
        for state in states:
            if state["status"] == "FAILED" and state.get("error_code") in UNREGISTERED:
                for binding in self._service.bindings.list(identity=[state["identity"]]):
                    if binding.address == state["address"]:
                        self.delete_device(binding.sid)

    def _send(self, sender: str, text: str, **target: list[str]) -> str:
        notification = self._service.notifications.create(
            **target,
            title=sender,
            body=text,
            sound="default",
            data={"sender": sender},
            ttl=24 * 60 * 60,
            delivery_callback_url=self._callback_url,
        )
        return notification.sid
