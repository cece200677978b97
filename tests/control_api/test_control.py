"""The control API under ``/_mock``: its actions, access checks and errors, and its OpenAPI document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from helpers.calls import basic
from helpers.held_calls import waits
from helpers.raw_http import Raw, send
from werkzeug.test import TestResponse

from notify_mock import Account, Emulator, UsageError
from notify_mock.control_api.api import ACTIONS
from notify_mock.control_api.guard import TOKEN_HEADER
from notify_mock.control_api.openapi import document
from notify_mock.faults.kinds import BY_KIND, EFFECTS, field_names
from notify_mock.faults.rule import RULE_KEYS
from notify_mock.faults.timing import Delay
from notify_mock.support.version import __version__

REFUSE = {"call": "credential.create", "effect": "refuse", "code": 20429}
LIMIT = 1000 * 1024

RULES: list[dict[str, Any]] = [
    {"effect": "refuse", "code": 20429, "message": "no", "detail": "d", "retry_after": "2s"},
    {
        "effect": "status",
        "status": 301,
        "body": "<p>",
        "content_type": "text/plain",
        "location": "/x",
        "retry_after": 1,
    },
    {"effect": "rate_limit", "limit": 5, "window": "1m30s", "concurrent": 2, "retry_after": True},
    {"effect": "delay", "seconds": 1.5},
    {"effect": "delay", "low": 0, "high": "1s"},
    {"effect": "delay", "median": 0.8, "p99": 5, "phase": "after"},
    {"effect": "hang", "seconds": "1h"},
    {"effect": "dribble", "seconds": 0, "pieces": 3},
    {"effect": "drop", "phase": "after"},
    {"effect": "reset"},
    {"effect": "truncate", "bytes": 0},
    {"effect": "garble", "what": "content-length"},
    {"effect": "stale", "call": "*.fetch", "seconds": 9},
    {"effect": "forget", "call": "*.create"},
    {"effect": "expire"},
    {"effect": "undelivered", "call": "delivery.apn", "outcome": "throttled", "Address": "a*"},
    {"effect": "undelivered", "call": "delivery.*", "error": 52104},
    {"effect": "drop", "times": 2, "skip": 1, "every": 3, "chance": 0.5, "unused": "ignore", "name": "mine"},
    {"effect": "drop", "after": "2030-01-01T00:00:00Z", "until": 1.9e9 + 0.25},
    {"effect": "drop", "after": "10s", "until": "1h", "account_sid": "AC1", "api": "chat/v2", "sid": "CR1"},
    {"effect": "drop", "form": {"Type": "apn", "weird name": "*"}, "headers": {"User-Agent": "twilio*"}},
    {"effect": "drop", "Type": "[af]*", "FriendlyName": "", "headers": {"x-é": "é"}},
    {"effect": "drop", "times": None, "after": None, "until": None, "account_sid": None, "api": None, "sid": None},
]

WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"effect": "refuze", "code": 20429}, "effect", "did you mean refuse?"),
    ({"effect": ["refuse"]}, "effect", "effect"),
    ({"effect": None}, "effect", "effect"),
    ({}, "effect", "is missing"),
    ({"call": "*", "efect": "drop"}, "efect", "did you mean effect?"),
    ({**REFUSE, "call": "credential.creat"}, "call", "did you mean credential.create?"),
    ({**REFUSE, "call": 5}, "call", "int"),
    ({"effect": "forget", "call": "credential.fetch"}, "call", "it applies to *.create"),
    ({"effect": "delay", "seconds": -1}, "seconds", "-1"),
    ({"effect": "delay", "seconds": "soon"}, "seconds", "soon"),
    ({"effect": "delay", "seconds": True}, "seconds", "bool"),
    ({"effect": "delay"}, "seconds", "is missing"),
    ({"effect": "delay", "low": 2, "high": 1}, "low", "must not be more than high"),
    ({**REFUSE, "chance": 1.5}, "chance", "from 0 to 1"),
    ({**REFUSE, "chance": -0.1}, "chance", "from 0 to 1"),
    ({**REFUSE, "chance": "half"}, "chance", "str"),
    ({**REFUSE, "chance": None}, "chance", "NoneType"),
    ({**REFUSE, "tims": 2}, "tims", "did you mean times?"),
    ({**REFUSE, "a, b": 2}, "a, b", "unknown key"),
    ({"effect": "drop", "code": 20429}, "code", "unknown key"),
    ({**REFUSE, "times": 0}, "times", "1 or more"),
    ({**REFUSE, "times": 1.5}, "times", "float"),
    ({**REFUSE, "skip": -1}, "skip", "0 or more"),
    ({**REFUSE, "every": True}, "every", "bool"),
    ({**REFUSE, "seen": "often"}, "seen", "str"),
    ({**REFUSE, "name": ""}, "name", "1 to 200 printable characters"),
    ({**REFUSE, "name": {}}, "name", "dict"),
    ({**REFUSE, "phase": "during"}, "phase", "expected one of: before, after"),
    ({"effect": "garble", "phase": "before"}, "phase", "expected one of: after"),
    ({**REFUSE, "unused": []}, "unused", "list"),
    ({**REFUSE, "after": "whenever"}, "after", "is not a point in time"),
    ({**REFUSE, "until": [1]}, "until", "list"),
    ({**REFUSE, "after": 10**400}, "after", "is not a point in time"),
    ({**REFUSE, "after": "2h", "until": "1h"}, "until", "must be later"),
    ({**REFUSE, "form": "Type=apn"}, "form", "str"),
    ({**REFUSE, "form": {"Type": 5}}, "form", "must be a mapping of names to text"),
    ({**REFUSE, "headers": []}, "headers", "list"),
    ({**REFUSE, "Type": 5}, "Type", "int"),
    ({**REFUSE, "Type": ["apn"]}, "Type", "list"),
    ({**REFUSE, "Tpye": "apn"}, "Tpye", "did you mean Type?"),
    ({**REFUSE, "call": "credential.fetch", "Type": "apn"}, "Type", "is not a parameter of credential.fetch"),
    ({**REFUSE, "account_sid": 5}, "account_sid", "int"),
    ({**REFUSE, "predicate": "lambda: True"}, "predicate", "str"),
    ({**REFUSE, "predicate": True}, "predicate", "must be a function"),
    ({"effect": "refuse"}, "code", "is missing"),
    ({"effect": "refuse", "code": []}, "code", "list"),
    ({"effect": "refuse", "code": True}, "code", "bool"),
    ({"effect": "refuse", "code": 5}, "code", "expected one of: "),
    ({"effect": "status", "status": 99}, "status", "200 to 599"),
    ({"effect": "status", "status": 301, "location": 5}, "location", "int"),
    ({"effect": "status", "status": 301, "location": "/\r\nX: y"}, "location", "cannot be sent"),
    ({"effect": "status", "status": 200, "body": {}}, "body", "dict"),
    ({"effect": "rate_limit"}, "limit", "is missing"),
    ({"effect": "rate_limit", "limit": 1, "retry_after": "yes"}, "retry_after", "str"),
    ({"effect": "rate_limit", "limit": 1, "window": 0}, "window", "must be more than 0"),
    ({"effect": "hang", "seconds": 3601}, "seconds", "longer than an hour"),
    ({"effect": "truncate", "bytes": -1}, "bytes", "0 or more"),
    ({"effect": "garble", "what": "xml"}, "what", "one of: json"),
    ({"effect": "dribble", "pieces": 0}, "pieces", "1 to 10,000"),
    ({"effect": "expire", "new_token": ""}, "new_token", "must be non-empty text"),
    ({**REFUSE, "Secret": "[secret]"}, "Secret", "is a masked secret"),
    ({**REFUSE, "headers": {"Authorization": "[secret]"}}, "headers", "is a masked secret"),
]


def ask(
    emulator: Emulator, method: str, path: str, content: Any = None, *, status: int = 200, **options: Any
) -> TestResponse:
    """Return a control response, after the checks common to all: JSON or empty, no CORS, not in the journal."""
    if content is not None:
        options["json"] = content
    before = len(emulator.journal)
    answer = emulator.app.test_client().open(f"/_mock/{path}", method=method, **options)
    assert answer.status_code == status, answer.text
    assert answer.headers.get("Content-Type") == (None if status == 204 else "application/json")
    assert not [name for name, _ in answer.headers if name.lower().startswith("access-control")]
    assert path in ("reset", "checkpoint/default", "calls") or len(emulator.journal) == before
    if status >= 400 and method != "HEAD":
        error = answer.get_json()["error"]
        assert set(error) <= {"message", "field"}
        assert error["message"]
    return answer


def refused(
    emulator: Emulator, method: str, path: str, content: Any = None, *, status: int = 400, **options: Any
) -> Any:
    return ask(emulator, method, path, content, status=status, **options).get_json()["error"]


def create(emulator: Emulator, query: str = "", **form: str) -> TestResponse:
    headers = {"Authorization": basic(*emulator.auth)}
    return emulator.app.test_client().post(
        f"/v1/Credentials{query}", data=form or {"Type": "fcm", "Secret": "x"}, headers=headers
    )


def wire(url: str, head: str, body: bytes = b"", **headers: str) -> Raw:
    """Send one request over a socket. ``Host`` defaults to the server's."""
    lines = {"Host": url.removeprefix("http://"), "Connection": "close", **headers}
    text = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in lines.items())
    return send(url, f"{head} HTTP/1.1\r\n{text}\r\n".encode("latin-1") + body)


