"""Tests of the application. They name no provider, and stay as they are when Notify ends."""

from __future__ import annotations

import pytest
from notifier import Device, Notifier
from phone import Shown
from worlds import World

IPHONE = Device("alices-iphone", "alice", "apn", "ab" * 32, frozenset({"strikes"}))
PIXEL = Device("alices-pixel", "alice", "fcm", "alices-pixel-token", frozenset({"strikes", "prices"}))
BOB = Device("bobs-pixel", "bob", "fcm", "bobs-pixel-token")
DAY = 24 * 60 * 60


def texts(world: World, device: Device) -> list[str]:
    return [shown.text for shown in world.shown_on(device.token)]


@pytest.mark.parametrize("device", [IPHONE, PIXEL], ids=["ios", "android"])
def test_a_phone_shows_the_text_and_the_app_gets_the_data(notifier: Notifier, world: World, device: Device) -> None:
    notifier.sign_in(device)
    notifier.notify("alice", "Dein Paket: “groß & schwer” 📦", parcel="4711")
    expected = Shown("Parcels", "Dein Paket: “groß & schwer” 📦", {"parcel": "4711"}, "default", True, DAY)
    assert world.shown_on(device.token) == [expected]


def test_every_phone_of_a_user_gets_a_push_and_no_other_does(notifier: Notifier, world: World) -> None:
    for device in (IPHONE, PIXEL, BOB):
        notifier.sign_in(device)
    notifier.notify("alice", "Out for delivery")
    assert [texts(world, device) for device in (IPHONE, PIXEL, BOB)] == [["Out for delivery"]] * 2 + [[]]


def test_an_announcement_reaches_those_who_follow_the_topic_and_can_wait(notifier: Notifier, world: World) -> None:
    for device in (IPHONE, PIXEL, BOB):
        notifier.sign_in(device)
    notifier.announce("prices", "New prices in June")
    assert [texts(world, device) for device in (IPHONE, PIXEL, BOB)] == [[], ["New prices in June"], []]
    notifier.announce("strikes", "No deliveries today")
    pushes = [world.shown_on(device.token)[-1] for device in (IPHONE, PIXEL)]
    assert [(push.urgent, push.data) for push in pushes] == [(False, {"topic": "strikes"})] * 2


def test_a_phone_with_a_new_token_gets_one_push(notifier: Notifier, world: World) -> None:
    notifier.sign_in(IPHONE)
    renewed = Device(IPHONE.id, "alice", "apn", "cd" * 32)
    notifier.sign_in(renewed)
    notifier.notify("alice", "Hello")
    assert (texts(world, IPHONE), texts(world, renewed)) == ([], ["Hello"])


def test_a_phone_on_which_another_user_signs_in_belongs_to_that_user(notifier: Notifier, world: World) -> None:
    notifier.sign_in(PIXEL)
    notifier.sign_in(Device(PIXEL.id, "bob", "fcm", PIXEL.token))
    notifier.notify("alice", "For Alice only")
    notifier.notify("bob", "For Bob only")
    assert texts(world, PIXEL) == ["For Bob only"]


def test_a_phone_whose_user_signed_out_gets_nothing(notifier: Notifier, world: World) -> None:
    for device in (IPHONE, PIXEL):
        notifier.sign_in(device)
    notifier.sign_out(IPHONE)
    notifier.sign_out(IPHONE)
    notifier.notify("alice", "Hello")
    assert [texts(world, device) for device in (IPHONE, PIXEL)] == [[], ["Hello"]]


def test_a_user_without_a_phone_is_no_error(notifier: Notifier) -> None:
    notifier.notify("nobody", "Hello")


@pytest.mark.parametrize("gone", [IPHONE, PIXEL], ids=["ios", "android"])
def test_a_phone_without_the_app_is_forgotten_and_the_others_stay(
    notifier: Notifier, world: World, gone: Device
) -> None:
    (left,) = {IPHONE, PIXEL} - {gone}
    for device in (IPHONE, PIXEL, BOB):
        notifier.sign_in(device)
    world.uninstall(gone.channel, gone.token)
    notifier.notify("alice", "First")
    world.settle()
    assert world.gateway.devices("alice") == [left]
    assert world.gateway.devices("bob") == [BOB]
    notifier.notify("alice", "Second")
    assert [texts(world, device) for device in (gone, left)] == [[], ["First", "Second"]]
