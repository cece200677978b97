"""All fronts give the same responses: Flask, the server, the server as a proxy, and the SDK's in-process client.

Each front plays the same script on its own emulator. Status and reason phrase, the headers in their order, and the body
must be the same, except for ``Connection``. Fronts with TLS are compared with each other, since links differ.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

import pytest
from helpers.calls import basic
from helpers.entries import URL, entry, record
from helpers.raw_http import Raw, dial, send, split, tunnel_to

from notify_mock import Emulator
from notify_mock.interception.transport import InProcessHttpClient
from notify_mock.server.tls import Tls
from notify_mock.twilio_api.headers import phrase
from notify_mock.twilio_api.messages import BODY_LIMIT

HOST = "notify.twilio.com"
SID = re.compile(rb'{"sid": ?"(\w+)"')
FORM = "application/x-www-form-urlencoded"


class Request(NamedTuple):
    method: str
    target: str
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()

    def lines(self, *more: tuple[str, str]) -> list[tuple[str, str]]:
        length = [("Content-Length", str(len(self.body)))] if self.body or self.method == "POST" else []
        host = [] if "Host" in dict(self.headers) else [("Host", HOST)]
        return [*host, *self.headers, *length, *more]


Front = Callable[[Emulator, Request], Raw]
Script = Callable[[], Iterator[Request]]


def on_the_wire(request: Request, target: str) -> bytes:
    lines = request.lines(("Connection", "close"))
    head = f"{request.method} {target} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in lines)
    return f"{head}\r\n".encode("latin-1") + request.body


def server(emulator: Emulator, request: Request) -> Raw:
    return send(emulator.url, on_the_wire(request, request.target))


def proxy(emulator: Emulator, request: Request) -> Raw:
    return send(emulator.url, on_the_wire(request, f"http://{HOST}{request.target}"))


def proxy_with_https_target(emulator: Emulator, request: Request) -> Raw:
    return send(emulator.url, on_the_wire(request, f"https://{HOST}{request.target}"))


def tunnel(emulator: Emulator, request: Request) -> Raw:
    context = Tls().client_context
    with context.wrap_socket(tunnel_to(emulator.url, f"{HOST}:443"), server_hostname=HOST) as connection:
        connection.sendall(on_the_wire(request, request.target))
        return split(b"".join(iter(lambda: connection.recv(65536), b"")))


def tls_on_the_port(emulator: Emulator, request: Request) -> Raw:
    with Tls().client_context.wrap_socket(dial(emulator.url), server_hostname=HOST) as connection:
        connection.sendall(on_the_wire(request, request.target))
        return split(b"".join(iter(lambda: connection.recv(65536), b"")))


def flask(emulator: Emulator, request: Request, scheme: str = "http") -> Raw:
    path, _, query = request.target.partition("?")
    answer = emulator.app.test_client().open(
        path.encode("latin-1").decode("utf-8", "replace"),
        query_string=query,
        method=request.method,
        headers=request.lines(),
        data=request.body,
        environ_overrides={"RAW_URI": request.target, "REQUEST_URI": request.target, "wsgi.url_scheme": scheme},
    )
    return Raw(f"HTTP/1.1 {answer.status}", list(answer.headers), answer.data)


def flask_with_https(emulator: Emulator, request: Request) -> Raw:
    return flask(emulator, request, "https")


def in_process(emulator: Emulator, request: Request) -> Raw:
    """The SDK's client shows no reason phrase, and a text instead of the body."""
    headers = {name: value.decode("latin-1") if isinstance(value, bytes) else value for name, value in request.headers}
    form = parse_qs(request.body.decode(), keep_blank_values=True)
    found = InProcessHttpClient(emulator).request(
        request.method, f"https://{HOST}{request.target}", data=form, headers=headers
    )
    body = b"" if request.method == "HEAD" else found.content.encode()
    return Raw(f"HTTP/1.1 {found.status_code} {phrase(found.status_code)}", list(found.headers.items()), body)


PLAIN: list[Front] = [flask, proxy]
WITH_TLS: list[Front] = [flask_with_https, proxy_with_https_target, tls_on_the_port]


