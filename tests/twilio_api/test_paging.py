"""Paging: links, tokens, and pages that stay correct while records are created and deleted."""

from __future__ import annotations

import json
from typing import Any

import pytest
from helpers.calls import basic
from hypothesis import given, settings
from hypothesis import strategies as st

from notify_mock import Call, Emulator
from notify_mock.twilio_api.messages import read

URL = "https://notify.twilio.com/v1/Credentials"


def filled(count: int) -> tuple[Emulator, list[str]]:
    emulator = Emulator()
    return emulator, [emulator.credentials.add(type="fcm", friendly_name=str(n)).sid for n in range(count)]


def get(emulator: Emulator, url: str) -> tuple[int, dict[str, Any]]:
    scheme, _, rest = url.partition("://")
    host, _, target = rest.partition("/")
    call: Call = read("GET", f"/{target}", host=host, scheme=scheme, headers={"authorization": basic(*emulator.auth)})
    answer = emulator.handle(call)
    return answer.status, json.loads(answer.body)


def sids(page: dict[str, Any]) -> list[str]:
    return [one["sid"] for one in page["credentials"]]


def test_an_empty_list_has_the_documented_envelope() -> None:
    assert get(Emulator(), URL) == (
        200,
        {
            "meta": {
                "page": 0,
                "page_size": 50,
                "first_page_url": f"{URL}?PageSize=50&Page=0",
                "previous_page_url": None,
                "url": f"{URL}?PageSize=50&Page=0",
                "next_page_url": None,
                "key": "credentials",
            },
            "credentials": [],
        },
    )


def test_the_links_have_the_observed_form() -> None:
    emulator, made = filled(3)
    _, first = get(emulator, f"{URL}?PageSize=1")
    assert list(first) == ["meta", "credentials"]
    assert first["meta"]["next_page_url"] == f"{URL}?PageSize=1&Page=1&PageToken=PA{made[0]}"
    _, second = get(emulator, first["meta"]["next_page_url"])
    assert second["meta"]["url"] == first["meta"]["next_page_url"]
    assert second["meta"]["page"] == 1
    assert second["meta"]["previous_page_url"] == f"{URL}?PageSize=1&Page=0&PageToken=PB{made[1]}"
    _, back = get(emulator, second["meta"]["previous_page_url"])
    assert sids(back) == [made[0]]
    assert back["meta"]["previous_page_url"] is None
    _, third = get(emulator, second["meta"]["next_page_url"])
    assert third["meta"]["next_page_url"] is None


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
@pytest.mark.parametrize("count", [1, 2, 3, 7])
def test_the_links_lead_through_all_pages_and_back(count: int, size: int) -> None:
    emulator, made = filled(count)
    pages, url = [], f"{URL}?PageSize={size}&Page=0"
    while url:
        pages.append(get(emulator, url)[1])
        assert pages[-1]["meta"]["url"] == url
        url = pages[-1]["meta"]["next_page_url"]
    assert [sids(page) for page in pages] == [made[start : start + size] for start in range(0, count, size)]
    assert [page["meta"]["page"] for page in pages] == list(range(len(pages)))
    assert {page["meta"]["page_size"] for page in pages} == {size}
    assert {page["meta"]["first_page_url"] for page in pages} == {f"{URL}?PageSize={size}&Page=0"}
    back = pages[-1]
    for number in range(len(pages) - 2, -1, -1):
        _, back = get(emulator, back["meta"]["previous_page_url"])
        assert sids(back) == sids(pages[number])
        assert back["meta"]["page"] == number
        assert back["meta"]["next_page_url"] == pages[number]["meta"]["next_page_url"]
    assert back["meta"]["previous_page_url"] is None


def test_a_page_has_50_records_unless_a_size_is_given() -> None:
    emulator, made = filled(51)
    for url in (URL, f"{URL}?Page=0", f"{URL}?PageSize=50"):
        _, page = get(emulator, url)
        assert sids(page) == made[:50]
        assert page["meta"]["next_page_url"] == f"{URL}?PageSize=50&Page=1&PageToken=PA{made[49]}"


def test_before_the_first_record_is_an_empty_page_that_leads_to_the_first() -> None:
    emulator, made = filled(1)
    _, page = get(emulator, f"{URL}?PageSize=2&Page=3&PageToken=PB{made[0]}")
    assert (sids(page), page["meta"]["page"]) == ([], 3)
    assert page["meta"]["previous_page_url"] is None
    assert page["meta"]["next_page_url"] == f"{URL}?PageSize=2&Page=0"


@pytest.mark.parametrize("token", ["PA", "PB"])
def test_an_empty_page_of_an_empty_list_leads_nowhere(token: str) -> None:
    emulator, made = filled(1)
    emulator.credentials.remove(made[0])
    _, page = get(emulator, f"{URL}?PageSize=2&Page=1&PageToken={token}{made[0]}")
    assert sids(page) == []
    assert page["meta"]["previous_page_url"] is page["meta"]["next_page_url"] is None


