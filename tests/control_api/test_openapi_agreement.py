"""The OpenAPI document agrees with what the control API accepts, for values that types alone do not describe."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from notify_mock import Emulator
from notify_mock.control_api.openapi import document
from notify_mock.control_api.query import QUERIES
from notify_mock.deliveries.inbox import CRITERIA
from notify_mock.faults.kinds import EFFECTS

WHOLE = document("x")
FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date")
def is_date(value: object) -> bool:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        with suppress(ValueError):
            return bool(date.fromisoformat(value))
    return not isinstance(value, str)


@FORMATS.checks("date-time")
def is_date_time(value: object) -> bool:
    """RFC 3339."""
    pattern = r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})"
    if isinstance(value, str) and re.fullmatch(pattern, value):
        with suppress(ValueError):
            return bool(datetime.fromisoformat(value.replace("Z", "+00:00")))
    return not isinstance(value, str)


def fits(schema: dict[str, Any], value: Any) -> bool:
    whole = {**schema, "components": WHOLE["components"]}
    return bool(jsonschema.Draft202012Validator(whole, format_checker=FORMATS).is_valid(value))


def body_of(path: str) -> Any:
    return WHOLE["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]


def is_accepted(path: str, body: Any) -> bool:
    status = Emulator(frozen="2030-01-01").app.test_client().post(path, json=body).status_code
    assert status in (200, 201, 400)
    return status != 400


CLOCK = [
    *[
        (value, True)
        for value in ("2030-01-01", "2030-01-01T12:00:00Z", "2030-01-01T12:00:00.123456+02:00", 0, 1.5, -1)
    ],
    *[(value, True) for value in ("0002-01-01", "9998-12-31", -62104060800, 253370764799)],
    *[(value, False) for value in ("", "now", "2030-13-01", "2030-02-30T00:00:00Z", "12:00", "1893456000", "2h")],
    *[(value, False) for value in (253370764800, -62104060801, 10**400, True, [], {}, "2030-01-01T25:00:00Z")],
    *[(value, False) for value in ("0000-01-01", "0001-12-31T00:00:00Z", "9999-01-01", "9999-01-01T00:00:00Z")],
]


@pytest.mark.parametrize("act", ["set", "freeze"])
@pytest.mark.parametrize(("value", "good"), CLOCK, ids=lambda value: repr(value)[:40])
def test_a_point_in_time_is_accepted_as_described(act: str, value: Any, good: bool) -> None:
    assert fits(body_of("/_mock/clock"), {act: value}) == good
    assert is_accepted("/_mock/clock", {act: value}) == good


def test_only_freeze_accepts_null() -> None:
    for act, good in [("set", False), ("freeze", True)]:
        assert fits(body_of("/_mock/clock"), {act: None}) == is_accepted("/_mock/clock", {act: None}) == good


@given(at=st.datetimes(datetime(2, 1, 2), datetime(9998, 12, 30), timezones=st.timezones()))
def test_every_date_and_time_that_is_described_is_accepted(at: datetime) -> None:
    for text in (at.isoformat(), at.date().isoformat()):
        if fits(body_of("/_mock/clock"), {"set": text}):
            Emulator(frozen="2030-01-01").clock.set(text)


RULES = [
    ({"call": "delivery.*"}, True),
    ({"call": "delivery.apn"}, True),
    ({"call": "delivery.[af]*", "outcome": "down"}, True),
    ({}, False),
    ({"call": "*"}, False),
    ({"call": "credential.create"}, False),
    ({"call": "delivery"}, False),
    ({"call": "*.apn"}, False),
    ({"call": ""}, False),
    ({"call": 5}, False),
]


@pytest.mark.parametrize(("rule", "good"), RULES, ids=repr)
def test_undelivered_needs_the_name_of_a_delivery_as_described(rule: dict[str, Any], good: bool) -> None:
    rule = {"effect": "undelivered", **rule}
    assert fits(body_of("/_mock/faults"), rule) == good
    assert is_accepted("/_mock/faults", rule) == good


DELIVERY_QUERIES = [
    *[("channel", value, True) for value in ("apn", "fcm", "gcm", "sms", "facebook-messenger", "alexa")],
    *[("channel", value, False) for value in ("", "APN", "push", "apn,fcm")],
    *[("state", value, True) for value in ("sent", "failed")],
    *[("state", value, False) for value in ("", "delivered", "SENT")],
    *[("code", value, True) for value in (0, 52001, 999_999_999)],
    *[("code", value, False) for value in (-1, 1_000_000_000, 1.5, "x")],
    *[(name, "anything", True) for name in CRITERIA if name not in ("channel", "state", "code")],
]


@pytest.mark.parametrize(("name", "value", "good"), DELIVERY_QUERIES)
def test_a_criterion_of_deliveries_is_accepted_as_described(
    emulator: Emulator, name: str, value: object, good: bool
) -> None:
    (schema,) = (one["schema"] for one in parameters() if one["name"] == name)
    assert fits(schema, value) == good
    answer = emulator.app.test_client().get("/_mock/deliveries", query_string={name: str(value)})
    assert (answer.status_code == 200) == good


JOURNAL_QUERIES = [
    *[(name, value, True) for name in ("after", "before", "limit", "last") for value in (0, 201, 999_999_999)],
    *[(name, value, False) for name in ("after", "before", "limit", "last") for value in (-1, 1_000_000_000, 1.5, "x")],
    *[("status", value, True) for value in ("0", "201", "999999999", "4xx", "none")],
    *[("status", value, False) for value in ("", "-1", "4XX", "9xx", "4x", "1000000000", "\u0664\u0660\u0664")],
    *[(name, "any text", True) for name in ("account", "text")],
    *[("call", value, True) for value in ("*", "credential.*", "callback.post")],
]


@pytest.mark.parametrize(("name", "value", "good"), JOURNAL_QUERIES)
def test_a_filter_of_the_journal_is_accepted_as_described(
    emulator: Emulator, name: str, value: object, good: bool
) -> None:
    (schema,) = (one["schema"] for one in parameters("journal") if one["name"] == name)
    assert fits(schema, value) == good
    answer = emulator.app.test_client().get("/_mock/journal", query_string={name: str(value)})
    assert (answer.status_code == 200) == good


@pytest.mark.parametrize("path", [path for path, item in WHOLE["paths"].items() if "get" in item])
def test_a_path_takes_the_query_parameters_that_are_described_and_no_others(emulator: Emulator, path: str) -> None:
    described = {one["name"] for one in WHOLE["paths"][path]["get"].get("parameters", [])}
    known = ("types", "Last-Event-ID") if path == "/_mock/events" else ()
    known = QUERIES.get(path.removeprefix("/_mock/").translate(str.maketrans("{}", "<>")), known)
    assert described == set(known)
    other = emulator.app.test_client().get(re.sub("{.*}", "fcm", path), query_string={"other": "x"})
    assert other.status_code == 400


def parameters(path: str = "deliveries") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = WHOLE["paths"][f"/_mock/{path}"]["get"]["parameters"]
    return found


FCM, APN = {"type": "fcm"}, {"type": "apn"}
BINDING = {"identity": "alice", "binding_type": "sms", "address": "+15550100", "service_sid": "IS" + "1" * 32}

RECORDS: list[tuple[str, Any, bool]] = [
    *[("credentials", one, True) for one in (FCM, {**FCM, "secret": "x"}, {**FCM, "api_key": None}, {"type": "gcm"})],
    *[("credentials", {**APN, "sandbox": value}, True) for value in (True, False, None, "True")],
    *[("credentials", {**FCM, "friendly_name": "x" * size}, size <= 64) for size in (0, 64, 65)],
    *[("credentials", {**FCM, "sid": sid}, True) for sid in ("CR" + "a" * 32, None)],
    *[("credentials", {**FCM, "sid": sid}, False) for sid in ("CR1", "cr" + "a" * 32, 5, "")],
    *[("credentials", {**FCM, "account_sid": sid}, True) for sid in ("ACx", "AC" + "1" * 32, None)],
    *[("credentials", {**FCM, "account_sid": sid}, False) for sid in ("x", "AC", "ACé", 5)],
    *[("credentials", {**FCM, "date_created": value}, True) for value in ("2030-01-01", 0, None)],
    *[("credentials", {**FCM, "date_updated": value}, False) for value in ("soon", True, [])],
    *[("credentials", one, False) for one in ({}, {"type": "x"}, {**FCM, "secret": 5}, {**FCM, "x": "y"}, [], "fcm")],
    *[("credentials", {**APN, "sandbox": value}, False) for value in ("yes", 2)],
    *[("services", one, True) for one in ({}, {"log_enabled": False}, {"alexa_skill_id": None})],
    *[("services", one, False) for one in ({"log_enabled": "no"}, {"friendly_name": 5}, {"type": "fcm"})],
    *[("services", {"default_fcm_notification_protocol_version": value}, value == "3") for value in ("3", 3, None)],
    *[("bindings", {**BINDING, **more}, True) for more in ({}, {"tags": ["a"]}, {"tags": None}, {"endpoint": "x"})],
    *[("bindings", {**BINDING, "disabled": value}, type(value) is bool) for value in (True, False, None, "true", 0)],
    *[("bindings", {**BINDING, **more}, False) for more in ({"tags": "a"}, {"tags": [""]}, {"tags": ["a"] * 21})],
    *[("bindings", {**BINDING, **more}, False) for more in ({"identity": ""}, {"address": 5}, {"binding_type": "x"})],
    *[
        ("bindings", {key: value for key, value in BINDING.items() if key != left_out}, False)
        for left_out in ("identity", "address", "binding_type")
    ],
    ("notifications", {"body": "x"}, False),
    ("credentals", FCM, False),
]


@pytest.mark.parametrize(("key", "record", "good"), RECORDS, ids=lambda value: repr(value)[:60])
def test_a_record_is_accepted_as_described(key: str, record: Any, good: bool) -> None:
    body = {"services": [{"sid": "IS" + "1" * 32}], key: [record]} if key == "bindings" else {key: [record]}
    assert fits(body_of("/_mock/records"), body) == good
    assert is_accepted("/_mock/records", body) == good


FAILURES: list[tuple[str, Any, bool]] = [
    *[("throttled", value, True) for value in (True, False, [], ["token"])],
    *[("throttled", value, False) for value in ("token", None, [""], [5], 1)],
    *[(key, value, True) for key in ("unregistered", "revoked") for value in ([], ["x", "y"])],
    *[(key, value, False) for key in ("unregistered", "revoked") for value in (True, "x", None, [None])],
    *[("unregistered_ios", value, type(value) is list) for value in ([], ["x"], True, None)],
    *[("registered", value, False) for value in (True, [], None, {"x": 5}, {"x": {"app": "y"}}, {"x": {"topic": ""}})],
    *[("registered", value, False) for value in ({"x": {"topic": 5}}, {"x": {"sandbox": "True"}}, {"": {}})],
    *[("registered", value, True) for value in ({}, {"x": {}}, {"x": {"topic": "y", "sandbox": True}})],
    *[("down", value, type(value) is bool) for value in (True, False, 0, "true", None)],
    *[("delay", value, True) for value in (0, 1.5, "2s", "1h30m")],
    *[("delay", value, False) for value in (-1, "soon", None, True)],
    *[("slow", 1, False)],
]


@pytest.mark.parametrize(("key", "value", "good"), FAILURES)
def test_the_failures_of_a_provider_are_accepted_as_described(key: str, value: Any, good: bool) -> None:
    assert fits(body_of("/_mock/providers/{name}"), {key: value}) == good
    name = "apns" if key == "registered" else "fcm"
    assert is_accepted(f"/_mock/providers/{name}", {key: value}) == good


def probes(schema: dict[str, Any]) -> list[Any]:
    """Return values at and beyond the limits of a schema, and of other types."""
    limits = [schema[key] for key in ("minimum", "maximum", "exclusiveMaximum") if key in schema]
    around = [limit + step for limit in limits for step in (-1, 0, 1) if isinstance(limit, int)]
    return [None, True, 0, -1, 1.5, "", "x", "10s", [], {}, *schema.get("enum", [])[:3], *around]


REQUIRED: dict[str, dict[str, Any]] = {
    "refuse": {"code": 20429},
    "status": {"status": 502},
    "rate_limit": {"limit": 5},
    "delay": {"seconds": 1},
    "undelivered": {"call": "delivery.fcm"},
    "stale": {"call": "*.fetch"},
    "forget": {"call": "*.create"},
}
WITH_LIMITS_OF_THEIR_OWN = ("call", "name", "after", "until", "predicate", "form", "headers")
"""Texts that a schema cannot judge, and those whose values are judged together."""

PROBED = [
    (effect.kind, key, value)
    for effect in EFFECTS
    for key, schema in WHOLE["components"]["schemas"][f"Rule.{effect.kind}"]["properties"].items()
    if key not in (*WITH_LIMITS_OF_THEIR_OWN, "effect")
    for value in probes(schema)
]


@pytest.mark.parametrize("kind", [effect.kind for effect in EFFECTS])
def test_every_field_of_a_rule_is_accepted_as_described(kind: str) -> None:
    schema = {"$ref": f"#/components/schemas/Rule.{kind}"}
    differing = []
    for _, key, value in [one for one in PROBED if one[0] == kind]:
        rule = {"effect": kind, **REQUIRED.get(kind, {}), key: value}
        if fits(schema, rule) != is_accepted("/_mock/faults", rule):
            differing.append((key, value, fits(schema, rule)))
    assert differing == []


CALL = {"method": "GET", "path": "/v1/Services"}
CALLS: list[tuple[Any, bool]] = [
    *[({**CALL, "method": method}, True) for method in ("GET", "POST", "DELETE", "PUT", "PATCH", "HEAD", "OPTIONS")],
    *[({**CALL, "method": method}, False) for method in ("get", "", "TRACE", None, 5)],
    *[
        ({**CALL, "path": path}, True)
        for path in ("/", "//x", "/v1/Services", "/é b/%zz", "https://chat.twilio.com/v2")
    ],
    *[({**CALL, "path": path}, False) for path in (None, 5, "", "v1/Services", "http://chat.twilio.com/v2")],
    *[({**CALL, "path": path}, False) for path in ("/v1?x", "/v1#x", "/a\nb", "/" + "x" * 5000)],
    *[({**CALL, "account": account}, True) for account in (None, "AC1", "AC" + "1" * 32)],
    *[({**CALL, "account": account}, False) for account in ("", "SK1", 5, "ac1")],
    *[({**CALL, "params": params}, True) for params in ({}, [], {"a": "b"}, {"a": ["b"]}, [["a", "b"], ["a", ""]])],
    *[({**CALL, "params": params}, False) for params in (None, "x", {"a": 5}, {"a": [5]}, [["a"]], [["a", 5]], [5])],
    *[({"repeat": number}, False) for number in (-1, "1", True, None)],
    *[(body, False) for body in ({}, {"method": "GET"}, {"path": "/"}, {**CALL, "token": "x"}, {**CALL, "repeat": 1})],
]


@pytest.mark.parametrize(
    "path", ["https://x.com/", "https://twilio.com.x/", "https://u:p@chat.twilio.com/", "https://["]
)
def test_a_host_of_another_is_refused_although_a_schema_cannot_say_so(path: str) -> None:
    assert not is_accepted("/_mock/calls", {**CALL, "path": path})


@pytest.mark.parametrize(("body", "good"), CALLS, ids=lambda value: repr(value)[:60])
def test_a_call_is_accepted_as_described(body: Any, good: bool) -> None:
    assert fits(body_of("/_mock/calls"), body) == good
    assert is_accepted("/_mock/calls", body) == good


FILES: list[tuple[Any, bool]] = [
    *[({"files": {"a.pem": content}}, True) for content in ("", "e30=")],
    *[({"files": files}, False) for files in ({}, [], None, {"a": 5}, {"": "e30="}, {str(n): "" for n in range(9)})],
    *[({"files": {"a": ""}, "password": value}, good) for value, good in ((None, True), ("x", True), (5, False))],
    *[({"files": {"a": ""}, "secrets": value}, good) for value, good in ((True, True), (0, False), (None, False))],
    ({}, False),
    ({"files": {"a": ""}, "now": 5}, False),
]


@pytest.mark.parametrize(("body", "good"), FILES, ids=lambda value: repr(value)[:60])
def test_files_are_accepted_as_described(body: Any, good: bool) -> None:
    assert fits(body_of("/_mock/diagnose"), body) == good
    assert is_accepted("/_mock/diagnose", body) == good


@pytest.mark.parametrize(
    "body", [{"keep_bodies": True}, {"keep_bodies": False}, {}, {"keep_bodies": 1}, {"keep": True}]
)
def test_whether_to_keep_responses_is_accepted_as_described(body: Any) -> None:
    assert fits(body_of("/_mock/journal"), body) == is_accepted("/_mock/journal", body)


@pytest.mark.parametrize("path", ["journal", "deliveries", "records/{key}", "callbacks", "export"])
def test_every_query_parameter_is_accepted_as_described(emulator: Emulator, path: str) -> None:
    for one in parameters(path):
        if one["name"] in ("call", "after", "before") and one["schema"]["type"] == "string":
            continue
        for value in ("", "x", "0", "5", "-1", "1.5", "1000", "1001", "1000000000", "true", "sent", "4xx"):
            whole = int(value) if re.fullmatch(r"\d+", value) else value
            good = fits(one["schema"], whole if one["schema"]["type"] == "integer" else value)
            where = f"/_mock/{path.format(key='bindings')}"
            answer = emulator.app.test_client().get(where, query_string={one["name"]: value})
            assert (answer.status_code == 200) == good, (one["name"], value, answer.text)