@pytest.fixture
def beyond_loopback() -> Iterator[Emulator]:
    """An emulator that listens on every interface."""
    with Emulator(host="0.0.0.0", control_token="open sésame") as emulator:
        yield emulator


# actions


def test_health_has_the_version_and_nothing_of_what_the_emulator_holds(emulator: Emulator) -> None:
    assert ask(emulator, "GET", "health").get_json() == {"status": "ok", "version": __version__}


def test_head_is_answered_as_get(served: Emulator) -> None:
    assert ask(served, "HEAD", "health").data == b""
    answer = wire(served.url, "HEAD /_mock/health")
    assert (answer.status, answer.body) == ("HTTP/1.1 200 OK", b"")


def test_a_rule_can_be_added_read_and_removed(emulator: Emulator) -> None:
    rule = {**REFUSE, "times": 2, "Type": "apn"}
    added = ask(emulator, "POST", "faults", rule, status=201).get_json()
    expected = {**REFUSE, "name": "refuse-1", "times": 2, "form": {"Type": "apn"}, "phase": "before", "unused": "error"}
    assert added == {**expected, "seen": 0, "fired": 0}
    assert [create(emulator, Type="apn").status_code for _ in range(3)] == [429, 429, 400]
    assert create(emulator).status_code == 201
    assert ask(emulator, "GET", "faults").get_json() == {"faults": [{**expected, "seen": 3, "fired": 2}]}
    ask(emulator, "DELETE", "faults/refuse-1", status=204)
    assert ask(emulator, "GET", "faults").get_json() == {"faults": []}


