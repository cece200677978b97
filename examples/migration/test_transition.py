"""The time in between: devices on both sides, every push through one, and the way back."""

from __future__ import annotations

from notifier import Device, Push
from notifier.transition import TransitionGateway
from worlds import DirectWorld, NotifyWorld, World

IPHONE = Device("i", "alice", "apn", "ab" * 32, frozenset({"news"}))
PIXEL = Device("p", "alice", "fcm", "pixel-token")
HELLO = Push("Parcels", "Hello")


def test_devices_come_and_go_on_both_sides(notify: NotifyWorld, direct: DirectWorld) -> None:
    gateway = TransitionGateway(direct.gateway, notify.gateway)
    for device in (IPHONE, PIXEL):
        gateway.register(device)
    gateway.forget(PIXEL)
    assert notify.gateway.devices("alice") == direct.gateway.devices("alice") == [IPHONE]


def test_a_push_goes_through_one_side_and_the_sides_can_be_exchanged(notify: NotifyWorld, direct: DirectWorld) -> None:
    worlds: list[World] = [notify, direct]
    for number, (sender, other) in enumerate([worlds, worlds[::-1]], 1):
        gateway = TransitionGateway(sender.gateway, other.gateway)
        gateway.register(IPHONE)
        gateway.send_to_user("alice", HELLO)
        gateway.send_to_tag("news", HELLO)
        assert [len(world.shown_on(IPHONE.token)) for world in worlds] == [2, 2 * (number - 1)]
