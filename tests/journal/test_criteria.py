"""Criteria: a name or value that can never be met is an error, and what a call did not read does not count."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.calls import ask, basic

from notify_mock import Emulator, UsageError
from notify_mock.cli.logs import json_line
from notify_mock.twilio_api.messages import read

FORM = "application/x-www-form-urlencoded"

WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("credential.create", {"FreindlyName": "x"}, "unknown parameter 'FreindlyName'; did you mean FriendlyName?"),
    ("credential.create", {"friendly_name": "x"}, "unknown criterion 'friendly_name'; did you mean FriendlyName?"),
    ("credential.*", {"api_key": "x"}, "did you mean ApiKey?"),
    ("notification.create", {"to_binding": "x"}, "did you mean ToBinding?"),
    ("*", {"page_size": "50"}, "did you mean PageSize?"),
    ("credential.create", {"cuont": 1}, "unknown criterion 'cuont'; did you mean count?"),
    ("credential.create", {"frm": {}}, "did you mean form?"),
    ("credential.create", {"X": "1"}, "For a parameter that Twilio does not know, write form={'X': ...}"),
    (
        "credential.fetch",
        {"Type": "x"},
        "Type is not a parameter of credential.fetch; it is one of credential.create, ",
    ),
    ("binding.list", {"BindingType": "x"}, "it is one of binding.create"),
    ("callback.post", {"Type": "x"}, "Type is not a parameter of callback.post"),
    ("credential.list", {"PageSize": 50}, 'PageSize: expected text, got an int; write it as it is sent, such as "50"'),
    ("credential.create", {"Sandbox": True}, "Sandbox: expected text, got a bool"),
    ("credential.create", {"status": "201"}, "status: expected a number, got a str"),
    ("credential.create", {"code": True}, "code: expected a number, got a bool"),
    ("credential.create", {"sid": 5}, "sid: expected text, got an int"),
    ("credential.create", {"form": "X=1"}, "form: expected a mapping, got 'X=1'"),
    ("credential.create", {"form": {"X": 1}}, "X: expected text, got an int"),
]


@pytest.mark.parametrize(("name", "criteria", "expected"), WRONG, ids=str)
def test_a_criterion_that_can_never_be_met_is_an_error(name: str, criteria: dict[str, Any], expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        Emulator().journal.expect(name, count=0, **criteria)
    assert expected in str(caught.value)


def test_a_misspelt_argument_of_an_assertion_is_found_too() -> None:
    with pytest.raises(UsageError, match="did you mean jitter"):
        Emulator().assert_backoff("credential.create", jiter=True)


@pytest.mark.parametrize(
    ("name", "criteria"),
    [
        ("*", {"Type": "fcm", "Address": "x", "IsFinal": "True"}),
        ("*.list", {"PageSize": "50", "Identity": "x"}),
        ("*.create", {"Segment": "x"}),
        ("credential.update", {"Type": "fcm", "status": None, "code": None}),
        ("callback.post", {"DeliveryState": "x"}),
        ("credential.fetch", {"form": {"Type": "x", "weird name": None}}),
    ],
)
def test_a_criterion_that_one_of_the_calls_knows_is_accepted(name: str, criteria: dict[str, Any]) -> None:
    assert Emulator().journal.expect(name, count=0, **criteria) == []


def test_a_parameter_that_twilio_does_not_know_is_found_in_form(emulator: Emulator) -> None:
    ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="x", type="hush")
    assert emulator.journal.expect("credential.create", count=1, Type="fcm", form={"type": "hush"})
    with pytest.raises(AssertionError) as caught:
        emulator.journal.expect("credential.create", form={"type": "other"})
    assert "with type=[secret], found 0" in str(caught.value)
    assert "<- got type=[secret]" in str(caught.value)


def test_none_asks_for_a_parameter_that_was_not_sent(emulator: Emulator) -> None:
    ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="x")
    assert emulator.journal.expect("credential.create", count=1, FriendlyName=None)
    with pytest.raises(AssertionError, match="with no Secret, found 0"):
        emulator.journal.expect("credential.create", Secret=None)


def test_every_value_of_a_repeated_parameter_counts(emulator: Emulator) -> None:
    ask(emulator, "POST", "/v1/Services/IS1/Notifications", Identity=["alice", "bob"])
    assert emulator.journal.expect("notification.create", count=1, Identity="bob")
    assert emulator.journal.expect("notification.create", count=0, Identity="carol") == []
    with pytest.raises(AssertionError, match="got Identity=alice Identity=bob"):
        emulator.journal.expect("notification.create", Identity="carol")


def lines(emulator: Emulator) -> str:
    """Return the journal, and the log as JSON."""
    return "\n".join([str(emulator.journal), *map(json_line, emulator.journal)])


def test_the_body_of_a_get_is_not_used_and_cannot_satisfy_an_assertion(emulator: Emulator) -> None:
    answer = ask(emulator, "GET", "/v1/Services/IS1/Bindings?Identity=alice", Tag="hush")
    assert answer.status == 404
    assert emulator.journal.expect("binding.list", count=1, Identity="alice")
    assert emulator.journal.expect("binding.list", count=0, Tag="hush") == []
    assert emulator.journal.expect("binding.list", count=0, form={"Tag": "hush"}) == []
    assert emulator.journal.last.parameter("Tag") is None
    assert "/Bindings?Identity=alice (body of a GET not read) -> 404" in str(emulator.journal)
    assert "hush" not in lines(emulator)
    assert lines(emulator).count("body of a GET not read") == 2


def test_a_body_of_a_get_that_is_not_a_form_is_not_read_either(emulator: Emulator) -> None:
    headers = {"authorization": basic(*emulator.auth), "content-type": "application/json"}
    body = json.dumps({"Tag": "hush"}).encode()
    emulator.handle(read("GET", "/v1/Credentials", host="notify.twilio.com", headers=headers, body=body))
    assert "GET /v1/Credentials (body of a GET not read) -> 200" in str(emulator.journal)


def test_the_query_of_a_post_is_shown_but_not_used(emulator: Emulator) -> None:
    ask(emulator, "POST", "/v1/Credentials?FriendlyName=Android", Type="fcm", Secret="x")
    (made,) = emulator.credentials.values()
    assert made.friendly_name is None
    assert emulator.journal.expect("credential.create", count=0, FriendlyName="Android") == []
    assert "?FriendlyName=Android Type=fcm Secret=[secret] (query of a POST not read) -> 201" in str(emulator.journal)


def test_a_rule_does_not_match_what_is_not_read(emulator: Emulator) -> None:
    emulator.faults.add("credential.list", "drop", form={"Type": "fcm"}, unused="ignore")
    assert ask(emulator, "GET", "/v1/Credentials", Type="fcm").status == 200
    assert ask(emulator, "GET", "/v1/Credentials?Type=fcm").status == 0