def test_a_scenario_is_added_completely_or_not_at_all(emulator: Emulator) -> None:
    added = ask(emulator, "POST", "faults", {"scenario": "flaky-network"}, status=201).get_json()["faults"]
    assert [rule["name"] for rule in added] == [rule.name for rule in emulator.faults]
    ask(emulator, "DELETE", "faults/flaky-late", status=204)
    before = [rule.name for rule in emulator.faults]
    assert "already" in refused(emulator, "POST", "faults", {"scenario": "flaky-network"})["message"]
    assert [rule.name for rule in emulator.faults] == before
    assert refused(emulator, "POST", "faults", {"scenario": "outrage"})["field"] == "scenario"
    error = refused(emulator, "POST", "faults", {"scenaro": "outage"})
    assert error == {"message": "unknown key 'scenaro'; did you mean scenario?", "field": "scenaro"}
    assert refused(emulator, "POST", "faults", {"scenario": "outage", "times": 1})["field"] == "scenario"


def test_all_rules_can_be_removed_at_once(emulator: Emulator) -> None:
    for rule in RULES[:3]:
        ask(emulator, "POST", "faults", rule, status=201)
    ask(emulator, "DELETE", "faults", status=204)
    assert len(emulator.faults) == 0


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_rule_in_a_response_can_be_sent_back(emulator: Emulator, rule: dict[str, Any]) -> None:
    first = ask(emulator, "POST", "faults", rule, status=201).get_json()
    with suppress(ConnectionResetError):
        create(emulator)
    shown = ask(emulator, "GET", "faults").get_json()["faults"][0]
    ask(emulator, "DELETE", f"faults/{first['name']}", status=204)
    assert ask(emulator, "POST", "faults", shown, status=201).get_json() == first


def test_the_rules_in_these_tests_cover_every_effect() -> None:
    assert {rule["effect"] for rule in RULES} == set(BY_KIND)


@pytest.mark.parametrize("name", ["a/b", "a b", "ä", "?", "..x", "%2F"])
def test_a_rule_can_have_any_name(emulator: Emulator, name: str) -> None:
    from urllib.parse import quote

    ask(emulator, "POST", "faults", {**REFUSE, "name": name}, status=201)
    ask(emulator, "DELETE", f"faults/{quote(name, safe='')}", status=204)
    assert len(emulator.faults) == 0


def test_a_rule_created_in_python_is_listed(emulator: Emulator) -> None:
    emulator.faults.add("*", Delay(timedelta(seconds=90)), predicate=lambda exchange: False)
    (shown,) = ask(emulator, "GET", "faults").get_json()["faults"]
    assert (shown["seconds"], shown["predicate"]) == (90.0, True)
    shown["name"] = "again"
    assert refused(emulator, "POST", "faults", shown)["field"] == "predicate"


def test_the_journal_and_the_state_show_what_happened(emulator: Emulator) -> None:
    create(emulator, Type="fcm", Secret="hush", FriendlyName="x")
    (exchange,) = ask(emulator, "GET", "journal").get_json()["exchanges"]
    assert (exchange["call"], exchange["status"], exchange["number"]) == ("credential.create", 201, 1)
    assert exchange["request"] == "POST /v1/Credentials Type=fcm Secret=[secret] FriendlyName=x"
    state = ask(emulator, "GET", "state").get_json()
    assert [record["friendly_name"] for record in state["credentials"]] == ["x"]
    assert (state["requests"], state["strict"], state["default_account"]) == (1, False, emulator.auth[0])


def test_reset_restores_the_initial_state(emulator: Emulator) -> None:
    create(emulator)
    ask(emulator, "POST", "faults", REFUSE, status=201)
    ask(emulator, "POST", "reset")
    assert (len(emulator.credentials), len(emulator.faults), len(emulator.journal)) == (0, 0, 0)


def test_the_clock_can_be_read_and_moved(emulator: Emulator) -> None:
    def move(**body: Any) -> str:
        return str(ask(emulator, "POST", "clock", body).get_json()["now"])

    assert move(freeze="2030-01-01T00:00:00Z") == "2030-01-01T00:00:00+00:00"
    assert move(advance="1h30m") == "2030-01-01T01:30:00+00:00"
    assert move(set=0) == "1970-01-01T00:00:00+00:00"
    assert ask(emulator, "GET", "clock").get_json() == {"now": "1970-01-01T00:00:00+00:00", "frozen": True}
    assert move(resume=True).startswith("1970-01-01T00:00:0")
    stopped = move(freeze=None)
    assert ask(emulator, "GET", "clock").get_json() == {"now": stopped, "frozen": True}


def test_a_checkpoint_can_be_set_restored_and_dropped(emulator: Emulator) -> None:
    create(emulator)
    assert ask(emulator, "POST", "checkpoint", status=201).get_json() == {"name": "default"}
    ask(emulator, "POST", "checkpoint", {"name": "a/b"}, status=201)
    for _ in range(2):
        create(emulator)
        ask(emulator, "POST", "faults", REFUSE, status=201)
        assert ask(emulator, "POST", "checkpoint/default").get_json() == {"name": "default"}
        assert (len(emulator.credentials), len(emulator.faults), len(emulator.journal)) == (1, 0, 1)
    ask(emulator, "POST", "reset")
    ask(emulator, "DELETE", "checkpoint/default", status=204)
    assert refused(emulator, "POST", "checkpoint/default", status=404)["field"] == "name"
    ask(emulator, "DELETE", "checkpoint/a/b", status=204)


