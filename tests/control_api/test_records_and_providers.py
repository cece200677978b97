"""Adding records while the emulator runs, providers, and the filters of the journal."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.calls import ask as call
from werkzeug.test import TestResponse

from notify_mock import Emulator

IS = "IS" + "1" * 32


def ask(emulator: Emulator, method: str, path: str, body: Any = None, *, status: int = 200) -> Any:
    web = emulator.app.test_client()
    answer: TestResponse = web.open(f"/_mock/{path}", method=method, **({} if body is None else {"json": body}))
    assert answer.status_code == status, answer.text
    return answer.get_json() if answer.data else None


def test_records_are_added_in_the_order_of_their_parents(emulator: Emulator) -> None:
    bindings = [{"identity": "alice", "binding_type": "fcm", "address": "token"}]
    data = {"bindings": bindings, "services": [{"sid": IS}], "credentials": [{"type": "fcm", "secret": "hush"}]}
    added = ask(emulator, "POST", "records", data, status=201)
    assert {key: len(records) for key, records in added.items()} == {"credentials": 1, "services": 1, "bindings": 1}
    assert added["bindings"][0]["service_sid"] == IS
    assert emulator.credentials[added["credentials"][0]["sid"]].secret == "hush"
    assert "hush" not in str(added)
    assert len(emulator.journal) == 0
    emulator.reset()
    assert len(emulator.services) == 0


def test_records_are_added_completely_or_not_at_all() -> None:
    emulator, other = Emulator(seed=1), Emulator(seed=1)
    emulator.credentials.add(type="fcm")
    other.credentials.add(type="fcm")
    data = {"services": [{"friendly_name": "x"}], "credentials": [{"type": "fcm"}, {"type": "fmc"}]}
    error = ask(emulator, "POST", "records", data, status=400)["error"]
    assert error["field"] == "credentials[1].type"
    assert "expected one of: apn, gcm, fcm" in error["message"]
    assert (len(emulator.credentials), len(emulator.services)) == (1, 0)
    assert emulator.credentials.add(type="fcm").sid == other.credentials.add(type="fcm").sid


def test_a_binding_that_would_replace_another_is_kept_when_a_later_record_is_invalid(emulator: Emulator) -> None:
    service = emulator.services.add()
    old = emulator.bindings.add(identity="a", binding_type="fcm", address="x", endpoint="phone")
    new = {"identity": "a", "binding_type": "fcm", "address": "y", "endpoint": "phone", "service_sid": service.sid}
    ask(emulator, "POST", "records", {"bindings": [new, {}]}, status=400)
    assert list(emulator.bindings.values()) == [old]
    ask(emulator, "POST", "records", {"bindings": [new]}, status=201)
    assert [one.address for one in emulator.bindings.values()] == ["y"]


@pytest.mark.parametrize(
    ("data", "field", "expected"),
    [
        ({"credentals": []}, "body", "did you mean credentials?"),
        ({"notifications": []}, "body", "unknown key"),
        ({"credentials": {}}, "credentials", "is not a list"),
        ({"credentials": ["fcm"]}, "credentials[0]", "is not a mapping"),
        ({"credentials": [{"type": "fcm", "secrt": "x"}]}, "credentials[0]", "did you mean secret?"),
        ({"services": [{"sid": IS}, {"sid": IS}]}, "services[1].sid", "already exists"),
        ({"credentials": [{"type": "fcm", "secret": "[secret]"}]}, "credentials[0].secret", "is a masked secret"),
        ([], "body", "must be a JSON object"),
    ],
)
def test_bad_records_are_refused(emulator: Emulator, data: Any, field: str, expected: str) -> None:
    error = ask(emulator, "POST", "records", data, status=400)["error"]
    assert error["field"] == field
    assert expected in error["message"]


def test_a_provider_can_be_seen_changed_and_recovered(emulator: Emulator) -> None:
    normal = {"unregistered": [], "throttled": [], "revoked": [], "down": False, "delay": 0.0}
    at_start = dict.fromkeys(("apns", "fcm", "gcm", "sms"), normal)
    at_start |= {"apns": {**normal, "registered": {}}}
    at_start |= {"fcm": {**normal, "unregistered_ios": [], "accept_legacy": False}}
    assert ask(emulator, "GET", "providers") == at_start
    normal = at_start["fcm"]
    changed = ask(emulator, "POST", "providers/fcm", {"unregistered": ["token"], "delay": "2s", "throttled": True})
    assert changed == {**normal, "unregistered": ["token"], "delay": 2.0, "throttled": True}
    emulator.providers.fcm.revoke("CR1")
    assert ask(emulator, "GET", "providers/fcm") == {**changed, "revoked": ["CR1"]}
    assert emulator.providers.fcm.outcome("token", None) == "unregistered"
    assert emulator.providers.fcm.outcome("other", "CR2") == "throttled"
    assert ask(emulator, "POST", "providers/fcm", {**changed, "throttled": ["x"], "unregistered": []})["revoked"] == []
    assert emulator.providers.fcm.outcome("other", "CR1") is None
    app = {"topic": "com.example.app", "sandbox": None}
    changed = ask(emulator, "POST", "providers/apns", {"registered": {"token": {"topic": "com.example.app"}}})
    assert changed == {**at_start["apns"], "registered": {"token": app}}
    changed = ask(emulator, "POST", "providers/fcm", {"unregistered_ios": ["iphone"], "unregistered": ["pixel"]})
    assert (changed["unregistered"], changed["unregistered_ios"]) == (["pixel"], ["iphone"])
    assert [emulator.providers.fcm.is_ios(one) for one in ("iphone", "pixel")] == [True, False]
    changed = ask(emulator, "POST", "providers/fcm", {"unregistered": []})
    assert (changed["unregistered"], changed["unregistered_ios"]) == ([], ["iphone"])
    assert [emulator.providers.fcm.outcome(one, None) for one in ("iphone", "pixel")] == ["unregistered", None]
    ask(emulator, "POST", "providers/sms", {"down": True})
    ask(emulator, "DELETE", "providers/fcm", status=204)
    assert (emulator.providers.fcm.busy, emulator.providers.sms.busy) == (False, True)
    ask(emulator, "DELETE", "providers", status=204)
    assert ask(emulator, "GET", "providers") == at_start


def test_a_changed_provider_fails_deliveries_and_an_undone_change_does_not(emulator: Emulator) -> None:
    service = emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    emulator.bindings.add(identity="alice", binding_type="sms", address="+15550100")
    for body, state in (({"down": True}, "failed"), ({"down": False}, "sent")):
        ask(emulator, "POST", "providers/sms", body)
        call(emulator, "POST", f"/v1/Services/{service.sid}/Notifications", Identity="alice", Body="x")
        assert emulator.deliveries.last.state == state
    assert not emulator.providers.sms.busy


def test_an_unknown_provider_is_a_404(emulator: Emulator) -> None:
    error = ask(emulator, "GET", "providers/apn", status=404)["error"]
    assert error == {"message": "there is no provider 'apn'; did you mean apns?", "field": "name"}


def numbers(emulator: Emulator, query: str) -> list[int]:
    return [one["number"] for one in ask(emulator, "GET", f"journal?{query}")["exchanges"]]


def test_the_journal_is_filtered_and_paged(emulator: Emulator) -> None:
    for _ in range(3):
        call(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="x")
        call(emulator, "GET", "/v1/Credentials/CR1")
    assert numbers(emulator, "call=credential.create") == [1, 3, 5]
    assert numbers(emulator, "call=*.fetch&status=404&limit=2") == [2, 4]
    assert numbers(emulator, "after=2&limit=3") == [3, 4, 5]
    assert numbers(emulator, "after=6") == []
    assert numbers(emulator, "limit=0") == []


@pytest.mark.parametrize(
    ("path", "field", "expected"),
    [
        ("journal?cal=x", "cal", "unknown query parameter 'cal'; did you mean call?"),
        ("journal?call=credential.craete", "call", "did you mean credential.create?"),
        ("journal?status=4x", "status", "expected 404, a class such as 4xx, or none for no response, got '4x'"),
        ("journal?after=-1", "after", "expected a number"),
        ("journal?limit=1&limit=2", "limit", "was sent 2 times"),
        ("deliveries?idenity=alice", "idenity", "did you mean identity?"),
        ("state?accont=x", "accont", "this path takes none"),
        ("health?x", "x", "this path takes none"),
    ],
)
def test_a_bad_query_is_refused(emulator: Emulator, path: str, field: str, expected: str) -> None:
    error = ask(emulator, "GET", path, status=400)["error"]
    assert error["field"] == field
    assert expected in error["message"]


def test_a_command_with_an_unknown_query_parameter_is_not_carried_out(emulator: Emulator) -> None:
    emulator.credentials.add(type="fcm")
    ask(emulator, "POST", "reset?keep=records", status=400)
    ask(emulator, "DELETE", "faults?name=x", status=400)
    assert len(emulator.credentials) == 1


@pytest.mark.parametrize("field", ["account_sid", "region"])
@pytest.mark.parametrize("value", [0, False, "", [], {}])
def test_an_empty_account_or_region_is_refused_and_not_taken_for_a_missing_one(field: str, value: object) -> None:
    answer = Emulator().app.test_client().post("/_mock/records", json={"services": [{field: value}]})
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"]["field"] == f"services[0].{field}"
