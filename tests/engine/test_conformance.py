"""Compares the emulator with Twilio's OpenAPI files, if they are available; they are not part of the project."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from helpers.calls import ask
from helpers.paths import SHARED
from helpers.pem import Pair, apn

from notify_mock import Emulator
from notify_mock.engine.routes import ROUTES
from notify_mock.resources import CREDENTIAL, SERVICE
from notify_mock.twilio_api.products import APIS

FILES = {
    "notify/v1": "twilio_notify_v1.json",
    "conversations/v1": "twilio_conversations_v1_credentials.json",
    "chat/v1": "twilio_chat_v1_credentials.json",
    "chat/v2": "twilio_chat_v2_credentials.json",
    "ip-messaging/v1": "twilio_ip_messaging_v1_credentials.json",
    "ip-messaging/v2": "twilio_ip_messaging_v2_credentials.json",
}


def spec(api: str) -> dict[str, Any]:
    path: Path = SHARED / "openapi" / FILES[api]
    if not path.exists():
        pytest.skip("Twilio's OpenAPI files are not available")
    return json.loads(path.read_text())  # type: ignore[no-any-return]


def credential_schema(document: dict[str, Any]) -> dict[str, Any]:
    schemas = document["components"]["schemas"]
    return next(schema for name, schema in schemas.items() if re.fullmatch(r".*v\d\.credential", name))  # type: ignore[no-any-return]


def form(operation: dict[str, Any]) -> dict[str, Any]:
    return operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]  # type: ignore[no-any-return]


def test_there_is_a_file_for_every_api() -> None:
    assert tuple(FILES) == APIS


@pytest.mark.parametrize("api", APIS)
def test_the_calls_of_every_api_are_the_documented_ones(api: str) -> None:
    version = api.partition("/")[2]
    documented = {
        (method.upper(), path.replace("{Sid}", "<sid>").replace("{ServiceSid}", "<service_sid>"))
        for path, item in spec(api)["paths"].items()
        if "/Credentials" in path or api == "notify/v1"
        for method in item
        if method in ("get", "post", "delete")
    }
    ours = {(route.method, f"/{version}{route.pattern}") for route in ROUTES if route.api == api}
    assert ours == documented


@pytest.mark.parametrize("api", APIS)
def test_a_response_has_the_documented_fields_and_types(api: str, pair: Pair) -> None:
    schema = credential_schema(spec(api))["properties"]
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


@pytest.mark.parametrize("api", APIS)
def test_the_parameters_are_the_documented_ones(api: str) -> None:
    paths = spec(api)["paths"]
    create = next(item["post"] for path, item in paths.items() if path.endswith("/Credentials"))
    update = next(item["post"] for path, item in paths.items() if path.endswith("/Credentials/{Sid}"))
    taken = {"FriendlyName", "Certificate", "PrivateKey", "Sandbox", "ApiKey", "Secret"}
    assert set(form(create)["properties"]) == taken | {"Type"}
    ignored = {"Type"} if api == "conversations/v1" else set()
    assert set(form(update)["properties"]) == taken | ignored
    assert form(create)["required"] == ["Type"]


@pytest.mark.parametrize("api", APIS)
def test_the_statuses_are_the_documented_ones(api: str) -> None:
    paths = spec(api)["paths"]
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


PARAMETERS = [
    ("/v1/Services", "post"),
    ("/v1/Services/{Sid}", "post"),
    ("/v1/Services/{ServiceSid}/Bindings", "post"),
    ("/v1/Services/{ServiceSid}/Notifications", "post"),
]


@pytest.mark.parametrize(("path", "method"), PARAMETERS)
def test_every_documented_parameter_of_notify_is_read(path: str, method: str) -> None:
    """Except Segment: segments are discontinued, and Twilio's own list of them is empty."""
    documented = set(form(spec("notify/v1")["paths"][path][method])["properties"]) - {"Segment"}
    source = "".join(file.read_text() for file in (Path(SERVICE.create.__code__.co_filename).parent).glob("*.py"))
    versions = {f"Default{channel}NotificationProtocolVersion" for channel in ("Apn", "Gcm", "Fcm", "Alexa")}
    assert [name for name in documented - versions if f'"{name}"' not in source] == []
    assert versions & documented <= {name for name in versions if "NotificationProtocolVersion" in source}