def test_a_checkpoint_that_another_request_has_just_deleted_is_not_found(
    emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    restore = emulator.restore_checkpoint
    monkeypatch.setattr(emulator, "restore_checkpoint", lambda name: (emulator.drop_checkpoint(name), restore(name)))
    ask(emulator, "POST", "checkpoint", status=201)
    assert refused(emulator, "POST", "checkpoint/default", status=404)["field"] == "name"


def test_checkpoints_have_a_limit(emulator: Emulator) -> None:
    for number in range(100):
        ask(emulator, "POST", "checkpoint", {"name": str(number)}, status=201)
    assert "delete one" in refused(emulator, "POST", "checkpoint", status=409)["message"]
    ask(emulator, "POST", "checkpoint", {"name": "5"}, status=201)


@pytest.mark.parametrize("path", ["faults/refuse-1", "checkpoint/default"])
def test_only_one_of_many_concurrent_deletes_succeeds(emulator: Emulator, path: str) -> None:
    ask(emulator, "POST", "faults", REFUSE, status=201)
    ask(emulator, "POST", "checkpoint", status=201)
    app = emulator.app
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: app.test_client().delete(f"/_mock/{path}").status_code, range(32)))
    assert sorted(answers) == [204] + [404] * 31


@pytest.mark.parametrize("path", ["reset", "checkpoint/default"])
def test_held_calls_are_released(served: Emulator, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wire(served.url, "POST /_mock/checkpoint")
    rule = json.dumps({"call": "*", "effect": "hang", "seconds": 3000, "unused": "ignore"}).encode()
    assert wire(served.url, "POST /_mock/faults", rule, Content_Length=str(len(rule))).status.endswith("201 CREATED")
    held = waits(monkeypatch)
    with ThreadPoolExecutor(3) as pool:
        authorization = basic(*served.auth)
        calls = [pool.submit(wire, served.url, "GET /v1/Credentials", Authorization=authorization) for _ in range(3)]
        for _ in range(3):
            assert held.acquire(timeout=20)
        assert wire(served.url, f"POST /_mock/{path}").status == "HTTP/1.1 200 OK"
        assert [call.result(20) for call in calls] == [Raw("", [], b"")] * 3
    assert len(served.journal) == 0


# access

HOSTS = ["127.0.0.1", "127.0.0.1:1", "localhost", "LocalHost:8010", "[::1]", "[::1]:8010", "127.0.0.1:"]
FOREIGN_HOSTS = [
    *("evil.example", "evil.example:8010", "127.0.0.1.evil.example", "localhost.evil.example:80", "192.168.0.1"),
    *("127.0.0.1,evil.example", "0.0.0.0", "", "localhost.", "notify.twilio.com"),
]
MALFORMED_HOSTS = [
    *("evil@127.0.0.1", "127.0.0.1@evil.example", "[::1", "::1", "[evil]"),
    *("127.0.0.1:80:80", "127.0.0.1:x", "[127.0.0.1]evil.example"),
]
FOREIGN_ORIGINS = [
    *("http://evil.example", "null", "", "http://evil.example:8010", "http://localhost:3000", "http://[evil"),
    *("file://", "localhost", "http://localhost.evil.example", "http://localhost@evil.example", "evil://localhost"),
]


def methods() -> list[tuple[str, str]]:
    return [(method, re.sub("<.*>", "x", path)) for path, actions in ACTIONS.items() for method in actions]


@pytest.mark.parametrize("host", HOSTS)
def test_loopback_has_several_names(served: Emulator, host: str) -> None:
    assert wire(served.url, "GET /_mock/health", Host=host).status == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_a_foreign_host_is_refused(served: Emulator, host: str) -> None:
    answer = wire(served.url, "GET /_mock/health", Host=host)
    assert answer.status == "HTTP/1.1 403 FORBIDDEN"
    assert json.loads(answer.body)["error"]["field"] == "Host"
    assert len(served.journal) == 0


@pytest.mark.parametrize("host", MALFORMED_HOSTS)
def test_a_malformed_host_is_refused(served: Emulator, host: str) -> None:
    """The server refuses it as malformed; on another server, the control API refuses it as foreign."""
    assert wire(served.url, "GET /_mock/health", Host=host).status == "HTTP/1.1 400 BAD REQUEST"
    assert len(served.journal) == 0
    assert refused(served, "GET", "health", status=403, headers={"Host": host})["field"] == "Host"


def test_two_hosts_are_refused(served: Emulator) -> None:
    answer = send(
        served.url,
        b"GET /_mock/health HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    )
    assert answer.status == "HTTP/1.1 400 BAD REQUEST"


@pytest.mark.parametrize("origin", FOREIGN_ORIGINS)
def test_a_page_of_another_origin_is_refused(emulator: Emulator, origin: str) -> None:
    error = refused(emulator, "POST", "reset", status=403, headers={"Origin": origin})
    assert error["field"] == "Origin"


@pytest.mark.parametrize("origin", ["http://localhost:8010", "HTTP://LOCALHOST:8010", "https://localhost:8010"])
def test_a_page_of_its_own_origin_is_accepted(emulator: Emulator, origin: str) -> None:
    ask(emulator, "POST", "reset", headers={"Origin": origin, "Host": "localhost:8010"})


@pytest.mark.parametrize(("method", "path"), methods())
def test_no_action_is_open_to_a_foreign_page(emulator: Emulator, method: str, path: str) -> None:
    emulator.faults.add("*", "drop", name="x")
    ask(emulator, method, path, {}, status=403, headers={"Origin": "http://evil.example"})
    ask(emulator, method, path, {}, status=403, headers={"Host": "evil.example"})
    ask(emulator, method, path, {}, status=403, headers={"Sec-Fetch-Site": "cross-site"})
    ask(emulator, method, path, {}, status=403, headers={"X-Twilio-Signature": "x"})
    assert len(emulator.faults) == 1


@pytest.mark.parametrize("site", ["cross-site", "same-site", "", "None", "same-origin, none", "future"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_request_that_another_page_causes_is_refused_without_an_origin(
    emulator: Emulator, method: str, site: str
) -> None:
    answer = ask(emulator, method, "callbacks", status=403, headers={"Sec-Fetch-Site": site})
    assert method == "HEAD" or answer.get_json()["error"]["field"] == "Sec-Fetch-Site"


def test_the_address_bar_can_read_and_not_change() -> None:
    emulator = Emulator()
    ask(emulator, "GET", "state", headers={"Sec-Fetch-Site": "none"})
    ask(emulator, "HEAD", "state", headers={"Sec-Fetch-Site": "none"})
    error = refused(emulator, "POST", "reset", status=403, headers={"Sec-Fetch-Site": "none"})
    assert error["field"] == "Sec-Fetch-Site"


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}])
def test_a_page_of_its_own_and_a_client_that_is_no_browser_can_change(headers: dict[str, str]) -> None:
    ask(Emulator(), "POST", "reset", headers=headers)


def test_a_delivery_callback_is_refused(emulator: Emulator) -> None:
    error = refused(emulator, "POST", "reset", status=403, headers={"X-Twilio-Signature": ""})
    assert error == {
        "message": "the control API does not accept delivery callbacks (X-Twilio-Signature)",
        "field": "X-Twilio-Signature",
    }


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "http://localhost"}])
def test_a_preflight_is_not_allowed(emulator: Emulator, headers: dict[str, str]) -> None:
    preflight = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": TOKEN_HEADER, **headers}
    foreign = headers.get("Origin") == "http://evil.example"
    ask(emulator, "OPTIONS", "faults", status=403 if foreign else 405, headers=preflight)


