"""Pages of the journal, the deliveries and the records, and what is said about the emulator."""

from __future__ import annotations

from typing import Any

import pytest
from helpers.calls import ask as call

from notify_mock import Account, Emulator
from notify_mock.certificate_authority.authority import Authority

IS = "IS" + "1" * 32


def ask(emulator: Emulator, path: str, *, status: int = 200) -> Any:
    answer = emulator.app.test_client().get(f"/_mock/{path}")
    assert answer.status_code == status, answer.text
    return answer.get_json()


def numbers(emulator: Emulator, query: str) -> list[int]:
    return [one["number"] for one in ask(emulator, f"journal?{query}")["exchanges"]]


@pytest.fixture
def busy(emulator: Emulator) -> Emulator:
    """Six exchanges: a create, a 404 and a dropped list, twice."""
    emulator.faults.add("credential.list", "drop")
    for _ in range(2):
        call(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="hush-hush", FriendlyName="Android")
        call(emulator, "GET", "/v1/Credentials/CR1")
        call(emulator, "GET", "/v1/Credentials")
    return emulator


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("last=2", [5, 6]),
        ("last=0", []),
        ("last=99", [1, 2, 3, 4, 5, 6]),
        ("before=5&last=2", [3, 4]),
        ("before=3", [1, 2]),
        ("before=1", []),
        ("after=2&before=5", [3, 4]),
        ("after=9", []),
        ("status=4xx", [2, 5]),
        ("status=201", [1, 4]),
        ("status=none&last=1", [6]),
        ("status=5xx", []),
        ("text=ANDROID&limit=1", [1]),
        ("text=no+credential+CR1&last=1", [5]),
        ("text=hush", []),
        ("fault=drop-1", [3, 6]),
        ("fault=drop", []),
        ("call=*.fetch&before=5", [2]),
        ("account=AC1", []),
    ],
)
def test_the_journal_is_read_from_either_end(busy: Emulator, query: str, found: list[int]) -> None:
    assert numbers(busy, query) == found


def test_the_journal_says_what_it_keeps() -> None:
    emulator = Emulator(journal_limit=3)
    assert ask(emulator, "journal?last=1") == {"exchanges": [], "count": 0, "oldest": None, "newest": None}
    for _ in range(5):
        call(emulator, "GET", "/v1/Credentials")
    found = ask(emulator, "journal?last=1")
    assert (found["count"], found["oldest"], found["newest"]) == (3, 3, 5)
    error = ask(emulator, "journal/2", status=404)["error"]
    assert error == {"field": "number", "message": "number: the journal has no exchange 2; it keeps 3 to 5"}


def test_only_one_end_can_be_asked_for(emulator: Emulator) -> None:
    assert ask(emulator, "journal?last=1&limit=1", status=400)["error"]["field"] == "last"


def test_a_command_takes_no_query_of_a_page(emulator: Emulator) -> None:
    answer = emulator.app.test_client().post("/_mock/journal?last=1", json={"keep_bodies": True})
    assert answer.status_code == 400
    assert not emulator.journal.keep_bodies


def test_deliveries_are_read_from_either_end(emulator: Emulator) -> None:
    service = emulator.services.add(messaging_service_sid="MG" + "0" * 32)
    for number in range(4):
        emulator.bindings.add(identity="alice", binding_type="sms", address=f"+1555010{number}")
    call(emulator, "POST", f"/v1/Services/{service.sid}/Notifications", Identity="alice", Body="x")
    sids = [delivery.sid for delivery in emulator.deliveries]

    def found(query: str) -> list[str]:
        return [one["sid"] for one in ask(emulator, f"deliveries?{query}")["deliveries"]]

    assert found("last=2") == sids[2:]
    assert found(f"before={sids[2]}&last=1") == [sids[1]]
    assert found(f"after={sids[1]}&limit=1") == [sids[2]]
    assert ask(emulator, "deliveries?last=0")["count"] == 4
    assert ask(emulator, "deliveries?after=DL1", status=400)["error"]["field"] == "after"


@pytest.fixture
def stocked() -> Emulator:
    """Two services with three bindings each, of two accounts."""
    emulator = Emulator(accounts=[Account("AC" + "1" * 32, "hush"), Account("AC" + "2" * 32, "hush")])
    for account in ("AC" + "1" * 32, "AC" + "2" * 32):
        service = emulator.services.add(account_sid=account, friendly_name="App")
        for name in ("ann", "bob", "cat"):
            emulator.bindings.add(
                account_sid=account, service_sid=service.sid, identity=name, binding_type="sms", address="+1"
            )
    return emulator


def identities(emulator: Emulator, query: str) -> str:
    return "".join(one["identity"][0] for one in ask(emulator, f"records/bindings?{query}")["records"])


