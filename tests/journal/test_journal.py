"""The journal: what it keeps, the messages of its assertions, and its limits."""

from __future__ import annotations

import gc
from contextlib import suppress

import pytest
from helpers.calls import ask, basic
from helpers.locks import is_locked
from requests.exceptions import RequestException

from notify_mock import Emulator, Refuse, UsageError
from notify_mock.journal.journal import MAX_REFUSED_BYTES
from notify_mock.twilio_api.messages import Call, Params, read


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
    monkeypatch.setattr("notify_mock.journal.journal.MAX_ACCOUNT_BYTES", 10_000)
    emulator = Emulator()
    for number in range(10):
        emulator.client().notify.v1.credentials.create(type="fcm", secret=f"{number}" * 1000)
    assert 1 <= len(emulator.journal) < 6
    assert emulator.journal.last.parameter("Secret") == "9" * 1000


def fetch_as(emulator: Emulator, user: str, **headers: str) -> None:
    headers = {"authorization": basic(user, "x"), **headers}
    emulator.handle(Call("GET", "notify.twilio.com", "/v1/Credentials", headers=headers))


def users(emulator: Emulator) -> str:
    return " ".join(exchange.account_sid for exchange in emulator.journal)


def test_all_accounts_together_are_bounded_and_the_longest_silent_one_loses_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("notify_mock.journal.journal.MAX_EXCHANGES", 4)
    emulator = Emulator(journal_limit=3)
    for user in ("ACa", "ACb", "ACa", "ACc", "ACd"):
        fetch_as(emulator, user)
    assert users(emulator) == "ACa ACa ACc ACd"
    for user in ("ACe", "ACf"):
        fetch_as(emulator, user)
    assert users(emulator) == "ACc ACd ACe ACf"
    assert len(emulator.journal) == 4
    with pytest.raises(AssertionError, match=r", 4 \(\d+ bytes\) in all, and has dropped 2 exchanges that may have"):
        emulator.journal.expect("credential.list", count=0, account_sid="ACa")
    assert emulator.journal.expect("credential.list", count=1, account_sid="ACc")
    assert emulator.journal.show().startswith("(3 earlier exchanges are not shown)")


def test_a_large_journal_limit_raises_the_limit_of_all_accounts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.journal.journal.MAX_EXCHANGES", 2)
    emulator = Emulator(journal_limit=5)
    for _ in range(9):
        fetch_as(emulator, "ACa")
    assert len(emulator.journal) == 5


def test_the_size_of_all_accounts_together_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.journal.journal.MAX_BYTES", 10_000)
    emulator = Emulator()
    for number in range(20):
        fetch_as(emulator, f"AC{number}", cookie="c" * 2000)
    assert users(emulator) == "AC16 AC17 AC18 AC19"


def test_a_restored_journal_continues_with_the_same_limits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.journal.journal.MAX_EXCHANGES", 3)
    emulator = Emulator(journal_limit=3)
    for user in ("ACa", "ACb", "ACa"):
        fetch_as(emulator, user)
    with emulator.checkpoint():
        for user in ("ACc", "ACd", "ACe"):
            fetch_as(emulator, user)
        assert users(emulator) == "ACc ACd ACe"
    assert users(emulator) == "ACa ACb ACa"
    fetch_as(emulator, "ACc")
    assert users(emulator) == "ACa ACa ACc"


def test_with_very_many_accounts_a_dropped_exchange_may_be_of_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.journal.journal.MAX_EXCHANGES", 1)
    monkeypatch.setattr("notify_mock.journal.journal._MAX_COUNTERS", 2)
    emulator = Emulator(journal_limit=1)
    for number in range(5):
        fetch_as(emulator, f"AC{number}")
    for user, dropped in [("AC0", 3), ("AC3", 2), ("ACnew", 2)]:
        with pytest.raises(AssertionError, match=f"has dropped {dropped} exchanges that may have matched"):
            emulator.journal.expect("credential.list", count=0, account_sid=user)
    assert emulator.journal.expect("credential.create", count=0) == []


LARGE = "x" * MAX_REFUSED_BYTES


def test_the_large_body_of_a_refused_request_is_not_kept() -> None:
    emulator = Emulator()
    assert ask(emulator, "POST", "/v1/Credentials?Type=apn", Type="fcm", Nope=LARGE).status == 400
    last = emulator.journal.last
    assert (last.parameter("Nope"), last.call.query["Type"]) == (None, "apn")
    assert last.reason.endswith("bytes is not kept")
    assert last.size < 2000


def test_an_assertion_about_a_body_that_is_not_kept_says_so() -> None:
    emulator = Emulator()
    ask(emulator, "POST", "/v1/Credentials", Type="fcm", Nope=LARGE)
    with pytest.raises(
        AssertionError, match=r"bodies of more than 16384 bytes of refused requests, and 1 of those may"
    ):
        emulator.journal.expect("credential.create", count=0, Type="fcm")
    assert emulator.journal.expect("credential.create", count=1, status=400)
    assert emulator.journal.expect("credential.create", count=0, status=201, Type="fcm") == []


@pytest.mark.parametrize(
    ("parameters", "fault"),
    [
        ({"Type": "fcm", "Nope": "small"}, False),
        ({"Type": "fcm", "Secret": LARGE}, False),
        ({"Type": "fcm", "Secret": LARGE}, True),
    ],
    ids=["small", "accepted", "refused by a fault rule"],
)
def test_other_bodies_are_kept(parameters: dict[str, str], fault: bool) -> None:
    emulator = Emulator()
    if fault:
        emulator.faults.add("credential.create", Refuse(20429))
    ask(emulator, "POST", "/v1/Credentials", **parameters)
    assert emulator.journal.last.call.form == Params(tuple(parameters.items()))


def test_bodies_that_are_not_kept_do_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notify_mock.journal.journal.MAX_ACCOUNT_BYTES", 100_000)
    emulator = Emulator()
    for _ in range(20):
        ask(emulator, "POST", "/v1/Credentials", Type="fcm", Nope=LARGE)
    assert len(emulator.journal) == 20
    emulator.restore(emulator.snapshot())
    for _ in range(20):
        ask(emulator, "POST", "/v1/Credentials", Type="fcm", Nope=LARGE)
    assert len(emulator.journal) == 40


def test_nothing_that_was_read_of_a_malformed_body_is_kept() -> None:
    emulator = Emulator()
    headers = {"authorization": basic("ACx", "x"), "content-type": "application/x-www-form-urlencoded"}
    for number in range(1, 21):
        body = b"Secret=%FF" + b"a" * (100_000 + number)
        call = read("POST", "/v1/Credentials", host="notify.twilio.com", headers=headers, body=body)
        assert emulator.handle(call).status == 400
    del call
    gc.collect()
    assert [exchange.reason for exchange in emulator.journal] == ["the body is not UTF-8"] * 20
    kept = [one for one in gc.get_objects() if isinstance(one, UnicodeDecodeError)]
    assert not [one for one in kept if len(one.object) > 100_000]


def test_many_small_parameters_count_with_what_they_cost() -> None:
    call = Call("POST", "notify.twilio.com", "/v1/Credentials", form=Params((("a", "1"),) * 1000))
    assert call.size() > 100_000


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