TOKEN_METHODS = [found for found in methods() if found != ("GET", "health")]


@pytest.mark.parametrize(
    ("method", "path"), [*TOKEN_METHODS, ("GET", "nowhere"), ("PUT", "faults"), ("GET", "health/")]
)
def test_beyond_loopback_everything_needs_the_token(beyond_loopback: Emulator, method: str, path: str) -> None:
    url = beyond_loopback.url.replace("0.0.0.0", "127.0.0.1")
    for headers in ({}, {"X_Notify_Mock_Token": "open sesame"}, {"X_Notify_Mock_Token": ""}):
        answer = wire(url, f"{method} /_mock/{path}", **headers)
        assert answer.status == "HTTP/1.1 401 UNAUTHORIZED"
        assert json.loads(answer.body)["error"]["field"] == TOKEN_HEADER


def test_beyond_loopback_health_needs_no_token_under_any_name(beyond_loopback: Emulator) -> None:
    url = beyond_loopback.url.replace("0.0.0.0", "127.0.0.1")
    for host in ("127.0.0.1", "notify:8010", "10.1.2.3:8010"):
        answer = wire(url, "GET /_mock/health", Host=host)
        assert (answer.status, json.loads(answer.body)["status"]) == ("HTTP/1.1 200 OK", "ok")
    assert wire(url, "GET /_mock/health", Origin="http://evil.example").status == "HTTP/1.1 403 FORBIDDEN"


def test_beyond_loopback_the_token_is_accepted_for_any_host(beyond_loopback: Emulator) -> None:
    url = beyond_loopback.url.replace("0.0.0.0", "127.0.0.1")
    token = "open sésame".encode().decode("latin-1")
    for host in ("127.0.0.1", "emulator:8010"):
        assert wire(url, "GET /_mock/state", Host=host, X_Notify_Mock_Token=token).status == "HTTP/1.1 200 OK"
    foreign = wire(url, "GET /_mock/health", X_Notify_Mock_Token=token, Origin="http://evil.example")
    assert foreign.status == "HTTP/1.1 403 FORBIDDEN"
    assert len(beyond_loopback.journal) == 0


@pytest.mark.parametrize("token", ["", 5, True])
def test_a_bad_control_token_is_an_error(token: Any) -> None:
    with pytest.raises(UsageError, match="control_token: must be non-empty text"):
        Emulator(control_token=token)


def test_beyond_loopback_every_request_is_refused_without_a_token() -> None:
    with Emulator(host="0.0.0.0") as emulator:
        url = emulator.url.replace("0.0.0.0", "127.0.0.1")
        answer = wire(url, "GET /_mock/state", X_Notify_Mock_Token="")
    assert answer.status == "HTTP/1.1 401 UNAUTHORIZED"
    message = json.loads(answer.body)["error"]["message"]
    assert "start the server with --control-token or NOTIFY_MOCK_CONTROL_TOKEN" in message


@pytest.mark.parametrize("place", [{"SERVER_NAME": "0.0.0.0"}, {"REMOTE_ADDR": "10.0.0.5"}, {"REMOTE_ADDR": ""}])
def test_the_token_is_also_required_on_the_users_server(emulator: Emulator, place: dict[str, str]) -> None:
    ask(emulator, "GET", "state", status=401, environ_overrides=place)


def test_a_token_that_is_set_is_also_required_on_loopback() -> None:
    emulator = Emulator(control_token="t")
    ask(emulator, "GET", "state", status=401)
    ask(emulator, "GET", "state", headers={TOKEN_HEADER: "t"})


# secrets

SECRETS = ["s3cr3t-seed", "s3cr3t-form", "s3cr3t-query", "s3cr3t-rule", "s3cr3t-token", "s3cr3t-header", "s3cr3t-own"]


