"""All calls that the shop makes to Twilio Notify, with the SDK's asynchronous client."""

from __future__ import annotations

from asyncio import sleep
from collections.abc import Awaitable, Callable
from typing import TypeVar

from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

T = TypeVar("T")
WAITS = (0.5, 1.0, 2.0)
"""Seconds to wait before a call that was rate limited is made again."""


class Notify:
    """The phones of the shop's customers, in one Notify service."""

    def __init__(self, client: Client, service_sid: str, callback_url: str) -> None:
        self._service = client.notify.v1.services(service_sid)
        self._callback_url = callback_url

    async def register(self, customer: str, phone: str, token: str) -> str:
        """Return the SID of the binding. A phone that registers again replaces its binding."""
        binding = await _patiently(
            lambda: self._service.bindings.create_async(customer, "fcm", token, endpoint=f"{customer}/{phone}")
        )
        return binding.sid

    async def send(self, customer: str, title: str, body: str, order: str) -> str:
        """Send a push to all phones of a customer. Return the SID of the notification."""
        notification = await _patiently(
            lambda: self._service.notifications.create_async(
                identity=[customer],
                title=title,
                body=body,
                data={"order": order},
                delivery_callback_url=self._callback_url,
            )
        )
        return notification.sid


async def _patiently(call: Callable[[], Awaitable[T]]) -> T:
    """Make a call, and again after a 429. Twilio did not carry out such a call, so nothing is sent twice."""
    for wait in WAITS:
        try:
            return await call()
        except TwilioRestException as error:
            if error.status != 429:
                raise
        await sleep(wait)
    return await call()
