"""Requests with a second one hidden in their body, which a server finds if it gets the length wrong."""

from __future__ import annotations

from random import Random

from harden.messages import Message, create

MARK = "smuggled"
"""The name of the record that the hidden request would create."""

_HIDDEN = f"Type=fcm&Secret=key&FriendlyName={MARK}".encode()

_CODINGS = (
    *("chunked, chunked", "chunked, identity", "gzip, chunked", "xchunked", "chunkedx", "chunked;q=1"),
    *("identity", '"chunked"', "chunked,", ",chunked", "", "Chunked\r\nTransfer-Encoding: chunked"),
    *("\x0bchunked", "chunked\x0b"),
)
_LENGTHS = (
    *("+{0}", "-{0}", "0x{0}", "{0}_0", "{0}, {0}", "{0}, 5", "{0};", "{0} {0}", "{0}.0", "{0}e0", '"{0}"', "{0}, 0"),
    *("{0}\r\nContent-Length: 0", "0\r\nContent-Length: {0}", "{0}\r\nContent-Length: {0}"),
)
_BOTH = ("chunked", "Chunked", "identity", "xchunked", "chunked, chunked")


def smuggling(random: Random) -> Message:
    """Return a request whose length is given in an ambiguous or unusual way."""
    hidden = create(f"Content-Length: {len(_HIDDEN)}", body=_HIDDEN)
    line = random.choice(["POST /v1/Credentials HTTP/1.1", "GET /v1/Credentials HTTP/1.1"])
    return Message(random.choice([_coding, _length, _both, _unusual])(random, line, hidden), is_whole=True)


def _coding(random: Random, line: str, hidden: bytes) -> bytes:
    """An odd coding: whoever takes it for chunked finds the hidden request after the last chunk."""
    return create(f"Transfer-Encoding: {random.choice(_CODINGS)}", line=line, body=b"0\r\n\r\n" + hidden)


def _length(random: Random, line: str, hidden: bytes) -> bytes:
    """An odd length: whoever ignores it finds the hidden request in the body."""
    return create(f"Content-Length: {random.choice(_LENGTHS).format(len(hidden))}", line=line, body=hidden)


def _both(random: Random, line: str, hidden: bytes) -> bytes:
    """Two lengths at once: whoever prefers the coding finds the hidden request after the last chunk."""
    body = b"0\r\n\r\n" + hidden
    headers = [f"Content-Length: {len(body)}", f"Transfer-Encoding: {random.choice(_BOTH)}"]
    random.shuffle(headers)
    return create(*headers, line=line, body=body)


def _unusual(random: Random, _: str, hidden: bytes) -> bytes:
    """A body where none is usual: whoever ignores it finds the hidden request."""
    method = random.choice(["GET", "DELETE", "OPTIONS", "TRACE", "BREW"])
    line = f"{method} /v1/Credentials HTTP/{random.choice(['1.0', '1.1'])}"
    return create("Connection: keep-alive", f"Content-Length: {len(hidden)}", line=line, body=hidden)
