"""A small history to look at: an app with two channels, pushes that arrive and fail, and faults."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from twilio.base.exceptions import TwilioRestException

from notify_mock import Emulator, Refuse, apn_pair, fcm_service_account

FROZEN = "2033-10-27T09:00:00Z"
_DAYS = 20 * 365
_SMS = "MG" + "0" * 32
PEOPLE = (("alice", ["vip", "beta"]), ("bob", ["beta"]), ("carol", ["vip"]))


def make_emulator(**options: Any) -> Emulator:
    """Return an emulator whose every run is the same."""
    return Emulator(seed=7, frozen=FROZEN, keep_bodies=True, **options)


def tell(emulator: Emulator) -> None:
    """Make the calls of the story, with the real SDK."""
    client, tick = emulator.client(), emulator.clock.advance
    fcm = client.notify.v1.credentials.create(type="fcm", friendly_name="Android", secret=fcm_service_account())
    certificate, private_key = apn_pair(days=_DAYS)
    apn = client.notify.v1.credentials.create(
        type="apn", friendly_name="iOS", certificate=certificate, private_key=private_key
    )
    service = client.notify.v1.services.create(
        friendly_name="Chat app", fcm_credential_sid=fcm.sid, apn_credential_sid=apn.sid, messaging_service_sid=_SMS
    )
    bindings = client.notify.v1.services(service.sid).bindings
    notifications = client.notify.v1.services(service.sid).notifications
    for number, (name, tags) in enumerate(PEOPLE):
        tick(2)
        bindings.create(identity=name, binding_type="fcm", address=f"fcm-token-of-{name}-{number}f3a", tag=tags)
    bindings.create(identity="alice", binding_type="apn", address="a1b2" * 16, tag=["vip"])
    bindings.create(identity="bob", binding_type="sms", address="+15005550006", tag=["vip"])
    tick(40)
    notifications.create(
        identity=["alice"],
        title="Bob",
        body="Are you coming to the rehearsal tonight? We start at eight.",
        sound="chime",
        apn={"aps": {"badge": 3}},
    )
    tick(12)
    notifications.create(tag=["vip"], title="Chat app", body="Version 3 is here: voice rooms.", data={"room": 7})
    tick(3)
    with _refused():
        client.notify.v1.credentials("CR" + "0" * 32).fetch()
    with _refused():
        bindings.create(identity="dave", binding_type="pigeon", address="coop-4")
    emulator.providers["fcm"].change({"unregistered": ["fcm-token-of-carol-2f3a"]})
    tick(20)
    notifications.create(
        identity=["carol"], body="Your table is ready.", delivery_callback_url="http://127.0.0.1:5000/pushes"
    )
    emulator.faults.add("credential.create", Refuse(20429, retry_after=5), times=2, name="busy")
    tick(5)
    with _refused():
        client.notify.v1.credentials.create(type="gcm", api_key="key", friendly_name="Old Android")
    tick(1)
    client.notify.v1.services.list(limit=20)


@contextlib.contextmanager
def _refused() -> Iterator[None]:
    with contextlib.suppress(TwilioRestException):
        yield
