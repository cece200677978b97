"""Malformed requests on the wire: always a Twilio-style error, never a 500 or HTML, and no change of state."""

from __future__ import annotations

import json
import socket

import pytest
from helpers.calls import basic
from helpers.raw_http import Raw, send, split
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from notify_mock import Emulator
from notify_mock.server.shared_server import SharedServer
from notify_mock.twilio_api.messages import BODY_LIMIT

FORM = "Content-Type: application/x-www-form-urlencoded\r\n"
GOOD = b"Type=fcm&Secret=abc"


def ask(served: Emulator, start: str, headers: str = "", body: bytes = b"", *, auth: bool = True) -> Raw:
    length = "" if "ontent-" in headers.replace("Content-Type", "") else f"Content-Length: {len(body)}\r\n"
    who = f"Authorization: {basic(*served.auth)}\r\n" if auth else ""
    head = f"{start} HTTP/1.1\r\nHost: 127.0.0.1\r\n{who}{headers}{length}Connection: close\r\n\r\n"
    return send(served.url, head.encode("latin-1") + body)


def error(answer: Raw) -> tuple[int, int, str]:
    """Return status, code and message of a Twilio-style error; fail for any other response."""
    assert answer.header("Content-Type") == "application/json"
    assert answer.header("Content-Length") == str(len(answer.body))
    body = json.loads(answer.body)
    assert sorted(set(body) - {"detail"}) == ["code", "message", "more_info", "status"]
    assert answer.status.startswith(f"HTTP/1.1 {body['status']} ")
    return body["status"], body["code"], body["message"]


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        ("GET /", (404, 20404, "The requested resource / was not found")),
        ("GET /v1", (404, 20404, "The requested resource  was not found")),
        ("GET /v1/", (404, 20404, "The requested resource / was not found")),
        ("GET /v2/Credentials", (404, 20404, "The requested resource /v2/Credentials was not found")),
        ("GET /v1/credentials", (404, 20404, "The requested resource /credentials was not found")),
        ("GET /v1/Credentials//", (404, 20404, "The requested resource /Credentials// was not found")),
        ("GET /v1//Credentials", (404, 20404, "The requested resource //Credentials was not found")),
        ("GET /v1/Services/IS71", (404, 20404, "The requested resource /Services/IS71 was not found")),
        ("GET /v1/Credentials/a/b", (404, 20404, "The requested resource /Credentials/a/b was not found")),
        ("GET /v1/Credentials/%00", (404, 20404, "The requested resource /Credentials/\0 was not found")),
        ("GET /v1/Credentials/%C3%BC", (404, 20404, "The requested resource /Credentials/ü was not found")),
        ("GET /v1/Credentials/\xc3\xbc", (404, 20404, "The requested resource /Credentials/ü was not found")),
        ("GET /v1/Credentials/%FF", (400, 20001, "Bad request: invalid UTF-8")),
        ("GET /v1/Credentials/\xff", (400, 20001, "Bad request: invalid UTF-8")),
        ("GET /v1/" + "a" * 65_100, (414, 20001, "Request-URI Too Long")),
        ("GET /v1/Credentials/%4", (400, 20001, "Bad request: invalid percent-encoding")),
        ("GET /v1/Credentials?PageSize=%zz", (400, 20001, "Bad request: invalid percent-encoding")),
        ("GET /v1/Credentials?PageSize=%FF", (400, 20001, "Bad request: invalid UTF-8")),
        (
            "PUT /v1/Credentials",
            (405, 20004, "The requested resource /Credentials does not support the attempted HTTP method PUT"),
        ),
        (
            "get /v1/Credentials",
            (405, 20004, "The requested resource /Credentials does not support the attempted HTTP method get"),
        ),
        (
            "PATCH /chat/v2/Credentials/CR1.json",
            (
                405,
                20004,
                "The requested resource /Credentials/CR1.json does not support the attempted HTTP method PATCH",
            ),
        ),
    ],
)
def test_a_wrong_path_or_method_gets_its_error(served: Emulator, start: str, expected: tuple[int, int, str]) -> None:
    assert error(ask(served, start)) == expected


