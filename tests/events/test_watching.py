"""What happens in an emulator, as events."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.event_streams import Received, taken
from helpers.pem import Pair
from twilio.base.exceptions import TwilioException

from notify_mock import Account, Emulator
from notify_mock.control_api.openapi import document
from notify_mock.events.hub import KINDS, Reader
from notify_mock.twilio_api.messages import read

TOKEN = "hush-token"
SECRETS = ("hush", "BEGIN", "MII")


@pytest.fixture
def emulator() -> Emulator:
    return Emulator(frozen="2030-01-01", keep_bodies=True)


@pytest.fixture
def reader(emulator: Emulator) -> Reader:
    return emulator.events.open(lambda: None, KINDS)


def kinds(found: list[Received]) -> list[tuple[str, Any]]:
    return [(one.kind, one.data.get("action")) for one in found]


def test_the_document_describes_the_events(emulator: Emulator) -> None:
    operation = document("x")["paths"]["/_mock/events"]["get"]
    types, last = operation["parameters"]
    assert (tuple(types["schema"]["items"]["enum"]), types["name"], types["explode"]) == (KINDS, "types", False)
    assert (last["name"], last["in"]) == ("Last-Event-ID", "header")
    answer = emulator.app.test_client().get("/_mock/events", query_string={"types": ",".join(KINDS)})
    (media,) = operation["responses"][str(answer.status_code)]["content"]
    assert answer.mimetype == media


def control(emulator: Emulator, path: str) -> Any:
    return emulator.app.test_client().get(f"/_mock/{path}").get_json()


def test_a_call_is_shown_as_in_the_journal(emulator: Emulator, reader: Reader) -> None:
    credential = emulator.client().notify.v1.credentials.create(type="fcm", secret="hush", friendly_name="é")
    call, records = taken(reader)
    assert [call.data] == control(emulator, "journal")["exchanges"]
    assert call.kind == "call"
    assert records.data == {
        "resource": "credentials",
        "action": "create",
        "account_sid": emulator.auth[0],
        "sid": credential.sid,
    }


def test_a_delivery_is_shown_as_in_the_inbox(emulator: Emulator, reader: Reader) -> None:
    service = emulator.client().notify.v1.services.create()
    service.bindings.create(identity="alice", binding_type="sms", address="+15017122661", tag=["vip"])
    service.notifications.create(identity=["alice"], body="hi")
    found = [one for one in taken(reader) if one.kind == "delivery"]
    assert [one.data for one in found] == control(emulator, "deliveries")["deliveries"]
    assert (found[0].data["identity"], found[0].data["tags"]) == ("alice", ["vip"])


@pytest.mark.parametrize("status", [200, 500])
def test_a_callback_is_planned_and_then_sent_or_failed(emulator: Emulator, reader: Reader, status: int) -> None:
    def app(environ: Any, start_response: Any) -> list[bytes]:
        start_response(f"{status} X", [])
        return []

    service = emulator.client().notify.v1.services.create()
    service.bindings.create(identity="alice", binding_type="sms", address="+15017122661", tag=["vip"])
    emulator.callbacks.mount(app)
    service.notifications.create(identity=["alice"], body="hi", delivery_callback_url="http://app.test/x?token=hush")
    emulator.callbacks.drain()
    found = [one.data for one in taken(reader) if one.kind == "callback"]
    if status == 200:
        assert [one["action"] for one in found] == ["planned", "sent"]
    else:
        assert [one["action"] for one in found] == ["planned", "failed"] * 3
    assert (found[0]["host"], found[0]["attempt"], found[0].get("status")) == ("app.test", 1, None)
    assert (found[1]["status"], found[1]["number"]) == (status, emulator.journal.calls("callback.post")[0].number)


def test_a_fault_rule_is_added_applied_and_removed(emulator: Emulator, reader: Reader) -> None:
    with emulator.faults.add("credential.list", "refuse", code=20429, name="mine"), pytest.raises(TwilioException):
        emulator.client().notify.v1.credentials.list()
    added, applied, call, removed = taken(reader)
    assert added.data["rule"]["code"] == 20429
    assert (added.data["seen"], added.data["rule"]["fired"]) == (0, 0)
    assert applied.data == {
        "action": "applied",
        "name": "mine",
        "seen": 1,
        "fired": 1,
        "call": "credential.list",
        "number": 1,
    }
    assert call.data["faults"] == ["mine"]
    assert removed.data == {"action": "removed", "name": "mine", "seen": 1, "fired": 1}
    emulator.faults.clear()
    assert [one.data for one in taken(reader)] == [{"action": "cleared", "name": None}]


def test_the_clock_tells_of_every_change(emulator: Emulator, reader: Reader) -> None:
    emulator.clock.advance("1h")
    emulator.clock.set("2031-01-01")
    emulator.clock.freeze("2032-01-01")
    emulator.clock.resume()
    found = taken(reader)
    assert [(one.kind, one.data["now"][:13], one.data["frozen"]) for one in found] == [
        ("clock", "2030-01-01T01", True),
        ("clock", "2031-01-01T00", True),
        ("clock", "2032-01-01T00", True),
        ("clock", "2032-01-01T00", False),
    ]


def test_records_tell_of_changes_without_a_call(emulator: Emulator, reader: Reader) -> None:
    account = emulator.auth[0]
    record = emulator.credentials.add(type="fcm")
    emulator.add_records({"credentials": [{"type": "fcm"}, {"type": "gcm"}], "services": [{}]})
    emulator.credentials.remove(record.sid)
    assert [tuple(one.data.values()) for one in taken(reader)] == [
        ("credentials", "create", account, record.sid),
        ("credentials", "create", account, None),
        ("services", "create", account, None),
        ("credentials", "delete", account, record.sid),
    ]


def test_records_tell_of_updates_and_deletions(emulator: Emulator, reader: Reader) -> None:
    credential = emulator.client().notify.v1.credentials.create(type="fcm", secret="x")
    credential.update(friendly_name="y")
    credential.fetch()
    credential.delete()
    with pytest.raises(TwilioException):
        credential.delete()
    assert [one.data["action"] for one in taken(reader) if one.kind == "records"] == ["create", "update", "delete"]


@pytest.mark.parametrize(("phase", "changed"), [("before", []), ("after", ["create"])])
def test_records_tell_of_a_change_whose_response_was_lost(
    emulator: Emulator, reader: Reader, phase: str, changed: list[str]
) -> None:
    emulator.faults.add("credential.create", "status", status=503, phase=phase)
    with pytest.raises(TwilioException):
        emulator.client().notify.v1.credentials.create(type="fcm", secret="x")
    assert [one.data["action"] for one in taken(reader) if one.kind == "records"] == changed


@pytest.mark.parametrize("url", [None, "http://app.test/"])
@pytest.mark.parametrize(("channel", "action"), [("apn", "delete"), ("fcm", "update")])
def test_records_tell_of_bindings_that_a_failed_delivery_changes(
    emulator: Emulator, reader: Reader, channel: str, action: str, url: str | None
) -> None:
    own = {f"{channel}_credential_sid": emulator.credentials.add(type=channel).sid}
    service = emulator.services.add(delivery_callback_url=url, **own)
    emulator.bindings.add(binding_type=channel, identity="alice", address="ab" * 32)
    emulator.providers["fcm" if channel == "fcm" else "apn"].unregister("ab" * 32)
    emulator.callbacks.mount(lambda _, start_response: start_response("204 No Content", []) or [])
    reader.take()
    emulator.client().notify.v1.services(service.sid).notifications.create(identity=["alice"], body="hi")
    emulator.callbacks.drain()
    found = [one.data for one in taken(reader) if one.kind == "records" and one.data["resource"] == "bindings"]
    assert [one["action"] for one in found] == [action]


def test_a_reset_is_one_event_and_ends_nothing(emulator: Emulator, reader: Reader) -> None:
    emulator.faults.add("*", "drop", unused="ignore")
    emulator.clock.advance("1h")
    before = emulator.snapshot()
    reader.take()
    emulator.reset()
    assert kinds(taken(reader)) == [("reset", None)]
    emulator.restore(before)
    (restored,) = taken(reader)
    assert (restored.kind, restored.number, reader.is_open) == ("reset", 4, True)


def test_events_are_collected_from_the_first_request_on() -> None:
    emulator = Emulator()
    emulator.client().notify.v1.credentials.create(type="fcm", secret="x")
    assert emulator.events.open(lambda: None, KINDS).take() == b""


def test_no_secret_is_in_any_event(pair: Pair) -> None:
    account = Account("AC" + "1" * 32, TOKEN)
    emulator = Emulator(accounts=[account], keep_bodies=True, control_token="hush-control", unused_faults="ignore")
    reader = emulator.events.open(lambda: None, KINDS)
    client = emulator.client()
    credentials = client.notify.v1.credentials
    credentials.create(type="fcm", secret="hush-1")
    credentials.create(type="gcm", api_key="hush-2")
    credentials.create(type="apn", certificate=pair.certificate, private_key=pair.private_key)
    for form in ({"Type": "fcm", "Secret": "hush-3", "Pasword": "hush-4"}, {"type": "hush-5"}, {"-----BEGIN": "x"}):
        client.request("POST", "https://notify.twilio.com/v1/Credentials", data=form)
    client.request("GET", "https://notify.twilio.com/v1/Credentials?Secret=hush-6&x=hush-7")
    emulator.client(account.sid, "hush-8").request("GET", "https://notify.twilio.com/v1/Credentials")
    service = client.notify.v1.services.create(delivery_callback_url="https://u:hush-9@127.0.0.1:9/?key=hush-10")
    service.bindings.create(identity="alice", binding_type="sms", address="+15017122661", tag=["vip"])
    service.notifications.create(identity=["alice"], body="hi")
    emulator.callbacks.drain()
    emulator.faults.add("credential.create", "drop", Secret="hush-11", headers={"Authorization": "hush-12"})
    emulator.faults.add("*", "expire", new_token="hush-13")
    body = {"content-type": "application/json", "authorization": "Bearer hush-14"}
    emulator.handle(
        read("POST", "/v1/Credentials", host="notify.twilio.com", headers=body, body=b'{"Secret": "hush-15"}')
    )
    text = reader.take().decode()
    assert len(text.split("\n\n")) > 20
    assert [secret for secret in SECRETS if secret in text] == []


def test_every_event_is_json_on_one_line(emulator: Emulator, reader: Reader) -> None:
    emulator.client().notify.v1.credentials.create(
        type="fcm", secret="x", friendly_name="a\n\nevent: evil\ndata: {}\r\u2028"
    )
    lines = reader.take().decode().split("\n")
    assert {line.partition(": ")[0] for line in lines} == {"id", "event", "data", ""}
    assert all(json.loads(line[6:]) for line in lines if line.startswith("data"))
    assert "event: evil" not in lines
