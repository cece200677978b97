"""What changes for the installed apps: the pushes of Notify, as the emulator renders them, beside the direct ones."""

from __future__ import annotations

from typing import Any

import pytest
from notifier import Device, Push
from notifier.fcm import as_notification, as_notify_did
from worlds import START, DirectWorld, NotifyWorld

IPHONE = Device("i", "alice", "apn", "ab" * 32)
PIXEL = Device("p", "alice", "fcm", "pixel-token")
PUSHES = [Push("Parcels", "On its way", {"parcel": "4711"}), Push("News", "New prices", {}, urgent=False, ttl=600)]


def notify_renders(notify: NotifyWorld, push: Push, device: Device) -> Any:
    notify.gateway.register(device)
    notify.gateway.send_to_user("alice", push)
    return notify.emulator.deliveries.last


@pytest.mark.parametrize("push", PUSHES, ids=["urgent", "not urgent"])
def test_an_iphone_gets_the_same_payload_and_headers(notify: NotifyWorld, direct: DirectWorld, push: Push) -> None:
    notify.emulator.clock.freeze(START)
    before = notify_renders(notify, push, IPHONE)
    direct.gateway.register(IPHONE)
    direct.gateway.send_to_user("alice", push)
    ((_, payload, headers),) = direct.apns.received
    assert payload == before.payload
    assert before.headers.items() <= headers.items()


@pytest.mark.parametrize("push", PUSHES, ids=["urgent", "not urgent"])
def test_an_installed_android_app_can_get_the_same_message(notify: NotifyWorld, push: Push) -> None:
    before = notify_renders(notify, push, PIXEL).payload
    assert {"message": {"token": PIXEL.token, **as_notify_did(push)}} == before


def test_a_notification_has_none_of_the_keys_that_installed_apps_read(notify: NotifyWorld) -> None:
    before = notify_renders(notify, PUSHES[0], PIXEL).payload["message"]
    after = as_notification(PUSHES[0])
    assert {key for key in before["data"] if key.startswith("twi_")} == {"twi_title", "twi_body", "twi_sound"}
    assert after["data"] == {"parcel": "4711"}
    assert ("notification" in before, "notification" in after) == (False, True)
