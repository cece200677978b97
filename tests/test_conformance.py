"""Held against Twilio's own OpenAPI files, where they are at hand; they are not ours to ship."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import SHARED, Pair

from notify_mock import Emulator
from notify_mock.doors import DOORS
from notify_mock.resources import CREDENTIAL
from notify_mock.routes import ROUTES

FILES = {
    "notify/v1": "twilio_notify_v1.json",
    "conversations/v1": "twilio_conversations_v1_credentials.json",
    "chat/v1": "twilio_chat_v1_credentials.json",
    "chat/v2": "twilio_chat_v2_credentials.json",
    "ip-messaging/v1": "twilio_ip_messaging_v1_credentials.json",
    "ip-messaging/v2": "twilio_ip_messaging_v2_credentials.json",
}


def spec(door: str) -> dict[str, Any]:
    path: Path = SHARED / "openapi" / FILES[door]
    if not path.exists():
        pytest.skip("Twilio's OpenAPI files are not at hand")
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def credential_schema(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    return next(schema for name, schema in schemas.items() if re.fullmatch(r".*v\d\.credential", name))  # type: ignore[no-any-return]


def form(operation: dict[str, Any]) -> dict[str, Any]:
    return operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]  # type: ignore[no-any-return]


def test_there_is_a_file_for_every_door() -> None:
    assert tuple(FILES) == DOORS


@pytest.mark.parametrize("door", DOORS)
def test_the_calls_of_every_door_are_the_documented_ones(door: str) -> None:
    version = door.partition("/")[2]
    documented = {
        (method.upper(), path.replace("{Sid}", "<sid>"))
        for path, item in spec(door)["paths"].items()
        if "/Credentials" in path
        for method in item
        if method in ("get", "post", "delete")
    }
    ours = {(route.method, f"/{version}{route.pattern}") for route in ROUTES if route.door == door}
    assert ours == documented


@pytest.mark.parametrize("door", DOORS)
def test_an_answer_has_the_documented_fields_and_types(door: str, pair: Pair) -> None:
    schema = credential_schema(spec(door))["properties"]
    emulator = Emulator()
    create = emulator.client().notify.v1.credentials.create
    create(type="apn", certificate=pair.certificate, private_key=pair.private_key, sandbox=True, friendly_name="a")
    create(type="fcm", secret="x")
    for record in emulator.credentials.values():
        shown = CREDENTIAL.show(record, f"https://x/Credentials/{record.sid}")
        assert set(shown) == set(schema)
        for name, value in shown.items():
            rule = schema[name]
            assert value is None or isinstance(value, str)
            assert value is not None or rule.get("nullable"), name
            assert re.fullmatch(rule.get("pattern", ".*"), str(value), re.DOTALL), name


@pytest.mark.parametrize("door", DOORS)
def test_the_parameters_are_the_documented_ones(door: str) -> None:
    paths = spec(door)["paths"]
    create = next(item["post"] for path, item in paths.items() if path.endswith("/Credentials"))
    update = next(item["post"] for path, item in paths.items() if path.endswith("/Credentials/{Sid}"))
    taken = {"FriendlyName", "Certificate", "PrivateKey", "Sandbox", "ApiKey", "Secret"}
    assert set(form(create)["properties"]) == taken | {"Type"}
    ignored = {"Type"} if door == "conversations/v1" else set()
    assert set(form(update)["properties"]) == taken | ignored
    assert form(create)["required"] == ["Type"]


@pytest.mark.parametrize("door", DOORS)
def test_the_statuses_are_the_documented_ones(door: str) -> None:
    paths = spec(door)["paths"]
    documented = {
        (method, path.endswith("{Sid}")): list(operation["responses"])
        for path, item in paths.items()
        if re.search(r"/Credentials(/\{Sid\})?$", path)
        for method, operation in item.items()
        if method in ("get", "post", "delete")
    }
    assert documented == {
        ("get", False): ["200"],
        ("post", False): ["201"],
        ("get", True): ["200"],
        ("post", True): ["200"],
        ("delete", True): ["204"],
    }


def test_the_parameters_of_the_page_the_project_implements_are_taken() -> None:
    pages = list((SHARED / "seed").glob("*.txt"))
    if not pages:
        pytest.skip("the documentation page is not at hand")
    text = pages[0].read_text()
    for name in ("sid", "account_sid", "friendly_name", "type", "sandbox", "date_created", "date_updated", "url"):
        assert f"\n{name}\n" in text
    source = Path(str(CREDENTIAL.create.__code__.co_filename)).read_text()
    for name in ("Type", "FriendlyName", "Certificate", "PrivateKey", "Sandbox", "ApiKey", "Secret"):
        assert f'"{name}"' in source
