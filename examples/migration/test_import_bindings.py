"""The move of a service's Bindings into the application's own devices."""

from __future__ import annotations

from typing import Any

import pytest
from notifier import Device, Notifier, Push
from notifier.bindings import import_bindings
from notifier.devices import Devices
from worlds import DirectWorld, NotifyWorld

from notify_mock import Emulator, Refuse

COUNT = 345


@pytest.fixture
def service(notify: NotifyWorld) -> Any:
    """A service with a few hundred Bindings of all kinds."""
    bindings = notify.emulator.bindings
    for number in range(COUNT):
        kind, address = ("apn", f"{number:064x}") if number % 3 else ("fcm", f"token-{number}")
        bindings.add(
            identity=f"user-{number // 2}",
            binding_type=kind,
            address=address,
            endpoint=f"device-{number}",
            tags=["prices"] if number % 5 == 0 else [],
        )
    for number in range(7):
        bindings.add(identity=f"user-{number}", binding_type="sms", address=f"+49151{number:08}")
    return notify.emulator.client().notify.v1.services(notify.service_sid)


def test_every_binding_of_every_page_becomes_a_device(service: Any, direct: DirectWorld, notify_mock: Emulator) -> None:
    imported = import_bindings(service, direct.devices, page_size=50)
    assert (imported.read, imported.added, imported.left_out) == ({"apn": 230, "fcm": 115, "sms": 7}, COUNT, 7)
    notify_mock.journal.expect("binding.list", count=8)
    assert direct.devices.of_user("user-2") == [
        Device("device-4", "user-2", "apn", f"{4:064x}"),
        Device("device-5", "user-2", "apn", f"{5:064x}", frozenset({"prices"})),
    ]
    assert len(direct.devices.with_tag("prices")) == COUNT / 5


def test_an_imported_user_gets_pushes_as_before(service: Any, direct: DirectWorld) -> None:
    import_bindings(service, direct.devices)
    Notifier(direct.gateway).notify("user-1", "Hello")
    assert [len(direct.shown_on(token)) for token in (f"{2:064x}", "token-3", f"{4:064x}")] == [1, 1, 0]


def test_an_import_can_be_repeated_and_changes_nothing(service: Any, direct: DirectWorld) -> None:
    import_bindings(service, direct.devices)
    assert import_bindings(service, direct.devices).added == 0
    assert len(direct.devices) == COUNT


def test_an_import_that_broke_off_can_be_run_again(service: Any, direct: DirectWorld, notify_mock: Emulator) -> None:
    notify_mock.faults.add("binding.list", Refuse(20503), skip=3, times=1)
    with pytest.raises(Exception, match="503"):
        import_bindings(service, direct.devices, page_size=50)
    assert len(direct.devices) == 0
    assert import_bindings(service, direct.devices, page_size=50).added == COUNT


def test_what_was_registered_here_already_is_newer_and_stays(service: Any, direct: DirectWorld) -> None:
    renewed = Device("device-4", "user-2", "apn", "ef" * 32)
    moved = Device("other", "carol", "apn", f"{5:064x}")
    for device in (renewed, moved):
        direct.devices.add(device)
    import_bindings(service, direct.devices)
    assert direct.devices.of_user("user-2") == [renewed]
    assert direct.devices.of_user("carol") == [moved]


def test_of_two_bindings_with_one_token_the_newer_counts(notify: NotifyWorld) -> None:
    for name in ("alice", "bob"):
        notify.emulator.bindings.add(identity=name, binding_type="fcm", address="shared-token", endpoint=name)
        notify.emulator.clock.advance(60)
    devices = Devices()
    service = notify.emulator.client().notify.v1.services(notify.service_sid)
    assert import_bindings(service, devices).added == 1
    assert devices.of_user("bob") == [Device("bob", "bob", "fcm", "shared-token")]
    devices.close()


def test_a_disabled_binding_is_imported_and_goes_with_its_first_push(notify: NotifyWorld, direct: DirectWorld) -> None:
    pixel = Device("p", "alice", "fcm", "pixel-token")
    notify.emulator.bindings.add(
        identity=pixel.user, binding_type=pixel.channel, address=pixel.token, endpoint=pixel.id, disabled=True
    )
    import_bindings(notify.emulator.client().notify.v1.services(notify.service_sid), direct.devices)
    assert direct.gateway.devices("alice") == [pixel]
    direct.uninstall("fcm", pixel.token)
    direct.gateway.send_to_user("alice", Push("Parcels", "Hello"))
    assert direct.gateway.devices("alice") == []