def test_a_405_names_the_methods_that_are_allowed(served: Emulator) -> None:
    assert ask(served, "DELETE /v1/Credentials").header("Allow") == "GET, POST, HEAD, OPTIONS"
    assert ask(served, "PUT /v1/Credentials/CR1").header("Allow") == "DELETE, GET, POST, HEAD, OPTIONS"


@pytest.mark.parametrize("suffix", ["", "/", ".json"])
def test_json_suffix_and_trailing_slash_are_accepted_and_omitted_from_links(served: Emulator, suffix: str) -> None:
    answer = ask(served, f"GET /v1/Credentials{suffix}")
    assert json.loads(answer.body)["meta"]["url"] == "http://127.0.0.1/v1/Credentials?PageSize=50&Page=0"


def test_head_is_get_without_a_body(served: Emulator) -> None:
    head, get = ask(served, "HEAD /v1/Credentials"), ask(served, "GET /v1/Credentials")
    assert head.body == b""
    assert head.status == get.status
    assert head.header("Content-Length") == str(len(get.body))
    assert ask(served, "HEAD /v1/Credentials/CR1").status == "HTTP/1.1 404 NOT FOUND"


@pytest.mark.parametrize("path", ["/v1/Credentials", "/v1/Credentials/CR1", "/nowhere", "*"])
def test_a_preflight_needs_no_credentials(served: Emulator, path: str) -> None:
    answer = ask(
        served,
        f"OPTIONS {path}",
        "Origin: http://localhost:3000\r\nAccess-Control-Request-Headers: authorization\r\n",
        auth=False,
    )
    assert answer.status == "HTTP/1.1 200 OK"
    assert answer.header("Access-Control-Allow-Origin") == "*"
    assert "Authorization" in answer.header("Access-Control-Allow-Headers")
    assert "POST" in answer.header("Access-Control-Allow-Methods")
    assert answer.body == b""


@pytest.mark.parametrize(
    ("headers", "body", "expected"),
    [
        (FORM, b"Type=fcm&Secret=%zz", (400, 20001, "Bad request: invalid percent-encoding")),
        (FORM, b"Type=fcm&Secret=%FF", (400, 20001, "Bad request: invalid UTF-8")),
        (FORM, b"Type=fcm&Secret=\xff", (400, 20001, "Bad request: invalid UTF-8")),
        (FORM, b"Type=fcm&" + b"&".join([b"a=1"] * 20001), (400, 20001, "Bad request: too many parameters")),
        (FORM, b"Type=fcm&Secret=" + b"a" * BODY_LIMIT, (413, 20413, "Request Entity Too Large")),
        (
            FORM,
            b"Type=fcm&Secret=a&Secret=b",
            (400, 20001, "Can not convert incoming parameters to Credential object: Parameter 'Secret' is invalid"),
        ),
        (
            FORM,
            b"Type=fcm&Secret=%00",
            (400, 20001, "Can not convert incoming parameters to Credential object: Parameter 'Secret' is invalid"),
        ),
        (FORM, b"type=fcm&Secret=x", (400, 20001, "Missing required parameter Type in the post body")),
        ("", b"Type=fcm&Secret=x", (400, 20001, "Missing required parameter Type in the post body")),
        (
            "Content-Type: application/json\r\n",
            b'{"Type": "fcm", "Secret": "x"}',
            (400, 20001, "Missing required parameter Type in the post body"),
        ),
        (
            "Content-Type: multipart/form-data; boundary=x\r\n",
            b"--y\r\nnonsense",
            (400, 20001, "Bad request: invalid multipart"),
        ),
        ("Content-Type: multipart/form-data\r\n", GOOD, (400, 20001, "Bad request: invalid multipart")),
        (
            "Content-Type: multipart/form-data; boundary=x\r\n",
            b'--x\r\nContent-Disposition: form-data; name="Type"\r\n\r\n\xff\r\n--x--\r\n',
            (400, 20001, "Bad request: invalid UTF-8"),
        ),
        (
            "Content-Type: multipart/form-data; boundary=x\r\n",
            b"--x\r\nContent-Disposition: form-data\r\n\r\nfcm\r\n--x--\r\n",
            (400, 20001, "Bad request: invalid multipart"),
        ),
        (FORM + "Content-Length: abc\r\n", GOOD, (400, 20001, "Bad request: invalid Content-Length")),
        (FORM + "Content-Length: -1\r\n", GOOD, (400, 20001, "Bad request: invalid Content-Length")),
        (
            FORM + "Content-Length: 5\r\nContent-Length: 6\r\n",
            GOOD,
            (400, 20001, "Bad request: invalid Content-Length"),
        ),
        (FORM + "Content-Length: " + "9" * 40 + "\r\n", GOOD, (413, 20413, "Request Entity Too Large")),
        (
            FORM + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
            b"0\r\n\r\n",
            (400, 20001, "Bad request: invalid Transfer-Encoding"),
        ),
        (
            FORM + "Content-Encoding: x\r\nTransfer-Encoding: gzip\r\n",
            GOOD,
            (400, 20001, "Bad request: invalid Transfer-Encoding"),
        ),
        (
            FORM + "Content-Encoding: x\r\nTransfer-Encoding: chunked\r\n",
            b"zz\r\nType=fcm",
            (400, 20001, "Bad request: invalid chunk"),
        ),
        ("".join(f"X-{n}: 1\r\n" for n in range(200)), b"", (431, 20001, "Request Header Fields Too Large")),
        ("X: " + "a" * 100_000 + "\r\n", b"", (431, 20001, "Request Header Fields Too Large")),
    ],
)
def test_a_bad_create_gets_its_error_and_changes_nothing(
    served: Emulator, headers: str, body: bytes, expected: tuple[int, int, str]
) -> None:
    assert error(ask(served, "POST /v1/Credentials", headers, body)) == expected
    assert len(served.credentials) == 0


