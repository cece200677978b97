"""Strict HTTP: a request whose end or host is in doubt is refused, and nothing after it on the connection is read."""

from __future__ import annotations

import json

import pytest
from helpers.calls import basic
from helpers.raw_http import Raw, send

from notify_mock import Emulator

FORM = b"Type=fcm&Secret=abc"
START = "POST /v1/Credentials HTTP/1.1"
HOST = "Host: 127.0.0.1"
SIGNED = f"Authorization: {basic('ACx', 'y')}"
KIND = "Content-Type: application/x-www-form-urlencoded"
LENGTH = f"Content-Length: {len(FORM)}"
CHUNKED = b"13\r\nType=fcm&Secret=abc\r\n0\r\n\r\n"


def request(*lines: str, body: bytes = FORM) -> bytes:
    return "\r\n".join([START, SIGNED, KIND, *lines, "", ""]).encode("latin-1") + body


GOOD = request(HOST, LENGTH)


def assert_refused(served: Emulator, data: bytes) -> Raw:
    """Send ``data`` and a good create after it. The first must be refused, and the second must not be read."""
    answer = send(served.url, data + GOOD)
    assert answer.status == "HTTP/1.1 400 BAD REQUEST"
    assert answer.header("Content-Type") == "application/json"
    assert answer.header("Connection") == "close"
    error = json.loads(answer.body)
    assert (error["code"], error["status"]) == (20001, 400)
    assert error["message"].startswith("Bad request: ")
    assert len(served.credentials) == 0
    return answer


def test_the_requests_of_these_tests_are_good_but_for_their_fault(served: Emulator) -> None:
    last = request(HOST, LENGTH, "Connection: close")
    chunked = request(HOST, "Transfer-Encoding: chunked", body=CHUNKED)
    send(served.url, GOOD + request(f"{HOST} \t", f"Content-Length: \t{len(FORM)} \t") + chunked + last)
    assert len(served.credentials) == 4


SPACES = {"VT": "\x0b", "FF": "\x0c", "NEL": "\x85", "NBSP": "\xa0", "FS": "\x1c"}


@pytest.mark.parametrize("where", ["before", "after"])
@pytest.mark.parametrize("space", SPACES.values(), ids=SPACES)
@pytest.mark.parametrize("header", ["Content-Length", "Transfer-Encoding"])
def test_odd_white_space_around_a_value_is_refused(served: Emulator, header: str, space: str, where: str) -> None:
    value = "chunked" if header == "Transfer-Encoding" else str(len(FORM))
    value = space + value if where == "before" else value + space
    assert_refused(served, request(HOST, f"{header}: {value}", body=CHUNKED if "chunked" in value else FORM))


@pytest.mark.parametrize(
    "lines",
    [
        (LENGTH, "X: a\rY: b"),
        (LENGTH, "X: a\r\rY: b"),
        (LENGTH, "X: a\r"),
        (LENGTH, "X: \ra"),
        (f"{LENGTH}\rX: b",),
        (LENGTH, "X: a\0b"),
        (LENGTH, "X: \0"),
        (LENGTH, "X\0: a"),
        (LENGTH, "X: a", " folded"),
        (LENGTH, "X: a", "\tfolded"),
        (LENGTH, "X:", " folded"),
        ("Content-Length:", f" {len(FORM)}"),
        ("Transfer-Encoding:", " chunked"),
    ],
    ids=repr,
)
def test_a_bare_cr_a_nul_and_a_folded_line_in_a_header_are_refused(served: Emulator, lines: tuple[str, ...]) -> None:
    assert_refused(served, request(HOST, *lines))


@pytest.mark.parametrize(
    "data",
    [
        GOOD.replace(b"\r\n", b"\n"),
        GOOD.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\n"),
        GOOD.replace(b"HTTP/1.1\r\n", b"HTTP/1.1\r"),
        GOOD.replace(b"Host: 127.0.0.1\r\n", b"Host: 127.0.0.1\n"),
        GOOD.replace(b"\r\n\r\n", b"\n\n"),
        GOOD.replace(b"\r\n\r\n", b"\r\n\n"),
        GOOD.replace(b"\r\n\r\n", b"\n\r\n"),
        b"\n" + GOOD,
        GOOD.replace(b"/v1/", b"/v1\0/"),
        GOOD.replace(b"/v1/", b"/v1\r/"),
    ],
    ids=repr,
)
def test_a_line_that_does_not_end_in_crlf_is_refused(served: Emulator, data: bytes) -> None:
    assert_refused(served, data)


