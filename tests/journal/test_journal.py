"""The journal: what it keeps, the messages of its assertions, and its limits."""

from __future__ import annotations

from contextlib import suppress

import pytest
from helpers.locks import is_locked
from requests.exceptions import RequestException

from notify_mock import Emulator, UsageError


@pytest.fixture
def used() -> Emulator:
    emulator = Emulator(frozen="2030-01-01")
    create = emulator.client().notify.v1.credentials.create
    create(type="fcm", secret="hush-1", friendly_name="a")
    create(type="fcm", secret="hush-2")
    create(type="gcm", api_key="hush-3")
    emulator.client().http_client.request("GET", "https://notify.twilio.com/v1/Nothing", auth=emulator.auth)
    return emulator


def test_expect_returns_what_it_found(used: Emulator) -> None:
    found = used.journal.expect("credential.create", count=2, status=201, Type="fcm")
    assert [exchange.parameter("Secret") for exchange in found] == ["hush-1", "hush-2"]
    assert found[0].sid in used.credentials
    assert len(used.journal.expect("credential.*")) == 3
    assert used.journal.expect(status=404, code=20404)[0].name is None
    assert used.journal.expect("credential.delete", count=0) == []


def test_expect_fails_with_what_arrived_and_the_nearest_misses(used: Emulator) -> None:
    with pytest.raises(AssertionError) as caught:
        used.journal.expect("credential.create", count=1, Type="gcm", Secret="hush-9", status=201)
    lines = str(caught.value).splitlines()
    assert lines[0] == "expected 1 of credential.create with status=201, Type=gcm, Secret=[secret], found 0"
    assert lines[1] == "nearest misses (3):"
    assert lines[2] == (
        "  #3 00:00:00.000000Z credential.create: POST /v1/Credentials Type=gcm ApiKey=[secret] -> 201"
        "  <- Secret is missing"
    )
    assert "<- got Type=fcm; got Secret=[secret]" in lines[3]
    assert lines[5] == "other requests (1):"
    assert "no call: GET /v1/Nothing -> 404 20404 (no such path)" in lines[6]
    assert "hush" not in str(caught.value)


def test_expect_fails_and_lists_what_it_found(used: Emulator) -> None:
    with pytest.raises(AssertionError, match=r"found 3\nfound \(3\):\n  #1 "):
        used.journal.expect("credential.create", count=2)


def test_expect_says_when_nothing_arrived_at_all() -> None:
    with pytest.raises(AssertionError, match="no request arrived at all"):
        Emulator().journal.expect("credential.create")


def test_a_full_journal_drops_the_oldest_of_that_account_and_says_so() -> None:
    emulator = Emulator(journal_limit=3)
    fetch = emulator.client().notify.v1.credentials.list
    for _ in range(5):
        fetch()
    emulator.client("ACother", "x").notify.v1.credentials.list()
    assert [exchange.number for exchange in emulator.journal] == [3, 4, 5, 6]
    assert emulator.journal.show().startswith("(2 earlier exchanges are not shown)\n#3 ")
    with pytest.raises(AssertionError, match=r"has dropped 2 exchanges that may have matched; increase journal_limit"):
        emulator.journal.expect("credential.list", count=4)
    with pytest.raises(AssertionError, match="found 0"):
        emulator.journal.expect("credential.create", count=1)
    assert emulator.journal.expect("credential.list", count=1, account_sid="ACother")
    assert emulator.journal.expect("credential.create", count=0) == []


def test_the_journal_is_bounded_in_size_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.journal.journal.MAX_ACCOUNT_CHARACTERS", 5000)
    emulator = Emulator()
    for number in range(10):
        emulator.client().notify.v1.credentials.create(type="fcm", secret=f"{number}" * 1000)
    assert 1 <= len(emulator.journal) < 5
    assert emulator.journal.last.parameter("Secret") == "9" * 1000


@pytest.mark.parametrize(
    ("name", "criteria", "expected"),
    [
        ("credentials.create", {}, "did you mean credential.create?"),
        ("credential.create", {"type": "fcm"}, "unknown criterion 'type'"),
        ("credential.create", {"statis": 201}, "did you mean status?"),
    ],
)
def test_a_typo_in_an_assertion_is_an_error(name: str, criteria: dict[str, object], expected: str) -> None:
    with pytest.raises(UsageError) as caught:
        Emulator().journal.expect(name, count=0, **criteria)
    assert expected in str(caught.value)


def test_it_prints_one_line_for_each_request(used: Emulator) -> None:
    assert str(used.journal).splitlines()[0] == (
        "#1 00:00:00.000000Z credential.create: POST /v1/Credentials Type=fcm FriendlyName=a Secret=[secret] -> 201"
    )
    assert len(str(used.journal).splitlines()) == len(used.journal) == 4
    assert str(Emulator().journal) == "no request arrived"


def test_last_is_the_newest_and_an_error_when_there_is_none(used: Emulator) -> None:
    assert used.journal.last.number == 4
    with pytest.raises(LookupError, match="no request arrived"):
        _ = Emulator().journal.last


def test_calls_filters_without_asserting(used: Emulator) -> None:
    assert len(used.journal.calls("credential.create", Type="fcm")) == 2
    assert used.journal.calls(api="chat/v2") == []
    assert len(used.journal.calls(api="notify/v1", account_sid=used.auth[0])) == 4


def test_a_listener_is_called_for_every_request(used: Emulator) -> None:
    heard: list[int | None] = []
    used.journal.subscribe(lambda exchange: heard.append(exchange.status))
    used.client().notify.v1.credentials.list()
    used.reset()
    used.client().notify.v1.credentials.list()
    assert heard == [200, 200]


def test_a_listener_is_called_without_the_lock_and_before_the_response() -> None:
    emulator = Emulator()
    found: list[tuple[str, bool]] = []
    emulator.journal.subscribe(lambda exchange: found.append((exchange.outcome(), is_locked(emulator))))
    credentials = emulator.client().notify.v1.credentials
    emulator.faults.add("credential.fetch", "drop", phase="after")
    sid = credentials.create(type="fcm", secret="x").sid
    with suppress(RequestException):
        credentials.get(sid).fetch()
    assert found == [("201", False), ("no response [drop-1] after 200", False)]


def test_a_refused_request_is_kept_with_its_reason() -> None:
    emulator = Emulator()
    emulator.client("bob", "x").http_client.request(
        "GET", "https://notify.twilio.com/v1/Credentials", auth=("bob", "x")
    )
    last = emulator.journal.last
    assert (last.status, last.code, last.account_sid) == (401, 20003, "")
    assert last.reason == "the user name must begin with AC or SK"
