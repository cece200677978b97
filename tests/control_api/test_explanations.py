"""One exchange: as on the wire, why it ended so, and what it delivered; and the callbacks with their signature."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from helpers.calls import ask as call
from helpers.calls import basic
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from notify_mock import Cassette, Emulator, apn_pair, fcm_service_account
from notify_mock.twilio_api.messages import read

CALLBACK = "http://user:pass@127.0.0.1:1/hook?token=hush"


def explained(emulator: Emulator, number: int = 0) -> Any:
    number = number or emulator.journal.last.number
    answer = emulator.app.test_client().get(f"/_mock/journal/{number}")
    assert answer.status_code == 200, answer.text
    assert "hush" not in answer.text
    return answer.get_json()


def test_the_rest_of_a_secret_with_an_ampersand_is_masked(emulator: Emulator) -> None:
    headers = {"Authorization": basic(*emulator.auth), "Content-Type": "application/x-www-form-urlencoded"}
    body = "Type=fcm&ApiKey=&Secret=first&second-half&=x"
    emulator.app.test_client().post("/v1/Credentials", data=body, headers=headers)
    assert "second-half" not in str(explained(emulator))
    request = explained(emulator)["wire"]["request"]
    assert request["body"].startswith("Type=fcm&ApiKey=[secret]&Secret=[secret]&[secret]=[secret]&")


def test_a_request_is_shown_as_on_the_wire_without_secrets(emulator: Emulator) -> None:
    headers = {
        "host": "notify.twilio.com",
        "user-agent": "app/1",
        "authorization": basic("ACx", "hush"),
        "x-api": "hush",
        "content-type": "application/x-www-form-urlencoded",
    }
    body = b"Type=fcm&FriendlyName=a+%26+b&Secret=hush&Other=hush"
    emulator.handle(read("POST", "/v1/Credentials", host="notify.twilio.com", headers=headers, body=body))
    request = explained(emulator)["wire"]["request"]
    assert request["line"] == "POST /v1/Credentials HTTP/1.1"
    assert request["body"] == "Type=fcm&FriendlyName=a+%26+b&Secret=[secret]&Other=[secret]"
    assert request["headers"] == [
        ["Host", "notify.twilio.com"],
        ["User-Agent", "app/1"],
        ["Authorization", "Basic [secret]"],
        ["X-Api", "[secret]"],
        ["Content-Type", "application/x-www-form-urlencoded"],
    ]


def test_a_query_is_part_of_the_request_line(emulator: Emulator) -> None:
    call(emulator, "GET", "/v1/Services?FriendlyName=a%20b&Secret=hush")
    line = explained(emulator)["wire"]["request"]["line"]
    assert line == "GET /v1/Services?FriendlyName=a+b&Secret=[secret] HTTP/1.1"


def test_a_response_is_shown_from_the_moment_that_responses_are_kept(emulator: Emulator) -> None:
    call(emulator, "GET", "/v1/Services/IS1")
    web = emulator.app.test_client()
    assert web.post("/_mock/journal", json={"keep_bodies": True}).get_json() == {"keep_bodies": True}
    answer = call(emulator, "GET", "/v1/Services/IS1")
    call(emulator, "DELETE", f"/v1/Services/{emulator.services.add().sid}")
    assert explained(emulator, 1)["wire"]["response"] is None
    response = explained(emulator, 2)["wire"]["response"]
    assert response["line"] == "HTTP/1.1 404 NOT FOUND"
    assert response["headers"] == [list(pair) for pair in answer.headers]
    assert response["body"] == answer.body.decode()
    assert explained(emulator, 3)["wire"]["response"]["body"] == ""
    emulator.reset()
    call(emulator, "GET", "/v1/Services")
    assert explained(emulator)["wire"]["response"]["line"] == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("body", [{}, {"keep_bodies": "yes"}, {"keep_bodys": True}])
def test_a_bad_switch_names_the_key(emulator: Emulator, body: dict[str, Any]) -> None:
    answer = emulator.app.test_client().post("/_mock/journal", json=body)
    assert (answer.status_code, "keep_bod" in answer.get_json()["error"]["field"]) == (400, True)


def test_a_broken_response_is_shown_as_far_as_it_was_sent() -> None:
    emulator = Emulator(keep_bodies=True)
    emulator.faults.add("*", "truncate", bytes=3, times=1)
    emulator.faults.add("*", "reset", skip=1)
    call(emulator, "GET", "/v1/Services")
    call(emulator, "GET", "/v1/Services")
    assert explained(emulator, 1)["wire"]["response"]["body"] == '{"m'
    assert explained(emulator, 2)["wire"]["response"] is None


def test_a_usual_call_needs_no_explanation(emulator: Emulator) -> None:
    call(emulator, "GET", "/v1/Services")
    assert explained(emulator)["why"] is None


def test_a_refusal_names_the_rule_its_evidence_and_source(emulator: Emulator) -> None:
    call(emulator, "POST", "/v1/Credentials", Type="fcm")
    why = explained(emulator)["why"]
    assert why["reason"] == "Secret is missing or empty"
    assert why["rule"] == {
        "name": "MissingSecret",
        "status": 400,
        "code": 20001,
        "message": "Cannot {verb} credentials record. '{name}' must be present",
        "evidence": "observed",
        "source": "POST /Credentials without Secret, 2017; ApiKey, Certificate, PrivateKey and the update are inferred",
    }
    assert (why["faults"], why["cassette"], why["failed"]) == ([], None, [])


def test_the_fault_rules_that_applied_are_shown_even_after_they_were_removed(emulator: Emulator) -> None:
    emulator.faults.add("*", "delay", seconds=1, name="slow")
    emulator.faults.add("credential.list", "refuse", code=20429, name="busy", times=3, headers={"x-key": "*"})
    headers = {"authorization": basic(*emulator.auth), "x-key": "hush"}
    emulator.handle(read("GET", "/v1/Credentials", host="notify.twilio.com", headers=headers))
    slow, busy = explained(emulator)["why"]["faults"]
    assert (slow["name"], slow["seconds"], slow["fired"]) == ("slow", 1, 1)
    assert (busy["name"], busy["times"], busy["headers"]) == ("busy", 3, {"x-key": "[secret]"})
    emulator.faults.clear()
    why = explained(emulator)["why"]
    assert why["faults"] == [{"name": "slow"}, {"name": "busy"}]
    assert why["rule"]["name"] == "TooManyRequests"


def test_a_response_that_a_fault_discards_has_no_rule(emulator: Emulator) -> None:
    emulator.faults.add("*", "drop", phase="after")
    call(emulator, "GET", "/v1/Services/IS1")
    found = explained(emulator)
    assert (found["why"]["rule"], found["why"]["faults"][0]["effect"], found["played"]) == (None, "drop", 404)


RECORDED = """
version: 1
interactions:
- request:
    method: POST
    uri: "https://notify.twilio.com/v1/Services"
    body: "FriendlyName=App"
    headers: {Content-Type: [application/x-www-form-urlencoded]}
  response: {status: {code: 201, message: CREATED}, headers: {}, body: {string: '{"sid": "IS1"}'}}
