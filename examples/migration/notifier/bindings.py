"""Moves the Bindings of a Notify service into the application's own devices, as long as Notify still answers."""

from __future__ import annotations

from collections import Counter
from typing import NamedTuple

from twilio.rest.notify.v1.service import ServiceContext
from twilio.rest.notify.v1.service.binding import BindingInstance

from notifier.devices import Devices
from notifier.push import Channel, Device

CHANNELS: dict[str, Channel] = {"apn": "apn", "fcm": "fcm"}


class Imported(NamedTuple):
    """What an import did: Bindings read by type, devices added, and Bindings left out because of their type."""

    read: Counter[str]
    added: int
    left_out: int


def import_bindings(service: ServiceContext, devices: Devices, page_size: int = 1000) -> Imported:
    """Read all Bindings of a service, page by page, and add those that ``devices`` does not have.

    Run it when devices are registered on both sides already. It can be run again: it changes nothing that is there. Of
    several Bindings with one token, the newest counts. Bindings that Notify has disabled look like any other: FCM and
    APNs report their tokens with the first push.
    """
    read: Counter[str] = Counter()
    found: list[tuple[Device, float]] = []
    for binding in service.bindings.stream(page_size=page_size):
        read[binding.binding_type] += 1
        if binding.binding_type in CHANNELS:
            found.append((_device(binding), binding.date_updated.timestamp()))
    found.sort(key=lambda one: one[1], reverse=True)
    return Imported(read, devices.add_missing(found), sum(read.values()) - len(found))


def _device(binding: BindingInstance) -> Device:
    identity, channel = binding.identity, CHANNELS[binding.binding_type]
    return Device(binding.endpoint or binding.sid, identity, channel, binding.address, frozenset(binding.tags or ()))