def test_no_response_contains_a_secret() -> None:
    seed = {"type": "fcm", "secret": "s3cr3t-seed", "friendly_name": "seeded"}
    emulator = Emulator(
        data={"credentials": [seed]}, accounts=[Account("AC" + "1" * 32, "s3cr3t-token")], control_token="s3cr3t-own"
    )
    headers = {TOKEN_HEADER: "s3cr3t-own"}
    rules: list[dict[str, Any]] = [
        {**REFUSE, "Secret": "s3cr3t-rule", "form": {"ApiKey": "s3cr3t-rule"}, "unused": "ignore"},
        {
            "effect": "drop",
            "sid": "CR1",
            "headers": {"Authorization": "s3cr3t-header", "X-Auth-Token": "s3cr3t-header"},
        },
        {"effect": "expire", "sid": "CR1", "new_token": "s3cr3t-token"},
    ]
    texts = [ask(emulator, "POST", "faults", rule, status=201, headers=headers).text for rule in rules]
    create(emulator, Type="fcm", Secret="s3cr3t-form")
    create(emulator, "?Secret=s3cr3t-query&Type=fcm", Type="gcm", ApiKey="s3cr3t-form")
    for bad in (
        {"Secret": ["s3cr3t-rule"]},
        {"form": {"Secret": "s3cr3t-rule", "x": 1}},
        {"Secret": {"s": "s3cr3t-rule"}},
    ):
        texts.append(ask(emulator, "POST", "faults", {**REFUSE, **bad}, status=400, headers=headers).text)
    for method, path in methods():
        answer = emulator.app.test_client().open(f"/_mock/{path}", method=method, headers=headers, json={})
        texts.append(answer.text + str(answer.headers))
    assert len(texts) > 15
    assert not [secret for secret in SECRETS for text in texts if secret in text]


# malformed requests


@pytest.mark.parametrize(("rule", "field", "expected_text"), WRONG, ids=str)
def test_a_bad_rule_is_refused_with_the_name_of_the_field(
    emulator: Emulator, rule: dict[str, Any], field: str, expected_text: str
) -> None:
    error = refused(emulator, "POST", "faults", rule)
    assert error["field"] == field
    assert expected_text in error["message"]
    assert len(emulator.faults) == 0


ANYTHING = [None, True, 0, -1, 1.5, 10**400, "", "x", "*", [], ["x"], {}, {"x": "y"}, {"x": []}]


@pytest.mark.parametrize("effect", [*BY_KIND, "*", None, 5])
def test_no_value_of_any_field_causes_a_500(emulator: Emulator, effect: object) -> None:
    client = emulator.app.test_client()
    fields = field_names(BY_KIND[effect]) if effect in BY_KIND else ()  # type: ignore[index]
    for field in ("call", "Type", "seen", *RULE_KEYS, *fields):
        for value in ANYTHING:
            answer = client.post("/_mock/faults", json={"effect": effect, "status": 200, field: value})
            assert answer.status_code in (201, 400), (field, value)
            ask(emulator, "GET", "faults")
            emulator.faults.clear()


