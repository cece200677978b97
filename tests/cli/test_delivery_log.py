"""The server's log has one line for each delivery, and names the headers that CORS refuses."""

from __future__ import annotations

import json

import pytest
from helpers.calls import ask, basic

from notify_mock import Emulator
from notify_mock.cli.logs import json_line, text_line
from notify_mock.deliveries.delivery import Delivery
from notify_mock.support.masked_url import MASK
from notify_mock.twilio_api.messages import Call

SECRET = "https://user:hush@host"


@pytest.fixture
def notified() -> Emulator:
    emulator = Emulator()
    service = emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    emulator.bindings.add(identity="alice", binding_type="fcm", address="token")
    emulator.bindings.add(identity="alice", binding_type="sms", address="+15550100")
    emulator.bindings.add(identity=SECRET, binding_type="apn", address=SECRET)
    heard: list[Delivery] = []
    emulator.deliveries.subscribe(heard.append)
    path = f"/v1/Services/{service.sid}/Notifications"
    assert ask(emulator, "POST", path, Identity=["alice", SECRET], Body="private").status == 201
    assert heard == list(emulator.deliveries)
    return emulator


def test_there_is_one_line_for_each_delivery_without_its_content(notified: Emulator) -> None:
    lines = [text_line(delivery) for delivery in notified.deliveries]
    assert lines[0].startswith("INFO    push fcm alice -> failed 52004 Credential SID not specified")
    assert lines[1] == "INFO    message sms alice -> sent"
    assert lines[2].startswith(f"INFO    push apn https://{MASK}@host -> failed ")
    assert "private" not in "".join(lines)


def test_a_line_in_json_has_the_recipient_and_the_result_and_no_secret(notified: Emulator) -> None:
    failed, sent, secret = (json.loads(json_line(delivery)) for delivery in notified.deliveries)
    assert failed["message"].startswith("push fcm alice -> failed 52004")
    assert (failed["level"], failed["state"], failed["code"], sent["reason"]) == ("info", "failed", 52004, None)
    assert sent["notification_sid"] == notified.deliveries.last.notification_sid
    assert "private" not in str([failed, sent, secret])
    assert "hush" not in str(secret)


def test_a_direct_address_without_an_identity_is_shown_as_address() -> None:
    emulator = Emulator()
    service = emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    to = json.dumps({"binding_type": "sms", "address": "+15550100"})
    ask(emulator, "POST", f"/v1/Services/{service.sid}/Notifications", ToBinding=to, Body="x")
    assert text_line(emulator.deliveries.last) == "INFO    message sms +15550100 -> sent"


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ("authorization,content-type", ""),
        ("X-Custom, Content-Type,x-other", "CORS does not allow the headers: X-Custom, x-other"),
        ("", ""),
    ],
)
def test_the_headers_that_cors_refuses_are_named(emulator: Emulator, asked: str, reason: str) -> None:
    headers = {"origin": "http://localhost:3000", "access-control-request-headers": asked}
    emulator.handle(Call("OPTIONS", "notify.twilio.com", "/v1/Credentials", headers=headers))
    assert emulator.journal.last.reason == reason
    assert (f"({reason})" in text_line(emulator.journal.last)) == bool(reason)


def test_the_fault_header_is_allowed_if_it_is_accepted() -> None:
    headers = {"access-control-request-headers": "x-notify-mock-fault", "authorization": basic("ACx", "x")}
    for accepted in (True, False):
        emulator = Emulator(fault_header=accepted)
        emulator.handle(Call("OPTIONS", "notify.twilio.com", "/v1/Credentials", headers=headers))
        assert bool(emulator.journal.last.reason) != accepted