@pytest.mark.parametrize("head", ["Content-Length : 60\r\n", "X Y: z\r\nContent-Length: 60\r\n"])
def test_a_malformed_header_line_does_not_hide_a_second_request(served: Emulator, head: str) -> None:
    """http.client drops everything after such a line, and would parse the body as the next request."""
    who = f"Authorization: {basic(*served.auth)}\r\n"
    inner = f"POST /v1/Credentials HTTP/1.1\r\nHost: x\r\n{who}{FORM}Content-Length: 19\r\n\r\nType=fcm&Secret=abc"
    answer = send(served.url, f"POST /v1/Credentials HTTP/1.1\r\nHost: x\r\n{who}{head}\r\n{inner}".encode())
    assert error(answer) == (400, 20001, "Bad request: invalid header")
    assert b"HTTP/1.1" not in answer.body
    assert len(served.credentials) == 0


@pytest.mark.parametrize("host", ["a..b", ".x", "..", "a" * 64 + ".example", "under_score:80", "[::1]:80", ""])
def test_an_odd_host_is_answered(served: Emulator, host: str) -> None:
    head = f"GET /v1/Credentials HTTP/1.1\r\nHost: {host}\r\nAuthorization: {basic(*served.auth)}\r\n"
    assert send(served.url, f"{head}Connection: close\r\n\r\n".encode("latin-1")).status == "HTTP/1.1 200 OK"


@pytest.mark.parametrize("target", ["http://[/v1", "http://[::1/v1/Credentials"])
def test_a_target_that_is_not_a_url_is_refused(served: Emulator, target: str) -> None:
    assert error(ask(served, f"GET {target}")) == (400, 20001, "Bad request: invalid request target")


def test_blank_lines_before_a_request_are_ignored(served: Emulator) -> None:
    who = f"Host: x\r\nAuthorization: {basic(*served.auth)}\r\n"
    one = f"POST /v1/Credentials HTTP/1.1\r\n{who}{FORM}Content-Length: 19\r\n"
    first = one.encode() + b"\r\n" + GOOD
    last = one.encode() + b"Connection: close\r\n\r\n" + GOOD
    send(served.url, b"\r\n" + first + b"\r\n" + last)
    assert len(served.credentials) == 2