@pytest.mark.parametrize(
    ("body", "expected_text"),
    [
        (b"", "is not JSON"),
        (b"{", "is not JSON: Expecting property name enclosed in double quotes, line 1, column 2"),
        (b"effect=refuse&code=20429", "is not JSON"),
        (b"[]", "must be a JSON object"),
        (b"null", "must be a JSON object"),
        (b'"refuse"', "must be a JSON object"),
        (b'{"effect": "refuse", "code": NaN}', "unsupported number"),
        (b'{"effect": "drop", "times": ' + b"1" * 5000 + b"}", "unsupported number"),
        (b'{"effect": "drop", "name": "\xff"}', "is not UTF-8"),
        ('{"effect": "drop"}'.encode("utf-16"), "is not UTF-8"),
        (b'{"effect": "drop", "name": "\\ud800"}', "lone surrogate"),
        (b"[" * 200_000, "too many nested levels"),
        (b'{"a":' * 40_000, "too many nested levels"),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("path", ["faults", "clock"])
def test_a_body_that_is_not_a_json_object_is_refused(
    emulator: Emulator, path: str, body: bytes, expected_text: str
) -> None:
    error = refused(emulator, "POST", path, data=body)
    assert error["field"] == "body"
    assert expected_text in error["message"]
    assert len(emulator.faults) == 0


def chunked(body: bytes) -> bytes:
    return (
        b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in (body[:1000], body[1000:])) + b"0\r\n\r\n"
    )


@pytest.mark.parametrize("size", [LIMIT + 1, 1024 * 1024, 1024 * 1024 + 1, 3 * 1024 * 1024])
@pytest.mark.parametrize("path", ["faults", "clock", "checkpoint"])
def test_a_huge_body_is_refused(served: Emulator, path: str, size: int) -> None:
    body = b'{"effect": "drop"' + b" " * (size - 18) + b"}"
    one = wire(served.url, f"POST /_mock/{path}", body, Content_Length=str(size))
    two = wire(served.url, f"POST /_mock/{path}", chunked(body), Transfer_Encoding="chunked")
    for answer in (one, two):
        assert answer.status.startswith("HTTP/1.1 413 ")
        assert answer.header("Content-Type") == "application/json"
        assert json.loads(answer.body)["error"]["field"] == "body"
        assert not any(name.startswith("Access-Control") for name in answer.names)
    assert (len(served.faults), len(served.journal)) == (0, 0)


def test_a_body_of_the_maximum_size_is_accepted(served: Emulator) -> None:
    body = b'{"effect": "drop"' + b" " * (LIMIT - 18) + b"}"
    answer = wire(served.url, "POST /_mock/faults", chunked(body), Transfer_Encoding="chunked")
    assert answer.status == "HTTP/1.1 201 CREATED"


def test_an_endless_body_of_another_server_is_cut_off(emulator: Emulator) -> None:
    from io import BytesIO

    body = BytesIO(b"[" * (LIMIT + 1))
    error = refused(
        emulator, "POST", "faults", status=413, input_stream=body, environ_overrides={"wsgi.input_terminated": True}
    )
    assert error["field"] == "body"


@pytest.mark.parametrize("head", ["Content-Length: x", "Transfer-Encoding: gzip", "no colon"])
def test_an_unreadable_request_is_not_in_the_journal(served: Emulator, head: str) -> None:
    answer = send(served.url, f"POST /_mock/faults HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n".encode())
    assert answer.status == "HTTP/1.1 400 BAD REQUEST"
    assert "message" in json.loads(answer.body)["error"]
    assert len(served.journal) == 0


@pytest.mark.parametrize(
    ("body", "field", "expected_text"),
    [
        ({}, "body", "expected exactly one of: advance, freeze"),
        ({"freeze": None, "advance": 1}, "advance", "expected exactly one of: advance, freeze"),
        ({"frieze": "2030-01-01"}, "frieze", "did you mean freeze?"),
        ({"advance": -1}, "advance", "is not a length of time"),
        ({"advance": "1x"}, "advance", "is not a length of time"),
        ({"advance": None}, "advance", "is not a length of time"),
        ({"advance": 1e10, "set": 0}, "advance", "expected exactly one of"),
        ({"advance": 9e10}, "advance", ""),
        ({"advance": 9e10 + 10**10}, "advance", ""),
        ({"set": None}, "set", "is not a point in time"),
        ({"set": {}}, "set", "is not a point in time"),
        ({"set": 10**400}, "set", "is not a point in time"),
        ({"freeze": "now"}, "freeze", "is not a point in time"),
        ({"freeze": True}, "freeze", "is not a point in time"),
        ({"resume": False}, "resume", "must be true"),
    ],
)
def test_a_bad_change_of_the_clock_is_refused(body: dict[str, Any], field: str, expected_text: str) -> None:
    emulator = Emulator(frozen="9990-01-01" if "advance" in body else "2030-01-01")
    before = emulator.clock.time()
    error = refused(emulator, "POST", "clock", body)
    assert error["field"] == field
    assert expected_text in error["message"]
    assert emulator.clock.time() == before


@pytest.mark.parametrize(
    ("body", "field"), [({"name": ""}, "name"), ({"name": 5}, "name"), ({"name": None}, "name"), ({"nam": "x"}, "nam")]
)
def test_a_bad_name_for_a_checkpoint_is_refused(emulator: Emulator, body: dict[str, Any], field: str) -> None:
    assert refused(emulator, "POST", "checkpoint", body)["field"] == field


def test_a_name_that_is_taken_or_unknown_is_an_error(emulator: Emulator) -> None:
    ask(emulator, "POST", "faults", {**REFUSE, "name": "mine"}, status=201)
    assert refused(emulator, "POST", "faults", {**REFUSE, "name": "mine"})["field"] == "name"
    error = refused(emulator, "DELETE", "faults/mime", status=404)
    assert (error["field"], "did you mean mine?" in error["message"]) == ("name", True)
    assert len(emulator.faults) == 1


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "OPTIONS", "PROPFIND"])
@pytest.mark.parametrize("path", list(ACTIONS))
def test_a_405_names_the_allowed_methods(emulator: Emulator, path: str, method: str) -> None:
    allow = ask(emulator, method, path.replace("<name>", "x"), status=405).headers["Allow"].split(", ")
    assert set(allow) - {"HEAD"} == set(ACTIONS[path])
    assert ("HEAD" in allow) == ("GET" in allow)


