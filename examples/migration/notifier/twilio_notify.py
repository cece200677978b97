"""Today: Twilio Notify keeps the devices, selects them, and talks to APNs and FCM. Works until 31 October 2027."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

from notifier.push import Device, Push

UNREGISTERED = {52141, 52103, 52119}
"""Error codes for a device from which the app was removed: APNs, FCM, iOS through FCM."""


class TwilioNotifyGateway:
    """A gateway through one Notify service."""

    def __init__(self, client: Client, service_sid: str, callback_url: str) -> None:
        self._service = client.notify.v1.services(service_sid)
        self.callback_url = callback_url

    def register(self, device: Device) -> None:
        self._service.bindings.create(
            identity=device.user,
            binding_type=device.channel,
            address=device.token,
            endpoint=device.id,
            tag=sorted(device.tags),
        )

    def forget(self, device: Device) -> None:
        for binding in self._service.bindings.list(identity=[device.user]):
            if binding.endpoint == device.id:
                self._delete(binding.sid)

    def devices(self, user: str) -> list[Device]:
        bindings = self._service.bindings.list(identity=[user])
        return [
            Device(one.endpoint, one.identity, one.binding_type, one.address, frozenset(one.tags)) for one in bindings
        ]

    def send_to_user(self, user: str, push: Push) -> None:
        self._send(push, identity=[user])

    def send_to_tag(self, tag: str, push: Push) -> None:
        self._send(push, tag=[tag])

    def handle_states(self, states: Iterable[dict[str, Any]]) -> None:
        """Remove the devices that a callback reports as unregistered. Twilio only disables those of Android."""
        for state in states:
            if state["status"] == "FAILED" and state.get("error_code") in UNREGISTERED:
                for binding in self._service.bindings.list(identity=[state["identity"]]):
                    if binding.address == state["address"]:
                        self._delete(binding.sid)

    def _send(self, push: Push, **target: list[str]) -> None:
        self._service.notifications.create(
            **target,
            title=push.title,
            body=push.text,
            sound="default",
            data=dict(push.data),
            priority="high" if push.urgent else "low",
            ttl=push.ttl,
            delivery_callback_url=self.callback_url,
        )

    def _delete(self, sid: str) -> None:
        try:
            self._service.bindings(sid).delete()
        except TwilioRestException as error:
            if error.status != 404:
                raise