def test_an_incomplete_body_is_refused(served: Emulator) -> None:
    for head, body in [
        ("Content-Length: 50\r\n", b"Type=fcm"),
        ("Transfer-Encoding: chunked\r\n", b"8\r\nType=f"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", b"0\r\n\r\n"),
        ("Transfer-Encoding: chunked\r\n", b"0x8\r\nType=fcm\r\n0\r\n\r\n"),
    ]:
        host, _, port = served.url.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            start = (
                f"POST /v1/Credentials HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(*served.auth)}\r\n{FORM}{head}\r\n"
            )
            connection.sendall(start.encode() + body)
            connection.shutdown(socket.SHUT_WR)
            assert error(split(b"".join(iter(lambda: connection.recv(65536), b""))))[0] == 400
    assert len(served.credentials) == 0


def test_chunk_extensions_and_trailers_are_ignored(served: Emulator) -> None:
    body = b"13;a=b\r\nType=fcm&Secret=abc\r\n0\r\nX-Sum: 1\r\n\r\n"
    head = FORM + "Content-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"
    assert ask(served, "POST /v1/Credentials", head, body).status == "HTTP/1.1 201 CREATED"


def test_a_refused_head_request_has_no_body(served: Emulator) -> None:
    assert ask(served, "HEAD /v1/Credentials", "Content-Length: abc\r\n").body == b""


def test_a_server_without_an_emulator_answers_400_even_to_noise() -> None:
    shared = SharedServer()
    expected = (400, 20001, "Bad request: no test that uses notify_mock is running")
    assert error(send(shared.url, b"HELLO\r\n\r\n")) == expected
    assert error(send(shared.url, b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")) == expected
    shared.stop()


@pytest.mark.parametrize(
    ("path", "message"),
    [("/v1/Credentials/%E2%82%AC", "/Credentials/€"), ("/v1/a%2525", "/a%25"), ("/v1/%C3%BC", "/ü")],
)
def test_a_wsgi_server_without_a_raw_target_works(emulator: Emulator, path: str, message: str) -> None:
    def bare(environ: dict[str, object], start_response: object) -> object:
        del environ["RAW_URI"], environ["REQUEST_URI"]
        return emulator.app.wsgi_app(environ, start_response)

    answer = Client(bare).get(path, headers={"Authorization": basic(*emulator.auth)})
    assert answer.json is not None
    assert answer.json["message"] == f"The requested resource {message} was not found"


def test_a_multipart_file_leaves_no_open_file(served: Emulator) -> None:
    import requests

    url = f"{served.url}/v1/Credentials"
    files = {"Secret": ("x", b"a" * 900_000)}
    assert requests.post(url, files=files, data={"Type": "fcm"}, auth=served.auth).status_code == 400


def test_a_chunked_and_a_multipart_body_are_read(served: Emulator) -> None:
    chunked = b"8\r\nType=fcm\r\nb\r\n&Secret=abc\r\n0\r\n\r\n"
    assert (
        ask(
            served,
            "POST /v1/Credentials",
            FORM + "Content-Encoding: identity\r\nTransfer-Encoding: chunked\r\n",
            chunked,
        ).status
        == "HTTP/1.1 201 CREATED"
    )
    parts = "".join(
        f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in [("Type", "fcm"), ("Secret", "mü")]
    )
    answer = ask(
        served,
        "POST /v1/Credentials",
        "Content-Type: multipart/form-data; boundary=x\r\n",
        (parts + "--x--\r\n").encode(),
    )
    assert served.credentials[json.loads(answer.body)["sid"]].secret == "mü"


def test_a_request_that_is_too_long_or_not_http_gets_an_error(served: Emulator) -> None:
    assert error(ask(served, "GET /" + "a" * 70_000)) == (414, 20001, "Request-URI Too Long")
    for noise in (
        b"\x16\x03\x01\x02\x00\x01\r\n\r\n",
        b"HELLO\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\0\0\0\0\r\n\r\n",
    ):
        assert error(send(served.url, noise)) == (400, 20001, "Bad request: not HTTP/1.1")


def test_a_huge_body_is_answered_while_it_is_still_being_sent(served: Emulator) -> None:
    answer = ask(served, "POST /v1/Credentials", FORM, b"a" * (8 * 1024 * 1024))
    assert error(answer)[0] == 413


def test_a_client_that_expects_100_continue_gets_it_or_an_error(served: Emulator) -> None:
    good = ask(served, "POST /v1/Credentials", FORM + "Expect: 100-continue\r\n", GOOD)
    assert good.status == "HTTP/1.1 100 Continue"
    assert b"201 CREATED" in good.body
    huge = ask(served, "POST /v1/Credentials", FORM + "Expect: 100-continue\r\nContent-Length: 9999999\r\n")
    assert error(huge)[0] == 413


def test_a_connection_stays_open_for_the_next_request(served: Emulator) -> None:
    one = f"GET /v1/Credentials HTTP/1.1\r\nHost: x\r\nAuthorization: {basic(*served.auth)}\r\n".encode()
    with_body = one + b"Content-Length: 5\r\n\r\nhello"
    answer = send(served.url, with_body + one + b"\r\n" + one + b"Connection: close\r\n\r\n")
    assert answer.header("Connection") == "keep-alive"
    assert answer.body.count(b"HTTP/1.1 200 OK") == 2


def test_http_1_0_is_answered_and_closed(served: Emulator) -> None:
    answer = send(served.url, f"GET /v1/Credentials HTTP/1.0\r\nAuthorization: {basic(*served.auth)}\r\n\r\n".encode())
    assert answer.status == "HTTP/1.1 200 OK"
    assert answer.header("Connection") == "close"
    assert f"{served.url}/v1/Credentials" in answer.body.decode()


def test_an_absolute_target_is_read_as_its_path(served: Emulator) -> None:
    answer = ask(served, "GET http://notify.twilio.com/v1/Credentials")
    assert json.loads(answer.body)["meta"]["url"].startswith("http://notify.twilio.com/v1/Credentials?")


@pytest.mark.parametrize(
    "value", ["Basic", "Basic %%%", "Basic bm9jb2xvbg==", "Digest x", "Basic /////w==", "\xff", "Basic " + "A" * 9000]
)
def test_a_garbled_authorization_is_an_invalid_username(served: Emulator, value: str) -> None:
    answer = ask(served, "GET /v1/Credentials", f"Authorization: {value}\r\n", auth=False)
    assert error(answer) == (401, 20003, "Authentication Error - invalid username")
    assert answer.header("WWW-Authenticate") == 'Basic realm="Twilio API"'


@settings(max_examples=150, deadline=None)
@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PUT", "HEAD", "X"]),
    target=st.one_of(
        st.text(st.characters(max_codepoint=0xFF), max_size=30),
        st.builds("/v1/Credentials{}".format, st.text(st.characters(max_codepoint=0xFF), max_size=20)),
    ),
    kind=st.sampled_from(["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain", "é"]),
    body=st.one_of(st.binary(max_size=80), st.builds(lambda b: b"Type=fcm&Secret=" + b, st.binary(max_size=20))),
)
def test_no_request_makes_the_core_fail(method: str, target: str, kind: str, body: bytes) -> None:
    from notify_mock.twilio_api.messages import read

    emulator = Emulator()
    headers = {"authorization": basic(*emulator.auth), "content-type": kind}
    answer = emulator.handle(read(method, target, host="127.0.0.1", headers=headers, body=body))
    assert answer.status in (200, 201, 204, 400, 404, 405)
    assert len(emulator.credentials) == (answer.status == 201)
    if answer.status >= 400:
        assert json.loads(answer.body)["status"] == answer.status


def test_a_flask_hook_sees_the_name_of_the_call(emulator: Emulator) -> None:
    from flask import request

    seen = []
    emulator.app.before_request(lambda: seen.append(request.endpoint))
    http = emulator.app.test_client()
    http.get("/v1/Credentials")
    http.delete("/chat/v2/Credentials/CR1")
    assert seen == ["credential.list", "credential.delete"]


def test_a_bug_in_the_emulator_is_a_twilio_style_500_over_http(monkeypatch: pytest.MonkeyPatch) -> None:
    emulator = Emulator()

    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("notify_mock.twilio_api.paging.page_of", broken)
    answer = emulator.app.test_client().get("/v1/Credentials", headers={"Authorization": basic(*emulator.auth)})
    assert answer.status_code == 500
    assert answer.json["code"] == 20500
    (exchange,) = emulator.journal
    assert "the emulator failed" in str(exchange)