def test_after_the_last_record_is_an_empty_page() -> None:
    emulator, made = filled(2)
    _, page = get(emulator, f"{URL}?PageSize=1&Page=2&PageToken=PA{made[1]}")
    assert sids(page) == []
    assert page["meta"]["previous_page_url"] is page["meta"]["next_page_url"] is None


@pytest.mark.parametrize(
    ("query", "code", "message"),
    [
        ("PageSize=0", 20001, "Invalid PageSize."),
        ("PageSize=-1", 20001, "Invalid PageSize."),
        ("PageSize=abc", 20001, "Invalid PageSize."),
        ("PageSize=", 20001, "Invalid PageSize."),
        ("PageSize=%00", 20001, "Invalid PageSize."),
        ("PageSize=%D9%A1", 20001, "Invalid PageSize."),
        ("PageSize=1&PageSize=2", 20001, "Invalid PageSize."),
        ("PageSize=" + "9" * 5000, 20001, "Invalid PageSize."),
        ("PageSize=1001", 20007, "Page size too large"),
        ("Page=x", 20001, "Invalid Page."),
        ("Page=1", 20001, "Paged requests must include a PageToken"),
        ("Page=1&PageToken=", 20001, "Paged requests must include a PageToken"),
        ("Page=1&PageToken=PACR0", 20001, "Invalid PageToken."),
        ("Page=1&PageToken=XX{sid}", 20001, "Invalid PageToken."),
        ("PageToken=PA{sid}&PageToken=PB{sid}", 20001, "Invalid PageToken."),
    ],
)
def test_bad_paging_is_refused(query: str, code: int, message: str) -> None:
    emulator, made = filled(1)
    status, body = get(emulator, f"{URL}?{query.format(sid=made[0])}")
    assert (status, body["code"], body["message"]) == (400, code, message)


@pytest.mark.parametrize("query", ["PageSize=1000", "PageSize=1", "pagesize=0", "Unknown=1", "Page=0", "PageSize=050"])
def test_good_paging_and_unknown_parameters_are_accepted(query: str) -> None:
    assert get(filled(2)[0], f"{URL}?{query}")[0] == 200


def test_a_token_outlives_its_record() -> None:
    emulator, made = filled(5)
    _, first = get(emulator, f"{URL}?PageSize=2")
    emulator.credentials.remove(made[1])
    assert sids(get(emulator, first["meta"]["next_page_url"])[1]) == made[2:4]


def test_when_all_records_before_a_token_are_gone_the_first_page_follows() -> None:
    emulator, made = filled(4)
    _, second = get(emulator, get(emulator, f"{URL}?PageSize=2")[1]["meta"]["next_page_url"])
    for sid in made[:2]:
        emulator.credentials.remove(sid)
    _, empty = get(emulator, second["meta"]["previous_page_url"])
    assert sids(empty) == []
    assert sids(get(emulator, empty["meta"]["next_page_url"])[1]) == made[2:]


def test_a_token_of_another_accounts_list_is_refused() -> None:
    emulator, made = filled(2)
    stranger = emulator.client("AC" + "0" * 32, "x")
    response = stranger.http_client.request("GET", f"{URL}?PageToken=PA{made[0]}", auth=("AC" + "0" * 32, "x"))
    assert json.loads(response.text)["message"] == "Invalid PageToken."


def test_the_sdk_walks_pages_back_and_forth_over_a_socket(served: Emulator) -> None:
    from twilio.rest import Client

    made = [served.credentials.add(type="gcm", api_key="k").sid for _ in range(5)]
    client = Client(*served.auth)
    client.notify.base_url = served.url
    page = client.notify.v1.credentials.page(page_size=2)
    seen = []
    while page is not None:
        seen.append([one.sid for one in page])
        last, page = page, page.next_page()
    assert seen == [made[0:2], made[2:4], made[4:5]]
    assert [one.sid for one in last.previous_page()] == made[2:4]
    assert last.next_page_url is None
    client.http_client.session.close()


@settings(max_examples=60, deadline=None)
@given(
    size=st.integers(1, 4),
    acts=st.lists(st.tuples(st.sampled_from(["create", "delete"]), st.integers(0, 30)), max_size=12),
    start=st.integers(0, 12),
)
def test_paging_returns_every_lasting_record_once_and_in_order(
    size: int, acts: list[tuple[str, int]], start: int
) -> None:
    emulator, made = filled(start)
    stayed = list(made)
    todo = iter(acts)
    url, seen = f"{URL}?PageSize={size}", []
    while url:
        status, page = get(emulator, url)
        assert status == 200
        seen += sids(page)
        url = page["meta"]["next_page_url"]
        act, number = next(todo, ("rest", 0))
        if act == "create":
            made.append(emulator.credentials.add(type="fcm").sid)
        elif act == "delete" and made:
            gone = made[number % len(made)]
            if gone in emulator.credentials:
                emulator.credentials.remove(gone)
            stayed = [sid for sid in stayed if sid != gone]
    assert len(seen) == len(set(seen))
    assert [sid for sid in seen if sid in stayed] == stayed
    assert seen == sorted(seen, key=made.index)
