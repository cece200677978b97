"""Making calls of the emulated API through the control API."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from helpers.calls import ask as call
from helpers.calls import basic
from helpers.held_calls import waits

from notify_mock import Account, Emulator
from notify_mock.twilio_api.messages import read

AC = "AC" + "1" * 32


def make(emulator: Emulator, body: Any, *, status: int = 200) -> Any:
    answer = emulator.app.test_client().post("/_mock/calls", json=body, base_url="http://localhost:8010")
    assert answer.status_code == status, answer.text
    return answer.get_json()


@pytest.fixture
def strict() -> Emulator:
    return Emulator(accounts=[Account("AC" + "0" * 32, "hush"), Account(AC, "hush-hush")])


def test_a_call_needs_no_token_and_shows_none(strict: Emulator) -> None:
    made = make(strict, {"method": "POST", "path": "/v1/Services", "account": AC, "params": {"FriendlyName": "App"}})
    assert (made["status"], made["number"]) == (201, 1)
    content = json.loads(made["body"])
    assert (content["account_sid"], content["friendly_name"]) == (AC, "App")
    assert content["url"].startswith("http://localhost:8010/v1/Services/IS")
    assert ["X-API-Domain", "notify.twilio.com"] in made["headers"]
    assert "hush" not in str(made)
    assert strict.journal.last.name == "service.create"


def test_the_default_account_makes_the_call_if_none_is_given(emulator: Emulator) -> None:
    make(emulator, {"method": "GET", "path": "/v1/Services"})
    assert emulator.journal.last.account_sid == emulator.auth[0]


def test_any_account_makes_a_call_of_an_open_emulator(emulator: Emulator) -> None:
    make(emulator, {"method": "GET", "path": "/v1/Services", "account": "ACme"})
    assert (emulator.journal.last.account_sid, emulator.journal.last.status) == ("ACme", 200)


def test_a_host_of_twilios_names_product_and_region(emulator: Emulator) -> None:
    form = [["Type", "fcm"], ["Secret", "x"]]
    make(emulator, {"method": "POST", "path": "https://chat.ie1.twilio.com/v2/Credentials", "params": form})
    assert (emulator.journal.last.api, emulator.journal.last.region) == ("chat/v2", "ie1")
    made = make(emulator, {"method": "POST", "path": "/chat/v2/Credentials", "params": form})
    assert "/chat/v2/Credentials/CR" in json.loads(made["body"])["url"]


@pytest.mark.parametrize("params", [{"Tag": ["a", "b"]}, [["Tag", "a"], ["Tag", "b"]]])
def test_parameters_may_be_repeated(emulator: Emulator, params: Any) -> None:
    service = emulator.services.add()
    make(emulator, {"method": "GET", "path": f"/v1/Services/{service.sid}/Bindings", "params": params})
    assert emulator.journal.last.values("Tag") == ["a", "b"]


def test_twilios_refusals_are_responses(emulator: Emulator) -> None:
    made = make(emulator, {"method": "GET", "path": "/v1/Services/IS1"})
    assert (made["status"], json.loads(made["body"])["code"]) == (404, 20404)


def test_fault_rules_apply(emulator: Emulator) -> None:
    emulator.faults.add("service.list", "refuse", code=20429, times=1)
    emulator.faults.add("service.list", "drop")
    body = {"method": "GET", "path": "/v1/Services"}
    assert make(emulator, body)["status"] == 429
    assert make(emulator, body) == {"status": None, "headers": [], "body": "", "number": 2}


def test_a_delay_takes_real_time_and_a_reset_ends_it(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator.clock.freeze("2030-01-01")
    emulator.faults.add("*", "delay", seconds=600)
    begun = waits(monkeypatch)
    with ThreadPoolExecutor() as pool:
        made = pool.submit(make, emulator, {"method": "GET", "path": "/v1/Services"}, status=409)
        assert begun.acquire(timeout=20)
        assert emulator.clock.now().year == 2030
        emulator.reset()
        assert "reset" in made.result(20)["error"]["message"]


def test_a_call_is_repeated_as_it_was(strict: Emulator) -> None:
    headers = {"authorization": basic(AC, "hush-hush"), "content-type": "application/x-www-form-urlencoded"}
    strict.handle(read("POST", "/v1/Services", host="notify.twilio.com", headers=headers, body=b"FriendlyName=x"))
    make(strict, {"repeat": 1})
    first, second = strict.journal
    assert (second.number, second.name, second.account_sid, second.status) == (2, "service.create", AC, 201)
    assert second.call == first.call
    make(strict, {"repeat": 2})
    assert len(strict.services) == 3


def test_what_cannot_be_repeated_is_refused(emulator: Emulator) -> None:
    call(emulator, "GET", "/v1/%zz")
    call(emulator, "POST", "/v1/Credentials", Type="fcm", Nothing="x" * 20_000)
    for number, why in ((1, "could not be read"), (2, "had a large body")):
        error = make(emulator, {"repeat": number}, status=400)["error"]
        assert error["field"] == "repeat"
        assert why in error["message"]
    error = make(emulator, {"repeat": 9}, status=404)["error"]
    assert error["message"] == "repeat: the journal has no exchange 9; it keeps 1 to 2"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"method": "get"}, "method"),
        ({"method": 5}, "method"),
        ({"path": "v1/Services"}, "path"),
        ({"path": "/v1/Services?x=y"}, "path"),
        ({"path": "/v1/\n"}, "path"),
        ({"path": "http://notify.twilio.com/v1/Services"}, "path"),
        ({"path": "https://example.com/v1/Services"}, "path"),
        ({"path": "https://u:p@notify.twilio.com/v1"}, "path"),
        ({"path": "https://[bad/v1"}, "path"),
        ({"path": None}, "path"),
        ({"account": "AC" + "9" * 32}, "account"),
        ({"account": "me"}, "account"),
        ({"account": 5}, "account"),
        ({"params": "Type=fcm"}, "params"),
        ({"params": {"Ttl": 5}}, "params"),
        ({"params": [["Type"]]}, "params"),
        ({"params": ["Type"]}, "params"),
        ({"token": "x"}, "token"),
        ({"repeat": 1}, "repeat"),
    ],
)
def test_a_bad_call_names_the_field_and_is_not_made(strict: Emulator, change: Any, field: str) -> None:
    error = make(strict, {"method": "GET", "path": "/v1/Services", **change}, status=400)["error"]
    assert error["field"] == field
    assert len(strict.journal) == 0


@pytest.mark.parametrize("missing", ["method", "path"])
def test_method_and_path_are_required(emulator: Emulator, missing: str) -> None:
    body = {key: value for key, value in {"method": "GET", "path": "/"}.items() if key != missing}
    assert make(emulator, body, status=400)["error"] == {"field": missing, "message": f"{missing}: is missing"}
