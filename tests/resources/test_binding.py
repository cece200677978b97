"""Bindings: registration, filters by identity and tag, limits, and deletion with their service."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from helpers.calls import ask
from hypothesis import given, settings
from hypothesis import strategies as st

from notify_mock import Emulator, Stale, UsageError

KEYS = [
    *("endpoint", "notification_protocol_version", "tags", "date_updated", "address", "account_sid", "url"),
    *("binding_type", "sid", "date_created", "service_sid", "credential_sid", "identity", "links"),
]


@pytest.fixture
def service(emulator: Emulator) -> str:
    return emulator.services.add(friendly_name="chat").sid


def path(service: str) -> str:
    return f"/v1/Services/{service}/Bindings"


def register(emulator: Emulator, service: str, **parameters: Any) -> dict[str, Any]:
    values = {"Identity": "alice", "BindingType": "sms", "Address": "+4912345", **parameters}
    answer = ask(emulator, "POST", path(service), **values)
    assert answer.status == 201, answer.body
    return json.loads(answer.body)  # type: ignore[no-any-return]


def listed(emulator: Emulator, service: str, query: str) -> list[str]:
    """Return the SIDs of all pages, following the links."""
    found, target = [], f"{path(service)}?{query}"
    while target:
        page = json.loads(ask(emulator, "GET", target).body)
        found += [one["sid"] for one in page["bindings"]]
        link = urlsplit(page["meta"]["next_page_url"] or "")
        target = f"{link.path}?{link.query}" if link.path else ""
    return found


def test_a_created_binding_has_the_observed_form(emulator: Emulator, service: str) -> None:
    made = register(emulator, service, Identity="al/ice", Tag=["a", "b"])
    assert list(made) == KEYS
    assert made["notification_protocol_version"] == "default"
    assert (made["tags"], made["credential_sid"], made["service_sid"]) == (["a", "b"], None, service)
    assert made["url"] == f"https://notify.twilio.com/v1/Services/{service}/Bindings/{made['sid']}"
    assert made["links"] == {"user": f"https://notify.twilio.com/v1/Services/{service}/Users/al%2Fice"}
    assert made["endpoint"]


@pytest.mark.parametrize(
    ("kind", "version"), [("apn", "4"), ("fcm", "3"), ("gcm", "3"), ("alexa", "3"), ("sms", "default")]
)
def test_the_protocol_version_comes_from_the_service(emulator: Emulator, service: str, kind: str, version: str) -> None:
    assert register(emulator, service, BindingType=kind)["notification_protocol_version"] == version
    own = register(emulator, service, BindingType=kind, NotificationProtocolVersion="2")
    assert own["notification_protocol_version"] == "2"


def test_the_sdk_creates_fetches_lists_and_deletes(emulator: Emulator, service: str) -> None:
    bindings = emulator.client().notify.v1.services(service).bindings
    made = bindings.create(identity="alice", binding_type="apn", address="a" * 64, tag=["vip"])
    assert bindings(made.sid).fetch().address == "a" * 64
    assert [one.sid for one in bindings.list(identity=["alice"], tag=["vip", "apn", "all"])] == [made.sid]
    assert bindings.list(tag=["sms"]) == []
    assert bindings(made.sid).delete()
    assert bindings.list() == []


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"Identity": ""}, "Missing required parameter Identity in the post body"),
        ({"Address": ""}, "Missing required parameter Address in the post body"),
        ({"BindingType": []}, "Missing required parameter BindingType in the post body"),
        ({"BindingType": "APN"}, "Parameter 'BindingType' is invalid"),
        ({"Tag": [f"t{number}" for number in range(21)]}, "Parameter 'Tag' is invalid"),
        ({"Tag": ""}, "Parameter 'Tag' is invalid"),
        ({"CredentialSid": "CR1"}, "Parameter 'CredentialSid' is invalid"),
        ({"Identity": ["a", "b"]}, "Parameter 'Identity' is invalid"),
        ({"Address": "a\0b"}, "Parameter 'Address' is invalid"),
    ],
)
def test_a_bad_parameter_is_refused_and_creates_nothing(
    emulator: Emulator, service: str, parameters: dict[str, Any], message: str
) -> None:
    values = {"Identity": "alice", "BindingType": "sms", "Address": "+4912345", **parameters}
    answer = ask(emulator, "POST", path(service), **values)
    assert (answer.status, json.loads(answer.body)["code"]) == (400, 20001)
    assert json.loads(answer.body)["message"].endswith(message)
    assert len(emulator.bindings) == 0


def test_the_twenty_first_binding_of_an_identity_is_refused(emulator: Emulator, service: str) -> None:
    made = [register(emulator, service) for _ in range(20)]
    answer = ask(emulator, "POST", path(service), Identity="alice", BindingType="sms", Address="+49")
    assert json.loads(answer.body)["message"].endswith("the limit of 20 bindings for an identity is reached")
    register(emulator, service, Identity="bob")
    again = register(emulator, service, Endpoint=made[0]["endpoint"])
    assert len(emulator.bindings) == 21
    assert again["sid"] in emulator.bindings


def test_the_same_endpoint_replaces_the_old_binding(emulator: Emulator, service: str) -> None:
    first = register(emulator, service, Endpoint="phone", Tag="old")
    second = register(emulator, service, Endpoint="phone", Identity="bob")
    assert second["sid"] != first["sid"]
    assert second["endpoint"] == "phone"
    assert ask(emulator, "GET", f"{path(service)}/{first['sid']}").status == 404
    assert listed(emulator, service, "Tag=old") == []
    assert listed(emulator, service, "Identity=bob") == [second["sid"]]
    other = emulator.services.add().sid
    register(emulator, other, Endpoint="phone")
    assert len(emulator.bindings) == 2


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_an_unknown_service_is_a_404_with_the_path(emulator: Emulator, service: str, method: str) -> None:
    binding = register(emulator, service)["sid"]
    other = "IS" + "0" * 32
    tail = f"/{binding}" if method == "DELETE" else ""
    values = {"Identity": "a", "BindingType": "sms", "Address": "+49"} if method == "POST" else {}
    answer = ask(emulator, method, f"{path(other)}{tail}", **values)
    message = f"The requested resource /Services/{other}/Bindings{tail} was not found"
    assert (answer.status, json.loads(answer.body)["message"]) == (404, message)


def test_a_binding_of_another_service_is_a_404(emulator: Emulator, service: str) -> None:
    binding = register(emulator, service)["sid"]
    other = emulator.services.add().sid
    assert ask(emulator, "GET", f"{path(other)}/{binding}").status == 404


def test_there_is_no_update(emulator: Emulator, service: str) -> None:
    answer = ask(emulator, "POST", f"{path(service)}/{register(emulator, service)['sid']}", Address="+1")
    assert (answer.status, dict(answer.headers)["Allow"]) == (405, "DELETE, GET, HEAD, OPTIONS")


def test_deleting_a_service_deletes_its_bindings(emulator: Emulator, service: str) -> None:
    register(emulator, service)
    kept = register(emulator, emulator.services.add().sid)["sid"]
    ask(emulator, "DELETE", f"/v1/Services/{service}")
    assert list(emulator.bindings) == [kept]
    emulator.services.remove(next(iter(emulator.services)))
    assert len(emulator.bindings) == 0


def test_links_contain_the_filters_in_order(emulator: Emulator, service: str) -> None:
    for _ in range(2):
        register(emulator, service, Tag="x y")
    query = "Identity=alice&EndDate=2999-01-01&PageSize=1&Tag=x%20y&StartDate=2001-01-01&Tag=all"
    meta = json.loads(ask(emulator, "GET", f"{path(service)}?{query}").body)["meta"]
    start = "StartDate=2001-01-01&Tag=x+y&Tag=all&EndDate=2999-01-01&Identity=alice&PageSize=1&Page=0"
    assert meta["url"] == f"https://notify.twilio.com{path(service)}?{start}"
    assert listed(emulator, service, query) == list(emulator.bindings)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("Tag=a&Tag=b&Tag=c&Tag=d&Tag=e&Tag=f", "Tag"),
        ("Tag=", "Tag"),
        ("StartDate=2001-02-30", "StartDate"),
        ("EndDate=yesterday", "EndDate"),
        ("StartDate=20010203", "StartDate"),
        ("EndDate=2001-01-01&EndDate=2001-01-02", "EndDate"),
    ],
)
def test_a_bad_filter_is_refused_by_its_name(emulator: Emulator, service: str, query: str, name: str) -> None:
    answer = ask(emulator, "GET", f"{path(service)}?{query}")
    assert (answer.status, json.loads(answer.body)["message"].rpartition("Parameter ")[2]) == (
        400,
        f"'{name}' is invalid",
    )


def test_dates_are_inclusive(emulator: Emulator, service: str) -> None:
    sids = [
        emulator.bindings.add(
            identity="a", binding_type="sms", address="+49", date_created=f"2030-01-0{day}T23:59:59Z"
        ).sid
        for day in (1, 2, 3)
    ]
    assert listed(emulator, service, "StartDate=2030-01-02&EndDate=2030-01-02") == [sids[1]]
    assert listed(emulator, service, "StartDate=2030-01-02&PageSize=1") == sids[1:]
    assert listed(emulator, service, "EndDate=2030-01-02") == sids[:2]


BINDINGS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from(["apn", "fcm"]), st.sets(st.sampled_from("xyz")), st.booleans()),
    max_size=12,
)


@given(
    made=BINDINGS,
    identities=st.sets(st.sampled_from("abc")),
    tags=st.sets(st.sampled_from(["x", "y", "apn", "all"])),
    size=st.integers(1, 4),
)
@settings(deadline=None, max_examples=60)
def test_pages_of_a_filtered_list_equal_a_full_scan(
    made: list[tuple[str, str, set[str], bool]], identities: set[str], tags: set[str], size: int
) -> None:
    emulator = Emulator()
    service = emulator.services.add().sid
    expected = []
    for identity, kind, own, is_removed in made:
        sid = emulator.bindings.add(identity=identity, binding_type=kind, address="x", tags=sorted(own)).sid
        if is_removed:
            emulator.bindings.remove(sid)
        elif (not identities or identity in identities) and tags <= own | {kind, "all"}:
            expected.append(sid)
    query = "&".join([f"Identity={quote(one)}" for one in identities] + [f"Tag={one}" for one in tags])
    assert listed(emulator, service, f"{query}&PageSize={size}") == expected


def test_a_page_token_outlives_its_binding_under_a_filter(emulator: Emulator, service: str) -> None:
    sids = [register(emulator, service, Tag="x" if number % 2 else "y")["sid"] for number in range(6)]
    ask(emulator, "DELETE", f"{path(service)}/{sids[1]}")
    page = json.loads(ask(emulator, "GET", f"{path(service)}?Tag=x&Page=1&PageSize=1&PageToken=PA{sids[1]}").body)
    assert [one["sid"] for one in page["bindings"]] == [sids[3]]
    back = json.loads(ask(emulator, "GET", f"{path(service)}?Tag=x&Page=1&PageSize=1&PageToken=PB{sids[5]}").body)
    assert [one["sid"] for one in back["bindings"]] == [sids[3]]


def test_a_stale_list_by_tag_is_as_it_was(emulator: Emulator, service: str) -> None:
    emulator.clock.freeze("2030-01-01")
    old = register(emulator, service, Tag="x")["sid"]
    emulator.clock.advance(60)
    ask(emulator, "DELETE", f"{path(service)}/{old}")
    register(emulator, service, Tag="x")
    emulator.faults.add("binding.list", Stale(30), times=1)
    assert listed(emulator, service, "Tag=x") == [old]


def test_a_stale_list_has_the_binding_that_was_replaced(emulator: Emulator, service: str) -> None:
    emulator.clock.freeze("2030-01-01")
    old = register(emulator, service, Endpoint="phone")["sid"]
    emulator.clock.advance(60)
    new = register(emulator, service, Endpoint="phone")["sid"]
    with emulator.faults.add("binding.list", Stale(30)):
        assert listed(emulator, service, "") == [old]
    assert listed(emulator, service, "") == [new]


def test_a_checkpoint_restores_the_index(emulator: Emulator, service: str) -> None:
    kept = register(emulator, service, Tag="x")["sid"]
    with emulator.checkpoint():
        register(emulator, service, Tag="x")
        ask(emulator, "DELETE", f"{path(service)}/{kept}")
    assert listed(emulator, service, "Tag=x") == [kept]


def test_seed_data_is_added_to_its_service() -> None:
    one = {"identity": "alice", "binding_type": "sms", "address": "+49"}
    emulator = Emulator(data={"bindings": [one], "services": [{"friendly_name": "chat"}]})
    (binding,) = emulator.bindings.values()
    assert binding.service_sid in emulator.services


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "binding_type: is missing"),
        ({"binding_type": "pager"}, "'pager' is not a binding type"),
        ({"binding_type": "sms", "address": "+49"}, "identity: is missing"),
        ({"binding_type": "sms", "identity": "a", "address": 49}, "address: is not text"),
        ({"binding_type": "sms", "identity": "a", "address": "+49", "tags": "x"}, "tags: is not a list of text"),
        ({"service_sid": "IS1"}, "'IS1' is not a service"),
        ({"colour": "red"}, "unknown key 'colour'"),
    ],
)
def test_invalid_seed_data_is_an_error(emulator: Emulator, service: str, values: dict[str, Any], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        emulator.bindings.add(**values)
    assert len(emulator.bindings) == 0


def test_without_exactly_one_service_the_service_sid_is_required(emulator: Emulator) -> None:
    one = {"identity": "alice", "binding_type": "sms", "address": "+49"}
    with pytest.raises(UsageError, match="service_sid: is missing; add a service first"):
        emulator.bindings.add(**one)
    first, second = emulator.services.add(), emulator.services.add()
    with pytest.raises(UsageError, match=f"expected one of: {first.sid}, {second.sid}"):
        emulator.bindings.add(**one)
    assert emulator.bindings.add(service_sid=second.sid, **one).service_sid == second.sid


def test_two_registrations_of_one_device_are_duplicates(emulator: Emulator, service: str) -> None:
    register(emulator, service)
    emulator.assert_no_duplicates()
    register(emulator, service)
    with pytest.raises(AssertionError, match="2 records are alike"):
        emulator.assert_no_duplicates()


def test_threads_that_register_and_send_lose_nothing(emulator: Emulator, service: str) -> None:
    def work(number: int) -> None:
        for turn in range(15):
            made = register(emulator, service, Identity=f"u{number}", Tag="all-of-us", Endpoint=f"{number}-{turn % 5}")
            answer = ask(emulator, "POST", f"/v1/Services/{service}/Notifications", Identity=f"u{number}", Body="x")
            assert answer.status == 201
            assert made["sid"] in listed(emulator, service, f"Identity=u{number}")

    with ThreadPoolExecutor(4) as threads:
        for done in [threads.submit(work, number) for number in range(4)]:
            done.result()
    assert sorted(listed(emulator, service, "Tag=all-of-us")) == sorted(emulator.bindings)
    assert (len(emulator.bindings), len(emulator.notifications)) == (20, 60)
