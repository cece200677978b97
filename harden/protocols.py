"""Requests in other protocols than plain HTTP/1.1, or for other hosts, and to the control API."""

from __future__ import annotations

from random import Random

from harden.messages import BODY, HOST, Message, create

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"


def http2(random: Random) -> Message:
    """Return the preface of HTTP/2, or a request to switch to it."""
    upgrade = create(
        "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__", body=b""
    )
    return random.choice([Message(_PREFACE, True), Message(_PREFACE + random.randbytes(50), True), Message(upgrade)])


def tls(random: Random) -> Message:
    """Return the start of a TLS handshake, whole or broken, for the plain port."""
    name = b"notify.twilio.com"
    server_name = b"\0\0%c%c%c%c\0%c%c" % (0, len(name) + 5, 0, len(name) + 3, 0, len(name)) + name
    hello = b"\x03\x03" + random.randbytes(32) + b"\0\0\x02\x13\x01\x01\0" + _sized(server_name)
    whole = b"\x16\x03\x01" + _sized(b"\x01\0" + _sized(hello))
    broken = whole[: random.randint(1, len(whole))]
    return Message(random.choice([whole, broken, b"\x16\x03\x01\0\x05hello", b"\x80\x2e\x01\0\x02"]), True)


def proxying(random: Random) -> Message:
    """Return a CONNECT or an absolute target that is malformed, or for a host that is not emulated."""
    target = random.choice(
        [
            *("notify.twilio.com", "notify.twilio.com:443:443", "notify.twilio.com:99999", "/", "", "[::1", ":443"),
            *("example.invalid:443", "api.twilio.com:443", "8.8.8.8:443", "a" * 70_000 + ":443", "\0:443"),
        ]
    )
    after = random.choice([b"", b"\x16\x03\x01\xff\xff" + b"\0" * 100, BODY, create(f"Content-Length: {len(BODY)}")])
    head = f"CONNECT {target} HTTP/1.1\r\n{HOST}\r\n\r\n".encode("latin-1")
    absolute = create(f"Content-Length: {len(BODY)}", line=f"POST http://{target}/v1/Credentials HTTP/1.1")
    tunnel = b"CONNECT notify.twilio.com:443 HTTP/1.1\r\n\r\n"
    return Message(random.choice([head + after, absolute, tunnel + after]), True)


def controls(random: Random) -> Message:
    """Return a request to the control API that must be refused."""
    rule = b'{"call": "*", "effect": "drop"}'
    foreign = random.choice(["Origin: http://example.invalid", "Origin: null"])
    bad = random.choice(
        [b"", b"[]", b"{", b"null", b'{"effect": "no"}', b"\xff", b"[" * 50_000, b'{"call": 1}', rule[:-1]]
    )
    headers, body = random.choice([((foreign,), rule), ((), bad)])
    target = random.choice(
        ["/_mock/faults", "/_mock/faults?x", "/_mock/faults/a/b", "/_mock//faults", "/_mock/nothing"]
    )
    return Message(
        create(*headers, f"Content-Length: {len(body)}", line=f"POST {target} HTTP/1.1", body=body), is_whole=True
    )


def _sized(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data
