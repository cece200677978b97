"""Recorded bytes: the June 2022 recording of a create, and errors whose length was recorded."""

from __future__ import annotations

import json
import re

import pytest
from helpers.calls import basic
from helpers.paths import FIXTURES
from helpers.raw_http import Raw, send

from notify_mock import Call, Emulator
from notify_mock.cassettes.files import read_interactions

(RECORDING,) = read_interactions(FIXTURES / "credential-create-2022.yaml")
RECORDED = list(RECORDING.headers)
RECORDED_NAMES = [name for name, _ in RECORDED]
VARYING = {"Date", "Content-Length", "Twilio-Request-Id", "Twilio-Request-Duration"}
FORM = RECORDING.request_body.decode()


def recorded_request(host: str, user: str, password: str) -> bytes:
    return (
        f"POST /v1/Credentials HTTP/1.1\r\nHost: {host}\r\nAuthorization: {basic(user, password)}\r\n"
        f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(FORM)}\r\n"
        f"Connection: close\r\n\r\n{FORM}"
    ).encode()


def test_the_body_of_the_recorded_create_has_323_bytes(emulator: Emulator) -> None:
    emulator.clock.freeze("2022-06-10T20:58:33Z")
    call = RECORDING.call()
    answer = emulator.handle(call._replace(headers={"authorization": basic(*emulator.auth)}))
    assert answer.status == 201
    assert len(answer.body) == 323
    assert re.fullmatch(
        rb'\{"date_updated": "2022-06-10T20:58:33Z", "friendly_name": "fcmcr1", "account_sid": "AC[0-9a-f]{32}", '
        rb'"url": "https://notify.twilio.com/v1/Credentials/CR[0-9a-f]{32}", "sandbox": null, '
        rb'"sid": "CR[0-9a-f]{32}", "date_created": "2022-06-10T20:58:33Z", "type": "fcm"\}',
        answer.body,
    )
    assert ("Date", dict(RECORDED)["Date"]) in answer.headers
    assert ("Content-Length", dict(RECORDED)["Content-Length"]) in answer.headers


def test_the_recorded_create_has_its_status_line_and_header_names_on_a_socket(served: Emulator) -> None:
    answer = send(served.url, recorded_request("notify.twilio.com", *served.auth))
    assert answer.status == f"HTTP/1.1 {RECORDING.status} {RECORDING.reason}"
    assert answer.names == RECORDED_NAMES
    for name, value in RECORDED:
        assert name in VARYING or answer.header(name) == value
    assert re.fullmatch("RQ[0-9a-f]{32}", answer.header("Twilio-Request-Id"))
    assert re.fullmatch(r"\d+\.\d{3}", answer.header("Twilio-Request-Duration"))
    assert len(answer.body) == 322, "one byte less than recorded: the url has http instead of https"


def test_an_error_has_the_recorded_headers_without_charset_and_concurrency(served: Emulator) -> None:
    answer = send(
        served.url,
        f"GET /v1/Credentials/CR HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(*served.auth)}\r\n"
        "Connection: close\r\n\r\n".encode(),
    )
    assert answer.status == "HTTP/1.1 404 NOT FOUND"
    assert answer.names == [name for name in RECORDED_NAMES if name != "Twilio-Concurrent-Requests"]
    assert answer.header("Content-Type") == "application/json"


def call(emulator: Emulator, method: str, path: str, **options: str) -> tuple[int, bytes]:
    headers = {"authorization": basic(*emulator.auth)} | options
    answer = emulator.handle(Call(method, "notify.twilio.com", path, headers=headers))
    return answer.status, answer.body


def test_a_404_is_the_recorded_envelope_of_196_bytes(emulator: Emulator) -> None:
    """Recorded at another product for /Services/ZS.../Environments; this path has the same length."""
    path = "/Services/ZS" + "0" * 32 + "/Environments"
    assert call(emulator, "GET", "/v1" + path) == (
        404,
        b'{"code": 20404, "message": "The requested resource ' + path.encode() + b' was not found", '
        b'"more_info": "https://www.twilio.com/docs/errors/20404", "status": 404}',
    )
    assert len(call(emulator, "GET", "/v1" + path)[1]) == 196


def test_a_wrong_token_is_the_recorded_envelope_of_171_bytes() -> None:
    account = "AC" + "0" * 32
    strict = Emulator(accounts={account: "right"})
    status, body = call(strict, "GET", "/v1/Credentials", authorization=basic(account, "wrong"))
    assert status == 401
    assert len(body) == 171
    assert body == (
        b'{"code": 20003, "detail": "Your AccountSid or AuthToken was incorrect.", "message": "Authenticate", '
        b'"more_info": "https://www.twilio.com/docs/errors/20003", "status": 401}'
    )


@pytest.mark.parametrize("suffix", ["", ".json", "/"])
def test_a_404_names_the_requested_path_without_its_version(emulator: Emulator, suffix: str) -> None:
    _, body = call(emulator, "GET", f"/v1/Credentials/CR1{suffix}")
    assert json.loads(body)["message"] == f"The requested resource /Credentials/CR1{suffix} was not found"


def test_a_delete_is_204_with_an_empty_body_and_its_headers(served: Emulator) -> None:
    sid = served.credentials.add(type="fcm", secret="x").sid
    answer: Raw = send(
        served.url,
        f"DELETE /v1/Credentials/{sid} HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(*served.auth)}\r\n"
        "Connection: close\r\n\r\n".encode(),
    )
    assert answer.status == "HTTP/1.1 204 NO CONTENT"
    assert answer.header("Content-Length") == "0"
    assert answer.header("Content-Type") == "application/json; charset=utf-8"
    assert answer.body == b""