def validator(document: dict[str, Any], operation: dict[str, Any], status: str) -> Any:
    """Return a JSON Schema validator. Translates OpenAPI's ``nullable`` to JSON Schema."""

    def translate(node: Any) -> Any:
        if isinstance(node, list):
            return [translate(one) for one in node]
        if not isinstance(node, dict):
            return node
        plain = {key: translate(value) for key, value in node.items() if key not in ("nullable", "format")}
        if node.get("nullable") and "type" in node:
            plain["type"] = [node["type"], "null"]
        if "properties" in node:
            plain["additionalProperties"] = False
        return plain

    schema = operation["responses"][status]["content"]["application/json"]["schema"]
    return jsonschema.Draft202012Validator({**translate(schema), "components": translate(document["components"])})


def test_the_responses_of_all_calls_match_the_documented_schemas(pair: Pair) -> None:
    document = spec("notify/v1")
    emulator = Emulator(accounts={"AC" + "a" * 32: "token"})
    played = set()

    def play(method: str, path: str, *, at: str, status: str, **parameters: Any) -> dict[str, Any]:
        answer = ask(emulator, method, f"/v1{path}", **parameters)
        assert str(answer.status) == status, answer.body
        operation = document["paths"][at][{"POST": "post", "GET": "get", "DELETE": "delete"}[method]]
        played.add((method, at))
        if status == "204":
            return {}
        payload = json.loads(answer.body)
        validator(document, operation, status).validate(payload)
        return payload  # type: ignore[no-any-return]

    for kind, secrets in {"fcm": {"Secret": "s"}, "gcm": {"ApiKey": "k"}, "apn": apn(pair)}.items():
        made = play("POST", "/Credentials", at="/v1/Credentials", status="201", Type=kind, **secrets)
    one = f"/Credentials/{made['sid']}"
    play("GET", one, at="/v1/Credentials/{Sid}", status="200")
    play("POST", one, at="/v1/Credentials/{Sid}", status="200", FriendlyName="x")
    play("GET", "/Credentials", at="/v1/Credentials", status="200")
    play("DELETE", one, at="/v1/Credentials/{Sid}", status="204")

    play("POST", "/Services", at="/v1/Services", status="201")
    whole = {"FriendlyName": "x", "LogEnabled": "false", "FcmCredentialSid": made["sid"], "AlexaSkillId": "a"}
    service = play("POST", "/Services", at="/v1/Services", status="201", **whole)["sid"]
    play("POST", f"/Services/{service}", at="/v1/Services/{Sid}", status="200", FriendlyName="y")
    play("GET", f"/Services/{service}", at="/v1/Services/{Sid}", status="200")
    play("GET", "/Services?PageSize=1", at="/v1/Services", status="200")

    bindings = "/v1/Services/{ServiceSid}/Bindings"
    for kind in ("apn", "gcm", "sms", "fcm", "facebook-messenger", "alexa"):
        values = {"Identity": "al/ice", "BindingType": kind, "Address": "+491234", "Tag": ["a", "b"]}
        binding = play("POST", f"/Services/{service}/Bindings", at=bindings, status="201", **values)["sid"]
    play("GET", f"/Services/{service}/Bindings?Tag=all&PageSize=2", at=bindings, status="200")
    play("GET", f"/Services/{service}/Bindings/{binding}", at=bindings + "/{Sid}", status="200")

    sends = "/v1/Services/{ServiceSid}/Notifications"
    full = {"Data": '{"a": [1]}', "Apn": "{}", "Fcm": "{}", "Gcm": "{}", "Sms": "{}", "Alexa": "{}"}
    play("POST", f"/Services/{service}/Notifications", at=sends, status="201", Tag="all", Body="x", **full)
    direct = '{"binding_type": "sms", "address": "+49123"}'
    play("POST", f"/Services/{service}/Notifications", at=sends, status="201", ToBinding=direct, Ttl="0")
    play("DELETE", f"/Services/{service}/Bindings/{binding}", at=bindings + "/{Sid}", status="204")
    play("DELETE", f"/Services/{service}", at="/v1/Services/{Sid}", status="204")

    every = {(method.upper(), path) for path, item in document["paths"].items() for method in item}
    assert played == {one for one in every if one[0] in ("GET", "POST", "DELETE")}


def test_the_parameters_on_the_documentation_page_are_accepted() -> None:
    pages = list((SHARED / "seed").glob("*.txt"))
    if not pages:
        pytest.skip("the documentation page is not available")
    text = pages[0].read_text()
    for name in ("sid", "account_sid", "friendly_name", "type", "sandbox", "date_created", "date_updated", "url"):
        assert f"\n{name}\n" in text
    source = Path(str(CREDENTIAL.create.__code__.co_filename)).read_text()
    for name in ("Type", "FriendlyName", "Certificate", "PrivateKey", "Sandbox", "ApiKey", "Secret"):
        assert f'"{name}"' in source