@pytest.mark.parametrize(
    "body",
    [
        CHUNKED.replace(b"\r\n", b"\n"),
        CHUNKED.replace(b"13\r\n", b"13\n"),
        CHUNKED.replace(b"abc\r\n", b"abc\n"),
        CHUNKED.replace(b"0\r\n\r\n", b"0\r\n\n"),
        CHUNKED.replace(b"0\r\n\r\n", b"0\r\nX: 1\n\r\n"),
        CHUNKED.replace(b"13\r\n", b"13\x0b\r\n"),
        CHUNKED.replace(b"13\r\n", b"13;a\rb\r\n"),
        CHUNKED.replace(b"13\r\n", b"0x13\r\n"),
        CHUNKED.replace(b"13\r\n", b"+13\r\n"),
        CHUNKED.replace(b"13\r\n", b"12\r\n"),
        CHUNKED.replace(b"13\r\n", b"14\r\n"),
    ],
    ids=repr,
)
def test_a_malformed_chunk_is_refused(served: Emulator, body: bytes) -> None:
    assert_refused(served, request(HOST, "Transfer-Encoding: chunked", body=body))


@pytest.mark.parametrize(
    "hosts",
    [
        (),
        (HOST, HOST),
        (HOST, "Host: example.com"),
        ("Host: h/x",),
        ("Host: h h",),
        ("Host: h@x",),
        ("Host: h?x",),
        ("Host: h#x",),
        ("Host: h\\x",),
        ("Host: h\x0b",),
        ("Host: h:80:80",),
        ("Host: h:x",),
        ("Host: [::1",),
        ("Host: ::1",),
        ('Host: "h"',),
        ("Host: <h>",),
        ("Host: h%zz",),
        ("Host: \xfc",),
        ("Host: http://h",),
    ],
    ids=repr,
)
def test_a_missing_second_or_malformed_host_is_refused(served: Emulator, hosts: tuple[str, ...]) -> None:
    """The Host becomes part of links, and clients send their passwords to links."""
    assert_refused(served, request(*hosts, LENGTH))


def test_http_1_0_needs_no_host(served: Emulator) -> None:
    send(served.url, request(LENGTH).replace(b"HTTP/1.1", b"HTTP/1.0"))
    assert len(served.credentials) == 1


def test_a_connect_needs_no_host_but_no_malformed_one(served: Emulator) -> None:
    connect = b"CONNECT notify.twilio.com:80 HTTP/1.1\r\n"
    answer = send(served.url, connect + b"\r\n" + request(HOST, LENGTH, "Connection: close"))
    assert answer.status == "HTTP/1.1 200 Connection established"
    assert len(served.credentials) == 1
    for hosts in (b"Host: h@x\r\n", b"Host: a\r\nHost: b\r\n"):
        assert send(served.url, connect + hosts + b"\r\n").status == "HTTP/1.1 400 BAD REQUEST"


@pytest.mark.parametrize(
    "lines",
    [
        ("Transfer-Encoding: gzip, chunked",),
        ("Transfer-Encoding: chunked, gzip",),
        ("Transfer-Encoding: chunked, chunked",),
        ("Transfer-Encoding: gzip", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: identity",),
        ("Transfer-Encoding:",),
        ("Transfer-Encoding: xchunked",),
        ('Transfer-Encoding: "chunked"',),
        ("Transfer-Encoding: chunked;a=b",),
        ("Transfer-Encoding: chunked", LENGTH),
        (LENGTH, "Transfer-Encoding: chunked"),
        ("transfer-encoding: chunked", "Content-Length: 0"),
        (LENGTH, "Content-Length: 5"),
        ("Content-Length: 5", LENGTH),
        (LENGTH, "content-length: 0"),
        (f"Content-Length: {len(FORM)}, 5",),
        (f"Content-Length: +{len(FORM)}",),
        ("Content-Length: -1",),
        ("Content-Length: 0x13",),
        ("Content-Length: 1 9",),
        ("Content-Length: 1_9",),
        ("Content-Length: \xb2",),
        ("Content-Length:",),
        (f"Content-Length : {len(FORM)}",),
    ],
    ids=repr,
)
def test_a_body_without_a_clear_end_is_refused(served: Emulator, lines: tuple[str, ...]) -> None:
    body = CHUNKED if any("chunked" in line for line in lines) else FORM
    assert_refused(served, request(HOST, *lines, body=body))


def test_a_refused_head_has_no_effect_in_a_tunnel_either(served: Emulator) -> None:
    connect = b"CONNECT notify.twilio.com:80 HTTP/1.1\r\nHost: notify.twilio.com:80\r\n\r\n"
    answer = send(served.url, connect + request(HOST, LENGTH, "X: a\0b") + GOOD)
    assert answer.body.startswith(b"HTTP/1.1 400 BAD REQUEST\r\n")
    assert answer.body.count(b"HTTP/1.1 ") == 1
    assert len(served.credentials) == 0
