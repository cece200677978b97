"""HTTP messages that are malformed, too large or cut off."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from harden.target import authorization

BODY = b"Type=fcm&Secret=key&FriendlyName=hostile"
HOST = "Host: 127.0.0.1"

_FORM = "Content-Type: application/x-www-form-urlencoded"
_AUTHORIZED = f"Authorization: {authorization()}"
_BODY_LIMIT = 1024 * 1024


class Message(NamedTuple):
    """What is sent.

    ``may_be_silent``: the server may close without a response, because no request was complete. ``is_whole``: nothing
    is missing, so the response must not wait for the client to close its half.
    """

    data: bytes
    may_be_silent: bool = False
    is_whole: bool = False


def create(*headers: str, line: str = "POST /v1/Credentials HTTP/1.1", body: bytes = BODY) -> bytes:
    """Return a request for a create, with these headers in addition to the usual ones."""
    lines = [line, HOST, _AUTHORIZED, _FORM, *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def request_lines(random: Random) -> Message:
    """Return a request with a malformed request line."""
    target = random.choice(["/v1/Credentials", "", "*", "//", "/\0", "http://[::1/", "/%zz", "/\xff", "/v1 /x", "\\"])
    method = random.choice(["POST", "post", "P\0ST", "", "GET,", "G" * 9000, "POST:", "TRACE", "\x7f", "PRI"])
    version = random.choice(["HTTP/1.1", "HTTP/9.9", "HTTP/1", "http/1.1", "HTTP/1.1 x", "", "HTP/1.1", "HTTP/1.1\0"])
    gap = random.choice([" ", " ", "  ", "\t", "", "\x0b", "\r"])
    return Message(create(f"Content-Length: {len(BODY)}", line=gap.join((method, target, version))), True)


def header_lines(random: Random) -> Message:
    """Return a request with malformed header lines."""
    odd = random.choice(
        [
            *("no colon", ": no name", " folded: x", "\tx", "na me: x", "name\0: x", "name: a\0b", "name: a\rb"),
            *(
                "n\xe4me: x",
                "name: \xff\xfe",
                "(): x",
                "\x0b: x",
                "name: x\n y",
                "Host: a, b",
                "Host: /",
                "Host: @:99999",
            ),
            *("Host: second", "Authorization: Basic !!", "Authorization: Basic", "Expect: 200-ok", "Content-Type: ;;="),
        ]
    )
    headers = [odd, f"Content-Length: {len(BODY)}"]
    random.shuffle(headers)
    return Message(create(*headers), is_whole=True)


def huge_heads(random: Random) -> Message:
    """Return a request whose target, header line, or number of headers is far too large."""
    size = random.choice([8_000, 65_500, 65_537, 70_000, 200_000])
    length = f"Content-Length: {len(BODY)}"
    return random.choice(
        [
            Message(create(length, line=f"POST /v1/{'a' * size} HTTP/1.1")),
            Message(create(f"X-Large: {'a' * size}", length)),
            Message(create(f"{'a' * size}: x", length)),
            Message(create(*(f"X-{number}: x" for number in range(size // 100)), length)),
            Message(b"a" * size, True),
            Message(b"\r\n" * size, True),
        ]
    )


def bodies(random: Random) -> Message:
    """Return a request whose body is shorter or longer than its Content-Length, or too large."""
    kind = random.choice(["short", "over the limit", "absurd", "not sent", "noise"])
    if kind == "short":
        return Message(create(f"Content-Length: {len(BODY) + random.randint(1, 5000)}"))
    if kind == "over the limit":
        return Message(create(f"Content-Length: {_BODY_LIMIT + 1}", body=b"a" * (_BODY_LIMIT + 1)))
    if kind == "absurd":
        return Message(create(f"Content-Length: {random.choice(['9' * 30, '9' * 5000, str(2**63), str(2**31)])}"))
    if kind == "not sent":
        return Message(create("Content-Length: 1000", "Expect: 100-continue", body=b""))
    noise = random.randbytes(random.randint(1, 3000))
    return Message(create(f"Content-Length: {len(noise)}", body=noise))


def chunks(random: Random) -> Message:
    """Return a request with chunks that are malformed."""
    good = b"%x\r\n%s\r\n" % (len(BODY), BODY)
    bad = random.choice(
        [
            *(b"zz\r\nabc\r\n", b"-1\r\nabc\r\n", b"+3\r\nabc\r\n", b"0x3\r\nabc\r\n", b"3 \0\r\nabc\r\n", b"\r\n\r\n"),
            *(
                b"3\r\nabcdef\r\n",
                b"ffffffffffffffff\r\nabc\r\n",
                b"f" * 40 + b"\r\nabc\r\n",
                b"3;" + b"a" * 5000 + b"\r\n",
            ),
            *(
                b"3\r\nabc",
                b"3\rabc\r\n",
                b"3\n\nabc\n",
                b"5\r\nabc",
                b"1_0\r\n0123456789abcdef\r\n",
                b'3;a="\0"\r\nabc\r\n',
            ),
            *(
                b"100001\r\n" + b"a" * 0x100001 + b"\r\n",
                b"0\r\n" + b"X: y\r\n" * 300 + b"\r\n",
                b"0\r\nX: " + b"y" * 80_000,
            ),
        ]
    )
    body = random.choice([bad, good + bad, bad + good]) + random.choice([b"", b"0\r\n\r\n", b"0\r\n"])
    return Message(create("Transfer-Encoding: chunked", body=body))


def half_closed(random: Random) -> Message:
    """Return the beginning of a valid request; the client then closes its half."""
    whole = create(f"Content-Length: {len(BODY)}")
    head = whole.index(b"\r\n\r\n") + 4
    end = random.randint(0, len(whole) - 1)
    return Message(whole[:end], may_be_silent=end < head)


def mutated(random: Random) -> Message:
    """Return a valid request with some bytes changed, removed, repeated or inserted."""
    data = bytearray(create(f"Content-Length: {len(BODY)}"))
    for _ in range(random.choice([1, 1, 2, 3, 8])):
        at = random.randrange(len(data))
        change = random.choice(["flip", "remove", "repeat", "insert"])
        if change == "flip":
            data[at] ^= 1 << random.randrange(8)
        elif change == "remove":
            del data[at : at + random.randint(1, 20)]
        elif change == "repeat":
            data[at:at] = data[at : at + random.randint(1, 60)]
        else:
            data[at:at] = random.choice([b"\r\n", b"\n", b"\r", b"\0", b" ", b"\t", b":", b"\xff", b"%", b"\r\n\r\n"])
    return Message(bytes(data), True)


def noise(random: Random) -> Message:
    """Return random bytes, or lines of them."""
    data = random.randbytes(random.randint(1, 4000))
    return Message(data if random.random() < 0.5 else data.replace(b"\0", b"\r\n"), True)