def comparable(answer: Raw, *, is_text: bool) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return the response without ``Connection``, and as the text that the SDK shows if ``is_text``."""
    headers = [(name, value) for name, value in answer.headers if name != "Connection"]
    length = int(dict(headers).get("Content-Length", len(answer.body)))
    return answer.status, headers, answer.body[:length].decode(errors="replace").encode() if is_text else answer.body


def play(front: Front, requests: Script, *, is_text: bool = False, **options: object) -> list[object]:
    """Play requests on a new emulator; ``{sid}`` in a target is the SID in the latest response that has one."""
    sid, answers = "", []
    with Emulator(seed=7, frozen="2030-01-01T00:00:00Z", tls=True, fault_header=True, **options) as emulator:  # type: ignore[arg-type]
        for request in requests():
            answer = front(emulator, request._replace(target=request.target.replace("{sid}", sid)))
            answers.append((str(request)[:80], comparable(answer, is_text=is_text and front is not in_process)))
            if found := SID.match(answer.body):
                sid = found[1].decode()
    return answers


def signed(method: str, target: str, *headers: tuple[str, str], **form: str) -> Request:
    kind = (("Content-Type", FORM),) if form else ()
    return Request(method, target, urlencode(form).encode(), (("Authorization", basic("ACx", "y")), *kind, *headers))


def calls() -> Iterator[Request]:
    """Requests that any client can make."""
    for number in range(3):
        yield signed("POST", "/v1/Credentials", Type="fcm", Secret="abc", FriendlyName=f"näme {number}&=+%")
    yield signed("POST", "/chat/v2/Credentials", Type="gcm", ApiKey="key")
    yield signed("GET", "/v1/Credentials/{sid}")
    yield signed("HEAD", "/v1/Credentials/{sid}")
    yield signed("POST", "/v1/Credentials/{sid}", FriendlyName="changed")
    yield signed("GET", "/v1/Credentials")
    yield signed("HEAD", "/v1/Credentials?PageSize=2")
    for page in ("PageSize=2", "PageSize=2&Page=1", "PageSize=x", "PageSize=0", "Page=-1", "PageToken=nonsense"):
        yield signed("GET", f"/v1/Credentials?{page}")
    yield signed("POST", "/v1/Services", FriendlyName="shop")
    yield signed("POST", "/v1/Services/{sid}/Bindings", BindingType="fcm", Address="a", Identity="alice")
    yield signed("GET", "/v1/Services?PageSize=1")
    for form in ({}, {"Type": "fcm"}, {"Type": "x"}, {"Type": "fcm", "Secret": "\0"}, {"Type": "apn", "Sandbox": "x"}):
        yield signed("POST", "/v1/Credentials", **form)
    yield signed("POST", "/v1/Credentials", Type="fcm", Secret="a" * BODY_LIMIT)
    for method, path in [
        ("GET", "/v1/Credentials/CR1"),
        ("HEAD", "/v1/Credentials/CR1"),
        ("GET", "/nowhere"),
        ("PUT", "/v1/Credentials"),
        ("PATCH", "/v1/Credentials/CR1"),
        ("DELETE", "/v1/Credentials"),
        ("OPTIONS", "/v1/Credentials"),
        ("OPTIONS", "/nowhere"),
    ]:
        yield signed(method, path)
    yield Request("GET", "/v1/Credentials")
    yield Request("DELETE", "/v1/Credentials/CR1", headers=(("Authorization", "Basic %%%"),))
    preflight = (("Origin", "http://localhost:3000"), ("Access-Control-Request-Headers", "authorization"))
    yield Request("OPTIONS", "/v1/Credentials", headers=preflight)
    yield signed("GET", "/v1/Credentials?PageSize=1", ("Origin", "http://localhost:3000"))
    for fault in FAULTS:
        yield signed("GET", "/v1/Credentials?PageSize=1", ("X-Notify-Mock-Fault", fault))
    yield signed("POST", "/v1/Credentials", Type="fcm", Secret="last")
    yield signed("DELETE", "/v1/Credentials/{sid}")
    yield signed("DELETE", "/v1/Credentials/{sid}")


FAULTS = [
    "refuse code=20429",
    "refuse code=20503",
    "status status=502 body=<html>",
    "status status=500",
    "status status=204",
    "status status=307 location=/elsewhere",
    "garble what=json",
    "garble what=utf-8",
    "garble what=content-type",
    "garble what=content-length",
    "nonsense",
]


def odd_requests() -> Iterator[Request]:
    """Requests that only some clients can make."""
    for target in [
        "/",
        "/v1",
        "/v1/",
        "/v1/Credentials/",
        "/v1/Credentials.json",
        "/v1/Credentials//",
        "/v1//Credentials",
        "/v1/./Credentials",
        "/v1/../v1/Credentials",
        "/v1/Credentials/a/b",
        "/v1/Credentials/%00",
        "/v1/Credentials/%C3%BC",
        "/v1/Credentials/\xc3\xbc",
        "/v1/Credentials/%FF",
        "/v1/Credentials/\xff",
        "/v1/Credentials/%4",
        "/v1/a%2525",
        "/v1/a%2Fb",
        "/v1/a;b=c",
        "/v1/Credentials?",
        "/v1/Credentials?PageSize=%zz",
        "/v1/Credentials?PageSize=%FF",
        "/v1/Credentials?PageSize=1?&a=b#c",
        "/v1/" + "a" * 65_100,
    ]:
        yield signed("GET", target)
    yield signed("get", "/v1/Credentials")
    yield signed("FOO", "/v1/Credentials")
    kinds = [
        "application/json",
        "text/plain",
        "multipart/form-data",
        "multipart/form-data; boundary=x",
        FORM + "; charset=x",
    ]
    for kind in kinds:
        for body in (b"Type=fcm&Secret=x", b"Type=fcm&Secret=%zz", b"\xff", b'{"Type": "fcm"}', b""):
            yield signed("POST", "/v1/Credentials", ("Content-Type", kind))._replace(body=body)
    part = b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    body = part % (b"Type", b"fcm") + part % (b"Secret", b"s") + b"--x--\r\n"
    yield signed("POST", "/v1/Credentials", ("Content-Type", "multipart/form-data; boundary=x"))._replace(body=body)
    yield signed("GET", "/v1/Credentials")._replace(body=b"a body")


@pytest.fixture(scope="module", params=[calls, odd_requests])
def script(request: pytest.FixtureRequest) -> Script:
    return request.param  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def plain(script: Script) -> list[object]:
    return play(server, script)


@pytest.fixture(scope="module")
def with_tls(script: Script) -> list[object]:
    return play(tunnel, script)


@pytest.mark.parametrize("front", PLAIN)
def test_fronts_give_the_same_responses(script: Script, plain: list[object], front: Front) -> None:
    assert play(front, script) == plain


@pytest.mark.parametrize("front", WITH_TLS)
def test_fronts_with_tls_give_the_same_responses(script: Script, with_tls: list[object], front: Front) -> None:
    assert play(front, script) == with_tls


def test_the_in_process_client_gets_the_same_responses() -> None:
    assert play(in_process, calls, is_text=True) == play(tunnel, calls, is_text=True)


def recorded_calls() -> Iterator[Request]:
    yield signed("GET", "/v1/Credentials?PageSize=1")
    yield signed("GET", "/v1/Credentials/CR" + "1" * 32)
    yield signed("HEAD", "/v1/Credentials/CR" + "1" * 32)
    yield signed("DELETE", "/v1/Credentials/CR" + "1" * 32)
    yield signed("POST", "/v1/Credentials", Type="fcm", Secret="not recorded")
    yield Request("GET", "/v1/Credentials/CR" + "1" * 32)
    yield signed("GET", "/v1/Credentials/CR" + "1" * 32, ("X-Notify-Mock-Fault", "garble what=json"))


@pytest.mark.parametrize("front", [*PLAIN, *WITH_TLS, in_process])
def test_recorded_calls_get_the_same_responses(tmp_path: Path, front: Front) -> None:
    one = f"{URL}/CR{'1' * 32}"
    page = json.dumps({"credentials": [json.loads(record())], "meta": {"next_page_url": f"{URL}?Page=1"}})
    entries = [
        entry(uri=f"{URL}?PageSize=1", text=page),
        entry(uri=one, text=record()),
        entry("HEAD", one, text=""),
        entry("DELETE", one, 204, ""),
        entry(uri=one, text=record(name="again")),
        entry(uri=one, text=record(name="and again")),
    ]
    cassette = tmp_path / "x.json"
    cassette.write_text(json.dumps({"version": 1, "interactions": entries}))
    is_text, reference = front is in_process, server if front in PLAIN else tunnel
    found = play(front, recorded_calls, is_text=is_text, cassette=cassette)
    assert found == play(reference, recorded_calls, is_text=is_text, cassette=cassette)


def test_the_control_api_gives_the_same_responses() -> None:
    def requests() -> Iterator[Request]:
        json_ = (("Content-Type", "application/json"), ("Host", "127.0.0.1"))
        for method, path, body in [
            ("GET", "/_mock/health", b""),
            ("HEAD", "/_mock/health", b""),
            ("OPTIONS", "/_mock/health", b""),
            ("GET", "/_mock/nothing", b""),
            ("PUT", "/_mock/health", b""),
            ("POST", "/_mock/faults", b'{"call": "*.create", "effect": "drop", "times": 1}'),
            ("POST", "/_mock/faults", b"{"),
            ("GET", "/_mock/state", b""),
            ("POST", "/_mock/reset", b""),
        ]:
            yield Request(method, path, body, json_)

    assert play(flask, requests) == play(server, requests)