def test_records_are_read_in_pages_across_services_and_accounts(stocked: Emulator) -> None:
    sids = list(stocked.bindings)
    assert identities(stocked, "limit=4") == "abca"
    assert identities(stocked, f"after={sids[1]}&limit=3") == "cab"
    assert identities(stocked, "skip=2&limit=2") == "ca"
    assert identities(stocked, f"after={sids[0]}&skip=3") == "bc"
    assert identities(stocked, f"after={sids[5]}") == ""
    assert identities(stocked, "skip=99") == ""
    assert identities(stocked, "limit=0") == ""
    assert identities(stocked, "account=AC" + "2" * 32) == "abc"
    assert identities(stocked, "text=BOB") == "bb"
    assert identities(stocked, f"text=bob&after={sids[1]}") == "b"
    assert identities(stocked, "text=bob&skip=1&limit=5") == "b"
    assert ask(stocked, "records/bindings?limit=1")["total"] == 6
    assert ask(stocked, "records/bindings?account=AC" + "2" * 32)["total"] == 3


def test_a_page_begins_after_a_record_that_was_deleted(stocked: Emulator) -> None:
    first = next(iter(stocked.bindings))
    stocked.bindings.remove(first)
    assert identities(stocked, f"after={first}&limit=2") == "bc"


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("records/bindings?after=BS1", 400, "after"),
        ("records/bindings?limit=1001", 400, "limit"),
        ("records/bindings?page=2", 400, "page"),
        ("records/binding", 404, "key"),
        ("export?secrets=yes", 400, "secrets"),
        ("journal/x", 400, "number"),
        ("errors/1", 404, "code"),
    ],
)
def test_a_bad_page_names_the_field(stocked: Emulator, path: str, status: int, field: str) -> None:
    assert ask(stocked, path, status=status)["error"]["field"] == field


def test_records_have_no_secret(emulator: Emulator) -> None:
    emulator.credentials.add(type="fcm", secret="hush-hush")
    assert "hush" not in str(ask(emulator, "records/credentials"))
    assert ask(emulator, "records/credentials?text=hush")["records"] == []


def test_accounts_are_listed_with_their_records_and_without_tokens(stocked: Emulator) -> None:
    stocked.credentials.add(type="fcm", region="ie1")
    stocked.accounts.suspend("AC" + "2" * 32)
    found = ask(stocked, "accounts")
    assert "hush" not in str(found)
    none = dict.fromkeys(("credentials", "services", "bindings", "notifications"), 0)
    records = {**none, "services": 1, "bindings": 3}
    assert found["accounts"] == [
        {
            "sid": "AC" + "1" * 32,
            "status": "active",
            "is_default": True,
            "regions": {"us1": records, "ie1": {**none, "credentials": 1}},
        },
        {"sid": "AC" + "2" * 32, "status": "suspended", "is_default": False, "regions": {"us1": records}},
    ]


def test_the_emulator_says_what_it_is(stocked: Emulator) -> None:
    stocked.clock.freeze("2030-01-01")
    stocked.faults.add("*", "drop")
    answer = stocked.app.test_client().get("/_mock/about", base_url="http://localhost:99")
    found = answer.get_json()
    assert (found["url"], found["strict"], found["frozen"]) == ("http://localhost:99", True, True)
    assert (found["now"], found["faults"], found["needs_token"]) == ("2030-01-01T00:00:00+00:00", 1, False)
    assert (found["default_account"], found["cassette"], found["seed"]) == ("AC" + "1" * 32, None, 0)
    assert "hush" not in answer.text


def test_the_certificate_is_shown_once_there_is_one_and_never_its_key(emulator: Emulator) -> None:
    file = Authority().certificate
    found = ask(emulator, "about")["certificate"]
    assert found == {"file": str(file), "pem": file.read_text()}
    assert "PRIVATE" not in found["pem"]


def test_a_scenario_is_switched_on_and_off(emulator: Emulator) -> None:
    web = emulator.app.test_client()

    def is_on() -> list[str]:
        return [one["name"] for one in ask(emulator, "scenarios")["scenarios"] if one["is_on"]]

    emulator.faults.add("*", "delay", seconds=1, name="mine")
    assert is_on() == []
    web.post("/_mock/faults", json={"scenario": "flaky-network"})
    assert is_on() == ["flaky-network"]
    assert web.delete("/_mock/faults/flaky-cut").status_code == 204
    assert is_on() == []
    assert web.delete("/_mock/scenarios/flaky-network").status_code == 204
    assert web.delete("/_mock/scenarios/flaky-network").status_code == 204
    assert [rule.name for rule in emulator.faults] == ["mine"]
    unknown = web.delete("/_mock/scenarios/flaky-networks")
    assert (unknown.status_code, "did you mean flaky-network?" in unknown.text) == (404, True)


def test_every_scenario_says_what_it_does(emulator: Emulator) -> None:
    found = ask(emulator, "scenarios")["scenarios"]
    assert len(found) >= 7
    assert all(one["description"] and one["rules"] for one in found)


def test_an_error_code_is_explained(emulator: Emulator) -> None:
    found = ask(emulator, "errors/20404")
    assert found["delivery"] is None
    (response,) = found["responses"]
    assert (response["status"], response["evidence"]) == (404, "observed")
    assert (found["title"], "faults.add('*', Refuse(20404))" in str(found["arrangements"])) == ("Not Found", True)
    found = ask(emulator, "errors/52117")
    assert (found["responses"], found["delivery"]["evidence"]) == ([], "observed")
    assert "service account" in found["delivery"]["remedy"]
    codes = [one["code"] for one in ask(emulator, "errors")["errors"]]
    assert codes == sorted(set(codes))
    assert {20404, 52117} <= set(codes)
