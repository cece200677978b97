"""Endpoints from hosts and paths, and the URLs in responses."""

from __future__ import annotations

import json

import pytest
from helpers.calls import basic

from notify_mock import Call, Emulator
from notify_mock.twilio_api.products import Endpoint, resolve_endpoint


@pytest.mark.parametrize(
    ("host", "path", "endpoint"),
    [
        ("notify.twilio.com", "/v1/Credentials", Endpoint("notify/v1", "us1", "/v1", "/Credentials")),
        ("NOTIFY.Twilio.com.:443", "/v1/X", Endpoint("notify/v1", "us1", "/v1", "/X")),
        ("notify.ie1.twilio.com", "/v1/X", Endpoint("notify/v1", "ie1", "/v1", "/X")),
        ("notify.dublin.ie1.twilio.com", "/v1/X", Endpoint("notify/v1", "ie1", "/v1", "/X")),
        ("chat.twilio.com", "/v2/X", Endpoint("chat/v2", "us1", "/v2", "/X")),
        ("ip-messaging.twilio.com", "/v1/X", Endpoint("ip-messaging/v1", "us1", "/v1", "/X")),
        ("conversations.twilio.com", "/v1/X", Endpoint("conversations/v1", "us1", "/v1", "/X")),
        ("127.0.0.1:8010", "/v1/X", Endpoint("notify/v1", "us1", "/v1", "/X")),
        ("127.0.0.1:8010", "/chat/v1/X", Endpoint("chat/v1", "us1", "/chat/v1", "/X")),
        ("[::1]:8010", "/notify/v1/X", Endpoint("notify/v1", "us1", "/notify/v1", "/X")),
        ("localhost", "/v1", Endpoint("notify/v1", "us1", "/v1", "")),
        ("localhost", "/v2/X", Endpoint("", "us1", "", "/v2/X")),
        ("conversations.twilio.com", "/v2/X", Endpoint("", "us1", "", "/v2/X")),
        ("notify.twilio.com", "/chat/v2/X", Endpoint("", "us1", "", "/chat/v2/X")),
        ("notify.ü.twilio.com", "/v1/X", Endpoint("", "us1", "", "/v1/X")),
        ("notify.edge.anything.twilio.com", "/v1/X", Endpoint("", "us1", "", "/v1/X")),
        ("api.twilio.com", "/v1/X", Endpoint("", "us1", "", "/v1/X")),
        ("a.b.c.d.twilio.com", "/v1/X", Endpoint("", "us1", "", "/v1/X")),
        ("notify.twilio.com.evil.example", "/v1/X", Endpoint("notify/v1", "us1", "/v1", "/X")),
        ("", "/", Endpoint("", "us1", "", "/")),
    ],
)
def test_host_and_path_lead_to_an_api(host: str, path: str, endpoint: Endpoint) -> None:
    assert resolve_endpoint(host, path) == endpoint


@pytest.mark.parametrize(
    ("host", "path", "url"),
    [
        ("chat.twilio.com", "/v2/Credentials", "https://chat.twilio.com/v2/Credentials"),
        ("127.0.0.1:80", "/chat/v2/Credentials.json", "https://127.0.0.1:80/chat/v2/Credentials"),
        ("notify.sydney.au1.twilio.com", "/v1/Credentials/", "https://notify.sydney.au1.twilio.com/v1/Credentials"),
        ('odd"host', "/v1/Credentials", 'https://odd"host/v1/Credentials'),
    ],
)
def test_urls_in_a_response_use_the_host_and_path_of_the_request(host: str, path: str, url: str) -> None:
    emulator = Emulator()
    auth = {"authorization": basic(*emulator.auth)}
    region = resolve_endpoint(host, path).region
    sids = [emulator.credentials.add(type="fcm", region=region).sid for _ in range(2)]
    page = json.loads(emulator.handle(Call("GET", host, path, headers=auth)).body)
    assert page["meta"]["url"] == f"{url}?PageSize=50&Page=0"
    assert [one["url"] for one in page["credentials"]] == [f"{url}/{sid}" for sid in sids]


def test_region_and_domain_of_the_api_are_in_the_headers() -> None:
    answer = Emulator().handle(Call("GET", "chat.dublin.ie1.twilio.com", "/v2/Credentials"))
    assert ("X-Home-Region", "ie1") in answer.headers
    assert ("X-API-Domain", "chat.twilio.com") in answer.headers


def test_flask_can_build_the_urls_of_calls() -> None:
    from flask import url_for

    with Emulator().app.test_request_context():
        built = url_for("binding.fetch", api="v1", service_sid="IS1", sid="BS1", x=2)
        assert built == "/v1/Services/IS1/Bindings/BS1?x=2"
        assert url_for("credential.list", api="chat/v2") == "/chat/v2/Credentials"