@pytest.mark.parametrize(
    "path",
    [
        "nowhere",
        "Health",
        "health/",
        "faults/",
        "/faults",
        "health/x",
        "reset/x",
        "checkpoint/",
        "../health",
        "%FF",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_an_unknown_path_is_a_404_and_does_nothing(emulator: Emulator, method: str, path: str) -> None:
    emulator.faults.add("*", "drop")
    assert "/_mock/openapi.json" in refused(emulator, method, path, status=404)["message"]
    assert len(emulator.faults) == 1


def test_the_bare_prefix_leads_to_the_page(emulator: Emulator) -> None:
    answer = emulator.app.test_client().get("/_mock")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/_mock/")
    assert emulator.app.test_client().get("/_mocking").status_code == 401
    assert len(emulator.journal) == 1


# the document


def fits(schema: Any, value: Any, whole: dict[str, Any]) -> bool:
    """Whether ``value`` matches a schema. Supports the parts of JSON Schema that the document uses."""
    if isinstance(schema, bool):
        return schema
    if "$ref" in schema:
        return fits(find(schema["$ref"], whole), value, whole)
    if "oneOf" in schema and sum(fits(one, value, whole) for one in schema["oneOf"]) != 1:
        return False
    if "anyOf" in schema and not any(fits(one, value, whole) for one in schema["anyOf"]):
        return False
    types = schema.get("type", [])
    if types and kind(value) not in types and not (kind(value) == "integer" and "number" in types):
        return False
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        return False
    if isinstance(value, str):
        return len(value) >= schema.get("minLength", 0) and bool(re.search(schema.get("pattern", ""), value))
    if kind(value) in ("integer", "number"):
        small = schema.get("minimum", value) <= value <= schema.get("maximum", value)
        return bool(small and value < schema.get("exclusiveMaximum", value + 1))
    if isinstance(value, list):
        return all(fits(schema.get("items", True), one, whole) for one in value)
    return not isinstance(value, dict) or fits_object(schema, value, whole)


def fits_object(schema: dict[str, Any], value: dict[str, Any], whole: dict[str, Any]) -> bool:
    if not schema.get("minProperties", 0) <= len(value) <= schema.get("maxProperties", len(value)):
        return False
    if not set(schema.get("required", [])) <= set(value):
        return False
    for key, one in value.items():
        patterns = [each for pattern, each in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
        if key in schema.get("properties", {}):
            patterns.append(schema["properties"][key])
        if not all(fits(each, one, whole) for each in patterns or [schema.get("additionalProperties", True)]):
            return False
    return True


def kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return "null" if value is None else "boolean"
    names = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names[type(value)]


def find(reference: str, whole: dict[str, Any]) -> Any:
    assert reference.startswith("#/")
    found: Any = whole
    for name in reference[2:].split("/"):
        found = found[name]
    return found


def references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        yield from ([node["$ref"]] if "$ref" in node else [])
        for key, value in node.items():
            yield from value.values() if key == "mapping" else references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


RULE = {"$ref": "#/components/schemas/Rule"}


def test_the_document_names_the_requested_server(served: Emulator) -> None:
    found = json.loads(wire(served.url, "GET /_mock/openapi.json").body)
    assert found == document(served.url)
    assert found["openapi"] == "3.1.0"


def test_the_document_describes_every_action_and_no_other() -> None:
    described = {
        path.removeprefix("/_mock/"): {method.upper() for method in item if method != "parameters"}
        for path, item in document("x")["paths"].items()
    }
    assert described.pop("events") == {"GET"}
    assert described == {path.translate(str.maketrans("<>", "{}")): set(actions) for path, actions in ACTIONS.items()}
    operations = [one for item in document("x")["paths"].values() for key, one in item.items() if key != "parameters"]
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    assert all(operation["summary"] and operation["responses"] for operation in operations)


def test_a_path_declares_the_name_in_it() -> None:
    for path, item in document("x")["paths"].items():
        names = [parameter["name"] for parameter in item.get("parameters", [])]
        assert names == re.findall(r"{(\w+)}", path)


def test_every_reference_in_the_document_resolves() -> None:
    whole = document("x")
    found = list(references(whole))
    assert len(found) > 2 * len(EFFECTS)
    assert all(find(reference, whole) for reference in found)


@pytest.mark.parametrize("effect", EFFECTS, ids=lambda effect: effect.kind)
def test_every_effect_is_described_with_its_fields(effect: Any) -> None:
    whole = document("x")
    reference = whole["components"]["schemas"]["Rule"]["discriminator"]["mapping"][effect.kind]
    assert {"$ref": reference} in whole["components"]["schemas"]["Rule"]["oneOf"]
    schema = find(reference, whole)
    own = set(schema["properties"]) - {"effect", "call", "seen", "fired", "door"} - set(RULE_KEYS)
    assert own == set(field_names(effect))
    assert set(RULE_KEYS) <= set(schema["properties"])
    assert schema["properties"]["effect"]["const"] == effect.kind
    phase = schema["properties"]["phase"]
    assert (phase["enum"], phase["default"]) == ([*effect.phases], effect.phases[0])
    assert [name for name, field in schema["properties"].items() if not field.get("description")] == []
    assert schema["description"]


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_a_valid_rule_is_valid_in_the_document(emulator: Emulator, rule: dict[str, Any]) -> None:
    assert fits(RULE, rule, document("x"))
    assert fits(RULE, ask(emulator, "POST", "faults", rule, status=201).get_json(), document("x"))


NOT_IN_A_SCHEMA = (
    *(
        "it applies to",
        "is not a parameter of",
        "matches no call",
        "must not be more than",
        "point in time",
        "must be later",
    ),
    *("must be a function", "must be more than 0", "is a masked secret", "longer than an hour", "cannot be sent"),
)
"""Errors that the schemas don't cover: they would have to know calls, compare fields or parse dates."""


@pytest.mark.parametrize(("rule", "field", "expected_text"), WRONG, ids=str)
def test_a_bad_rule_is_invalid_in_the_document(
    emulator: Emulator, rule: dict[str, Any], field: str, expected_text: str
) -> None:
    message = refused(emulator, "POST", "faults", rule)["message"]
    assert fits(RULE, rule, document("x")) == any(part in message for part in NOT_IN_A_SCHEMA)


BODIES: dict[str, Any] = {
    "/_mock/faults": REFUSE,
    "/_mock/clock": {"advance": 1},
    "/_mock/calls": {"method": "GET", "path": "/v1/Services"},
    "/_mock/journal": {"keep_bodies": True},
    "/_mock/diagnose": {"files": {"key.json": "e30="}},
}


def test_every_response_matches_the_document(emulator: Emulator) -> None:
    create(emulator, Type="fcm", Secret="hush")
    create(emulator, Type="nonsense")
    emulator.credentials.add(type="apn")
    whole = document("x")
    for path, item in whole["paths"].items():
        for method, operation in item.items():
            if method not in ("get", "post") or path in ("/_mock/openapi.json", "/_mock/events"):
                continue
            action = path.removeprefix("/_mock/").format(
                name="fcm" if "providers" in path else "default", number=1, key="bindings", code=20404
            )
            body = BODIES.get(path, {})
            ((status, answer), _) = operation["responses"].items()
            content = ask(emulator, method.upper(), action, body, status=int(status)).get_json()
            assert fits(answer["content"]["application/json"]["schema"], content, whole), content
    error = refused(emulator, "POST", "faults", {})
    assert fits({"$ref": "#/components/schemas/Error"}, {"error": error}, whole)