"""


def test_the_recorded_exchange_or_the_nearest_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "app.yaml").write_text(RECORDED)
    emulator = Emulator(cassette=Cassette(tmp_path / "app.yaml"))
    call(emulator, "POST", "/v1/Services", FriendlyName="App")
    call(emulator, "POST", "/v1/Services", FriendlyName="Ap", LogEnabled="true")
    matched = explained(emulator, 1)["why"]["cassette"]
    assert matched["matched"].endswith("app.yaml, line 4, interactions[0]")
    assert matched["nearest"] is None
    missed = explained(emulator, 2)["why"]["cassette"]
    assert missed["matched"] is None
    assert missed["nearest"]["where"] == matched["matched"]
    assert missed["nearest"]["differences"] == [
        {"field": "form FriendlyName", "asked": "'Ap'", "recorded": "'App'"},
        {"field": "form LogEnabled", "asked": "'true'", "recorded": "missing"},
    ]
    assert explained(emulator, 2)["copy_as"]["pytest"] is None


def notify(emulator: Emulator, **service: Any) -> str:
    credential = emulator.credentials.add(type="fcm", secret="hush-key")
    made = emulator.services.add(fcm_credential_sid=credential.sid, messaging_service_sid="MG" + "0" * 32, **service)
    for kind, address in (("fcm", "token"), ("sms", "+15550100")):
        emulator.bindings.add(service_sid=made.sid, identity="alice", binding_type=kind, address=address)
    call(emulator, "POST", f"/v1/Services/{made.sid}/Notifications", Identity="alice", Body="Hi")
    return str(emulator.journal.last.sid)


def test_a_notification_shows_its_deliveries_and_why_one_failed(emulator: Emulator) -> None:
    notify(emulator)
    found = explained(emulator)
    assert found["deliveries"] == [delivery.sid for delivery in emulator.deliveries]
    (failed,) = found["why"]["failed"]
    assert (failed["channel"], failed["identity"], failed["code"]) == ("fcm", "alice", 52117)
    assert failed["evidence"] == "observed"
    assert "legacy server key" in failed["reason"]
    assert "service account" in failed["remedy"]


def test_callbacks_are_shown_with_body_and_signature_before_and_after_they_are_sent(emulator: Emulator) -> None:
    sid = notify(emulator, delivery_callback_url=CALLBACK, delivery_callback_enabled=True)
    other = notify(emulator)
    web = emulator.app.test_client()
    before = web.get(f"/_mock/callbacks?notification={sid}")
    (waiting,) = before.get_json()["callbacks"]
    requests = []
    emulator.callbacks.mount(lambda environ, start: (requests.append(environ), start("204 NO CONTENT", []), [])[2])
    web.post("/_mock/callbacks")
    after = web.get("/_mock/callbacks")
    (sent,) = after.get_json()["sent"]
    assert "hush" not in before.text + after.text
    assert "pass@" not in before.text + after.text
    headers = dict(waiting["headers"])
    assert headers["X-Twilio-Signature"] == requests[0]["HTTP_X_TWILIO_SIGNATURE"]
    assert dict(sent["headers"])["X-Twilio-Signature"] == headers["X-Twilio-Signature"]
    assert waiting["body"] == sent["body"]
    assert f"NotificationSid={sid}" in waiting["body"]
    assert (sent["status"], sent["notification_sid"], sent["number"]) == (204, sid, emulator.journal.last.number)
    assert waiting["url"] == "http://[secret]@127.0.0.1:1/hook?token=[secret]"
    assert web.get(f"/_mock/callbacks?notification={other}").get_json() == {"callbacks": [], "sent": []}


def test_a_callback_is_copied_as_curl_only_with_a_valid_signature(emulator: Emulator) -> None:
    notify(emulator, delivery_callback_url="http://127.0.0.1:1/hook", delivery_callback_enabled=True)
    emulator.callbacks.mount(lambda _, start: (start("204 NO CONTENT", []), [])[1])
    emulator.callbacks.drain()
    last = emulator.journal.last
    copied = explained(emulator)["copy_as"]
    assert (copied["python"], copied["node"], copied["pytest"]) == (None, None, None)
    signature = last.call.headers["x-twilio-signature"]
    assert f"X-Twilio-Signature: {signature}" in copied["curl"]
    form = MultiDict(last.call.form.pairs)
    assert RequestValidator(emulator.auth[1]).compute_signature("http://127.0.0.1:1/hook", form) == signature


def diagnose(emulator: Emulator, body: Any, *, status: int = 200) -> Any:
    answer = emulator.app.test_client().post("/_mock/diagnose", json=body)
    assert answer.status_code == status, answer.text
    return answer.get_json()


def test_files_are_diagnosed_at_the_emulators_time(emulator: Emulator) -> None:
    pair = apn_pair(topic="com.example.chat")
    files = {"cert.pem": b64encode((pair.certificate + pair.private_key).encode()).decode()}
    found = diagnose(emulator, {"files": files})
    assert (found["type"], found["ok"], found["topic"], found["key_matches"]) == ("apn", True, "com.example.chat", True)
    assert found["parameters"]["PrivateKey"] == "[secret]"
    assert "-----" not in str(found)
    filled = diagnose(emulator, {"files": files, "secrets": True, "password": None})["parameters"]
    call(emulator, "POST", "/v1/Credentials", **filled)
    assert emulator.journal.last.status == 201
    emulator.clock.advance("500d")
    assert diagnose(emulator, {"files": files})["ok"] is False


def test_a_service_account_is_diagnosed(emulator: Emulator) -> None:
    content = b64encode(fcm_service_account("my-app").encode()).decode()
    found = diagnose(emulator, {"files": {"account.json": content}})
    assert (found["type"], found["project_id"]) == ("fcm", "my-app")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "files"),
        ({"files": []}, "files"),
        ({"files": {}}, "files"),
        ({"files": {"": "e30="}}, "files"),
        ({"files": {"a": 5}}, "files"),
        ({"files": {"a": "hush!"}}, "files"),
        ({"files": {str(number): "" for number in range(9)}}, "files"),
        ({"files": {"a": "e30="}, "password": 5}, "password"),
        ({"files": {"a": "e30="}, "secrets": "yes"}, "secrets"),
        ({"files": {"a": "e30="}, "pasword": "hush"}, "pasword"),
    ],
)
def test_a_bad_upload_names_the_field_and_shows_no_content(emulator: Emulator, body: Any, field: str) -> None:
    error = diagnose(emulator, body, status=400)["error"]
    assert error["field"] == field
    assert "hush" not in error["message"]
