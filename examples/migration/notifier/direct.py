"""After Notify: the application selects its devices itself, and talks to APNs and FCM."""

from __future__ import annotations

import heapq
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import NamedTuple

from notifier.devices import Devices
from notifier.push import Channel, Device, Push
from notifier.result import Provider

FIRST_WAIT = 10.0
"""Seconds before the first retry if the provider names none. Every further wait is twice as long."""

log = logging.getLogger(__name__)


class Attempt(NamedTuple):
    """A push to try again: when, to whom, and when it has expired. ``number`` decides between equal times."""

    due: float
    number: int
    device: Device
    push: Push
    expires_at: float
    tries: int


class DirectGateway:
    """A gateway through providers, by the channel of a device.

    Retries wait in memory until somebody calls ``send_due``. In production they belong in the application's job queue.
    """

    def __init__(
        self, devices: Devices, providers: Mapping[Channel, Provider], now: Callable[[], float] = time.time
    ) -> None:
        self._devices, self._providers, self._now = devices, providers, now
        self._waiting: list[Attempt] = []
        self._numbers = count()

    def register(self, device: Device) -> None:
        self._devices.add(device)

    def forget(self, device: Device) -> None:
        self._devices.remove(device)

    def devices(self, user: str) -> list[Device]:
        return self._devices.of_user(user)

    def send_to_user(self, user: str, push: Push) -> None:
        self._send(self._devices.of_user(user), push)

    def send_to_tag(self, tag: str, push: Push) -> None:
        self._send(self._devices.with_tag(tag), push)

    @property
    def next_due(self) -> float | None:
        """When the next retry is due, in seconds since 1970, or None."""
        return self._waiting[0].due if self._waiting else None

    def send_due(self) -> None:
        """Try again once what is due, except for devices whose user has signed out since."""
        now, due = self._now(), []
        while self._waiting and self._waiting[0].due <= now:
            due.append(heapq.heappop(self._waiting))
        for attempt in due:
            if self._devices.has(attempt.device):
                self._try(attempt)

    def _send(self, devices: Iterable[Device], push: Push) -> None:
        now = self._now()
        for device in devices:
            self._try(Attempt(now, next(self._numbers), device, push, now + push.ttl, 0))

    def _try(self, attempt: Attempt) -> None:
        device = attempt.device
        result = self._providers[device.channel].send(device.token, attempt.push)
        if result.outcome == "gone":
            self._devices.remove(device, until=result.since)
        elif result.outcome == "later":
            self._defer(attempt, result.wait, result.reason)
        elif result.outcome == "refused":
            log.error("device %s: %s refused the push: %s", device.id, device.channel, result.reason)

    def _defer(self, attempt: Attempt, wait: float | None, reason: str) -> None:
        due = self._now() + (FIRST_WAIT * 2**attempt.tries if wait is None else wait)
        if due > attempt.expires_at:
            log.error("device %s: the push expired, last reason: %s", attempt.device.id, reason)
            return
        heapq.heappush(self._waiting, attempt._replace(due=due, tries=attempt.tries + 1))
