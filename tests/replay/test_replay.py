"""Playing cassettes: matching, order, misses, and the emulator's other features around them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml
from helpers.calls import basic
from helpers.entries import ACCOUNT, SID, URL, entry, record
from helpers.locks import is_locked
from twilio.base.exceptions import TwilioRestException

from notify_mock import Call, Cassette, Delay, Drop, Emulator, Truncate, UsageError
from notify_mock.twilio_api.messages import Params

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(*entries: dict[str, Any], name: str = "x.yaml") -> Path:
        path = tmp_path / name
        path.write_text(yaml.safe_dump({"version": 1, "interactions": list(entries)}, sort_keys=False))
        return path

    return written


def ask(emulator: Emulator, method: str = "GET", path: str = "/v1/Credentials", **more: Any) -> tuple[int, Any]:
    host = more.pop("host", "notify.twilio.com")
    for part in ("query", "form"):
        more[part] = Params(tuple(more.get(part, ())))
    headers = {"authorization": basic(ACCOUNT, "token")}
    answer = emulator.handle(Call(method, host, path, headers=headers, **more))
    return answer.status, json.loads(answer.body or b"null")


def test_the_sdk_gets_the_recorded_response(write: Write) -> None:
    emulator = Emulator(cassette=write(entry(uri=f"{URL}/{SID}", text=record(name="recorded"))))
    assert emulator.client().notify.v1.credentials(SID).fetch().friendly_name == "recorded"
    assert emulator.cassette is not None
    assert not emulator.cassette.unused
    assert emulator.journal.last.name == "credential.fetch"
    assert emulator.journal.last.status == 200


def test_a_request_is_searched_for_secrets_without_the_lock(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator(cassette=Cassette(write(entry())))
    found = []
    key = Cassette.key
    monkeypatch.setattr(Cassette, "key", lambda self, call: (found.append(is_locked(emulator)), key(self, call))[1])
    assert [ask(emulator)[0] for _ in range(2)] == [200, 421]
    assert found == [False, False]


def test_each_entry_is_played_once_and_in_order_and_a_reset_rewinds(write: Write) -> None:
    emulator = Emulator(cassette=write(entry(text="1"), entry("DELETE"), entry(text="2")))
    for _ in range(2):
        assert [ask(emulator)[1] for _ in range(2)] == [1, 2]
        assert ask(emulator)[0] == 421
        assert len(emulator.cassette.unused) == 1  # type: ignore[union-attr]
        emulator.reset()


def test_repeat_plays_the_last_response_again(write: Write) -> None:
    emulator = Emulator(cassette=Cassette(write(entry(text="1"), entry(text="2")), repeat=True))
    assert [ask(emulator)[1] for _ in range(4)] == [1, 2, 2, 2]


def test_a_checkpoint_restores_the_position_of_the_cassette(write: Write) -> None:
    emulator = Emulator(cassette=write(entry(text="1"), entry(text="2")))
    assert ask(emulator)[1] == 1
    with emulator.checkpoint():
        assert ask(emulator)[1] == 2
        emulator.cassette = None
        assert ask(emulator)[1]["credentials"] == []
    assert ask(emulator)[1] == 2


@pytest.mark.parametrize(
    ("recorded", "sent", "hit"),
    [
        ({"uri": f"{URL}?PageSize=2&Page=0"}, {"query": [("Page", "0"), ("PageSize", "2")]}, True),
        ({"uri": f"{URL}?PageSize=2"}, {"query": [("PageSize", "3")]}, False),
        ({"uri": f"{URL}?Tag=a&Tag=b"}, {"query": [("Tag", "b"), ("Tag", "a")]}, True),
        ({"uri": f"{URL}?Tag=a&Tag=a"}, {"query": [("Tag", "a")]}, False),
        (
            {"method": "POST", "form": "Type=fcm&FriendlyName=x"},
            {"form": [("FriendlyName", "x"), ("Type", "fcm")]},
            True,
        ),
        ({"method": "POST", "form": "Secret=a"}, {"form": [("Secret", "a")]}, True),
        ({"method": "POST", "form": "Secret=a"}, {"form": [("Secret", "b")]}, False),
        (
            {"uri": "https://chat.twilio.com/v2/Credentials"},
            {"host": "127.0.0.1:1", "path": "/chat/v2/Credentials"},
            True,
        ),
        ({"uri": "https://chat.twilio.com/v2/Credentials"}, {}, False),
        ({"uri": "http://127.0.0.1:8010/v1/Credentials"}, {}, True),
        ({"uri": "https://notify.dublin.ie1.twilio.com/v1/Credentials"}, {}, True),
    ],
)
def test_requests_match_regardless_of_order_and_host(
    write: Write, recorded: dict[str, Any], sent: dict[str, Any], hit: bool
) -> None:
    emulator = Emulator(cassette=write(entry(**recorded)))
    status, _ = ask(emulator, recorded.get("method", "GET"), **sent)
    assert (status == 200) is hit


@pytest.mark.parametrize(
    ("options", "hit"),
    [
        ({"match_on": ["method", "path"]}, True),
        ({"ignore": ["Secret"]}, True),
        ({"match_on": ["method", "form"]}, False),
        ({"match_on": ["method", "account"]}, False),
    ],
)
def test_the_compared_fields_can_be_chosen(write: Write, options: dict[str, Any], hit: bool) -> None:
    emulator = Emulator(cassette=Cassette(write(entry("POST", form="Secret=a")), **options))
    assert (ask(emulator, "POST", form=[("Secret", "b")])[0] == 200) is hit


def test_a_miss_names_the_nearest_request_and_each_difference(write: Write) -> None:
    path = write(
        entry(uri=f"{URL}/{SID}"),
        entry("POST", form="Type=fcm&FriendlyName=Android&Secret=old-server-key"),
    )
    emulator = Emulator(cassette=path)
    with pytest.raises(TwilioRestException) as caught:
        emulator.client().notify.v1.credentials.create(type="fcm", friendly_name="iOS", secret="new-server-key")
    assert (caught.value.status, caught.value.code) == (421, 421)
    for text in (str(caught.value), emulator.journal.show(), emulator.cassette.show()):  # type: ignore[union-attr]
        assert "x.yaml, line 17, interactions[1]: form FriendlyName" in text
        assert "form FriendlyName is 'iOS', recorded 'Android'" in text
        assert "form Secret is 'redacted-secret-" in text
        assert "server-key" not in text


def test_a_miss_says_that_the_entry_was_already_played(write: Write) -> None:
    emulator = Emulator(cassette=write(entry()))
    ask(emulator)
    assert "was already played (use repeat to play it again)" in ask(emulator)[1]["message"]


def test_a_miss_in_an_empty_cassette_is_a_miss(write: Write) -> None:
    assert "which is empty" in ask(Emulator(cassette=write()))[1]["message"]


def test_unrecorded_calls_can_be_emulated(write: Write) -> None:
    emulator = Emulator(cassette=Cassette(write(entry(uri=f"{URL}/{SID}", text=record())), on_miss="emulate"))
    credentials = emulator.client().notify.v1.credentials
    made = credentials.create(type="fcm", secret="x")
    assert credentials(SID).fetch().friendly_name == "x"
    assert [one.sid for one in credentials.list()] == [made.sid]


def test_unrecorded_calls_can_be_forwarded_to_the_upstream(write: Write) -> None:
    with Emulator(seed=1) as upstream:
        sid = upstream.credentials.add(type="fcm", account_sid=ACCOUNT, friendly_name="far").sid
        cassette = Cassette(write(entry(uri=f"{URL}/{SID}", text=record(name="near"))), on_miss="forward")
        with Emulator(cassette=cassette, upstream=upstream.url) as emulator:
            assert ask(emulator, path=f"/v1/Credentials/{SID}")[1]["friendly_name"] == "near"
            assert ask(emulator, path=f"/v1/Credentials/{sid}")[1]["friendly_name"] == "far"
            assert ask(emulator, path=f"/v1/Credentials/{sid}")[1]["url"] == f"{URL}/{sid}"
        assert len(upstream.journal) == 2


def test_forwarding_needs_an_upstream(write: Write) -> None:
    with pytest.raises(UsageError, match="forward requires an upstream"):
        Emulator(cassette=Cassette(write(entry()), on_miss="forward"))


def test_links_to_other_pages_lead_to_the_player(write: Write) -> None:
    token = f"PA{SID}"
    page = {"credentials": [json.loads(record())]}
    first = page | {"meta": {"key": "credentials", "next_page_url": f"{URL}?PageSize=1&Page=1&PageToken={token}"}}
    second = page | {"meta": {"key": "credentials", "next_page_url": None}}
    cassette = write(
        entry(uri=f"{URL}?PageSize=1", text=json.dumps(first)),
        entry(uri=f"{URL}?PageSize=1&Page=1&PageToken={token}", text=json.dumps(second)),
    )
    with Emulator(cassette=cassette) as emulator:
        from twilio.rest import Client

        client = Client(ACCOUNT, "x")
        client.notify.base_url = emulator.url
        found = client.notify.v1.credentials.list(page_size=1)
        client.http_client.session.close()
    assert len(found) == 2
    assert all(one.url.startswith("http://127.0.0.1") for one in found)


def test_urls_in_bodies_lead_to_the_requested_api(write: Write) -> None:
    text = '{"a": "https://notify.twilio.com/v1/Credentials", "b": "https:\\/\\/notify.twilio.com\\/v1\\/x", '
    text += '"c": "https://notify.twilio.com/v10", "d": "https://other.example/v1"}'
    emulator = Emulator(cassette=write(entry(text=text)))
    _, body = ask(emulator, host="127.0.0.1:80", scheme="http", path="/notify/v1/Credentials")
    assert body == {
        "a": "http://127.0.0.1:80/notify/v1/Credentials",
        "b": "http://127.0.0.1:80/notify/v1/x",
        "c": "https://notify.twilio.com/v10",
        "d": "https://other.example/v1",
    }


def test_the_pseudonym_of_the_callers_account_is_replaced_with_its_sid(write: Write) -> None:
    path = write()
    pseudonym = Cassette(path).pseudonyms.sids(ACCOUNT)
    emulator = Emulator(cassette=write(entry(uri=f"{URL}/{SID}", text=record(account=pseudonym))))
    assert ask(emulator, path=f"/v1/Credentials/{SID}")[1]["account_sid"] == ACCOUNT


def test_a_recorded_401_is_played_but_unrecorded_calls_are_authenticated(write: Write) -> None:
    recorded = entry(status=401, text='{"code": 20003, "message": "recorded", "status": 401}')
    emulator = Emulator(cassette=Cassette(write(recorded), on_miss="emulate"))
    answers = [json.loads(emulator.handle(Call("GET", "notify.twilio.com", "/v1/Credentials")).body) for _ in range(2)]
    assert [one["message"] for one in answers] == ["recorded", "Authentication Error - No credentials provided"]
    assert emulator.journal.last.code == 20003


def test_with_accounts_the_emulator_authenticates_first(write: Write) -> None:
    emulator = Emulator(cassette=write(entry()), accounts={"AC" + "9" * 32: "token"})
    assert ask(emulator)[0] == 401


def test_faults_apply_to_a_cassette(write: Write) -> None:
    emulator = Emulator(cassette=write(entry(uri=f"{URL}/{SID}", text=record())))
    fetch = emulator.client().notify.v1.credentials(SID).fetch
    with emulator.faults.add("credential.fetch", Drop()), pytest.raises(requests.ConnectionError):
        fetch()
    assert len(emulator.cassette.unused) == 1, "a call that a fault answers plays no entry"  # type: ignore[union-attr]
    with emulator.faults.add("*", Truncate(), phase="after"), pytest.raises(requests.exceptions.ChunkedEncodingError):
        fetch()
    assert not emulator.cassette.unused  # type: ignore[union-attr]


def test_a_recorded_retry_after_can_be_asserted_on(write: Write) -> None:
    busy = entry(status=429, text='{"code": 20429, "status": 429}')
    busy["response"]["headers"] |= {"retry-after": ["2"]}
    emulator = Emulator(cassette=write(busy, entry()))
    assert [ask(emulator)[0] for _ in range(2)] == [429, 200]
    with pytest.raises(AssertionError, match="Retry-After"):
        emulator.assert_honours_retry_after()
    emulator.reset()
    ask(emulator)
    emulator.clock.advance(2)
    ask(emulator)
    emulator.assert_honours_retry_after()


def test_odd_recorded_headers_do_no_harm(write: Write) -> None:
    made = entry()
    made["response"]["headers"] |= {"Content-Length": ["many"], "Retry-After": ["Fri, 10 Jun 2022 20:58:33 GMT"]}
    with Emulator(cassette=Cassette(write(made), repeat=True)) as emulator:
        emulator.faults.add("*", Delay(1))
        answer = requests.get(f"{emulator.url}/v1/Credentials", auth=(ACCOUNT, "x"), timeout=9)
        assert (answer.text, answer.headers["Content-Length"]) == ("{}", "2")
        assert emulator.client().http_client.request("GET", URL).text == "{}"
        assert emulator.journal.last.retry_after is None


@pytest.mark.parametrize("length", ["9999999999999999", "soon"])
def test_a_truncated_body_with_an_invalid_length_is_truncated(write: Write, length: str) -> None:
    made = entry(truncated=True)
    made["response"]["headers"]["Content-Length"] = [length]
    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        Emulator(cassette=write(made)).client().notify.v1.credentials.list()


def test_calls_to_other_apis_are_played(write: Write) -> None:
    uri = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Calls.json?Page=1"
    emulator = Emulator(cassette=write(entry(uri=uri, text="7")))
    path = f"/2010-04-01/Accounts/{ACCOUNT}/Calls.json"
    assert ask(emulator, host="127.0.0.1:80", path=path, query=[("Page", "1")]) == (200, 7)


def test_a_preflight_is_never_played(write: Write) -> None:
    emulator = Emulator(cassette=write(entry("OPTIONS", status=404)))
    assert emulator.handle(Call("OPTIONS", "notify.twilio.com", "/v1/Credentials")).status == 200


def test_many_threads_get_each_response_once(write: Write) -> None:
    emulator = Emulator(cassette=write(*(entry(text=str(number)) for number in range(100))))
    found: list[int] = []

    def work() -> None:
        for _ in range(25):
            found.append(ask(emulator)[1])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(found) == list(range(100))


def test_a_folder_is_one_cassette_in_the_order_of_its_names(write: Write, tmp_path: Path) -> None:
    write(entry(text="2"), name="b.yaml")
    write(entry(text="1"), name="a.yml")
    (tmp_path / "notes.txt").write_text("no cassette")
    emulator = Emulator(cassette=tmp_path)
    assert [ask(emulator)[1] for _ in range(2)] == [1, 2]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"on_miss": "eror"}, "on_miss: unknown value 'eror'; expected one of: error, emulate, forward"),
        ({"match_on": ["metod"]}, "unknown field 'metod'; did you mean method?"),
        ({"match_on": "method"}, "expected a list of one or more fields, got 'method'; use any of: method"),
        ({"ignore": "Secret"}, "expected a list of parameter names, got 'Secret'"),
        ({"repeat": "yes"}, "repeat: expected true or false, got 'yes'"),
        ({"unused": "never"}, "expected one of: ignore, warn, error"),
        ({"key": "short"}, "key: is not a key; expected 32 to 128"),
    ],
)
def test_a_bad_option_is_an_error(write: Write, options: dict[str, Any], expected: str) -> None:
    with pytest.raises(UsageError, match=expected.replace("?", r"\?")):
        Cassette(write(entry()), **options)


@pytest.mark.parametrize("given", [7, [], [7], "nowhere.yaml", "nul\0.yaml"])
def test_an_invalid_cassette_is_an_error(given: Any) -> None:
    with pytest.raises(UsageError):
        Emulator(cassette=given)


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="contains no cassette"):
        Emulator(cassette=tmp_path)


def test_a_lookup_reads_no_other_entries(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cost of a lookup doesn't grow with the cassette: only the entries with the call's key are read."""
    cassette = Cassette(write(*(entry(uri=f"{URL}/CR{number:032x}") for number in range(50))))
    touched: list[Sequence[int]] = []
    entries = cassette.entries
    monkeypatch.setattr(cassette, "entries", lambda key: touched.append(entries(key)) or entries(key))
    monkeypatch.setattr(cassette, "nearest", lambda _: pytest.fail("looked at all entries"))
    emulator = Emulator(cassette=cassette)
    assert ask(emulator, path=f"/v1/Credentials/CR{7:032x}")[0] == 200
    assert touched == [[7]]
