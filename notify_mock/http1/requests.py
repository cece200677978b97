"""Requests as they arrive: bytes in, heads and bodies out. Knows nothing of sockets."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from notify_mock.http1.chunks import Chunks
from notify_mock.twilio_api.errors import (
    EntityTooLarge,
    HeadersTooLarge,
    MalformedRequest,
    TwilioError,
    UriTooLong,
)
from notify_mock.twilio_api.messages import BODY_LIMIT

LOG = logging.getLogger("notify_mock.server")

TLS_HANDSHAKE = 0x16
"""The first byte of a TLS handshake."""

_LINE_LIMIT = 64 * 1024
_HEAD_LIMIT = 256 * 1024
_MAX_HEADERS = 100
_MAX_BLANK_LINES = 8
_START = re.compile(rb"([!-~\x80-\xff]+) ([!-~\x80-\xff]+) HTTP/1\.(\d)")
_BARE_LF = re.compile(rb"(?<!\r)\n")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|(?:[\w.~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*)(?::[0-9]*)?", re.ASCII)
"""The value of a Host header (RFC 3986, 3.2.2)."""

_CACHED_LENGTH = 2048
_FIRST_LINE = b"POST / HTTP/1.1\r\n"
"""Given to the parser in place of the request line, which Twilio answers for in more forms than the parser allows."""


class BadRequest(Exception):
    """A request cannot be read. ``method`` and ``target`` are "" if its first line can't be read either."""

    def __init__(self, error: TwilioError, method: str = "", target: str = "") -> None:
        self.error, self.method, self.target = error, method, target
        super().__init__(str(error))


class Fields(NamedTuple):
    """The header lines of a request. ``headers`` have lower-case names; the values of a repeated one are joined with
    commas. ``length`` is the Content-Length, None without one. ``lines`` is how they were sent."""

    headers: Mapping[str, str]
    length: int | None
    is_chunked: bool
    expects_continue: bool
    connection: str
    lines: bytes

    def pairs(self) -> list[tuple[str, str]]:
        """Return the headers as sent: in order, in their spelling, repeated ones too."""
        lines = self.lines.decode("latin-1").split("\r\n")
        return [(name, value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines if line)]


class Head(NamedTuple):
    """A request without its body. ``keeps_open``: the client may send another request on the connection."""

    method: str
    target: str
    minor: int
    keeps_open: bool
    fields: Fields

    @property
    def expects_continue(self) -> bool:
        """Whether the client waits before it sends the body. HTTP/1.0 does not know the response to that."""
        return self.fields.expects_continue and self.minor > 0


class RequestReader:
    """Collects what one connection sends, and returns heads and bodies in turn."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._blank_lines = 0
        self._chunks: Chunks | None = None

    @property
    def waiting(self) -> int:
        """The number of bytes that have not been read."""
        return len(self._buffer)

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take(self, most: int | None = None) -> bytes:
        """Remove and return bytes as they came: all, or at most ``most``."""
        data = bytes(self._buffer[:most])
        del self._buffer[: len(data)]
        return data

    def head(self) -> Head | None:
        """Return the next head, or None if it has not arrived completely. Raises ``BadRequest``."""
        buffer = self._buffer
        while buffer.startswith(b"\r\n") and self._blank_lines < _MAX_BLANK_LINES:  # RFC 9112, 2.2
            del buffer[:2]
            self._blank_lines += 1
        if buffer and buffer[0] == TLS_HANDSHAKE:
            LOG.warning("a client used TLS on the plain HTTP port; use --tls to accept it")
            raise BadRequest(_not_http())
        end = buffer.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            if buffer:
                self._check_start()
            self._searched = len(buffer)
            return None
        head = bytes(buffer[: end + 4])
        del buffer[: end + 4]
        self._searched = self._blank_lines = 0
        return (_parse if len(head) <= _CACHED_LENGTH else _parse.__wrapped__)(head)

    def body(self, fields: Fields) -> bytes | None:
        """Return the body of the request, or None if it has not arrived completely. Raises ``TwilioError``."""
        if fields.is_chunked:
            self._chunks = self._chunks or Chunks()
            if not self._chunks.read(self._buffer):
                return None
            body, self._chunks = bytes(self._chunks.body), None
            return body
        if not fields.length:
            return b""
        if fields.length > BODY_LIMIT:
            raise EntityTooLarge(f"the body has {fields.length} bytes, the limit is {BODY_LIMIT} bytes")
        return self.take(fields.length) if len(self._buffer) >= fields.length else None

    def _check_start(self) -> None:
        """Refuse what cannot become a head any more, however much follows."""
        buffer = self._buffer
        line_end = buffer.find(b"\r\n")
        if (len(buffer) if line_end < 0 else line_end) > _LINE_LIMIT:
            raise BadRequest(UriTooLong("the request line is too long"))
        if _BARE_LF.search(buffer, max(0, self._searched - 1)):
            raise BadRequest(MalformedRequest("a line ends without a carriage return", what="not HTTP/1.1"))
        if len(buffer) > _HEAD_LIMIT or len(buffer) - buffer.rfind(b"\r\n") > _LINE_LIMIT + 2:
            raise BadRequest(HeadersTooLarge("the headers are too long"), *_start_of(bytes(buffer[:line_end]))[:2])


@lru_cache(maxsize=256)
def _parse(data: bytes) -> Head:
    """Return a head. Cached, since a client sends the same ones again and again. Raises ``BadRequest``."""
    line, _, lines = data.partition(b"\r\n")
    method, target, minor = _start_of(line)
    try:
        fields = (_read_fields if len(lines) <= _CACHED_LENGTH else _read_fields.__wrapped__)(lines)
        if not minor and fields.is_chunked:
            raise MalformedRequest("HTTP/1.0 has no Transfer-Encoding", what="invalid Transfer-Encoding")
        if minor and "host" not in fields.headers and method != "CONNECT":
            raise MalformedRequest("the Host header is missing", what="invalid Host")
    except TwilioError as error:
        raise BadRequest(error, method, target) from error
    connection = fields.connection
    keeps_open = "close" not in connection if minor else "keep-alive" in connection
    return Head(method, target, minor, keeps_open, fields)


def _start_of(line: bytes) -> tuple[str, str, int]:
    """Return method, target and minor version of a request line. Raises ``BadRequest``."""
    if len(line) > _LINE_LIMIT:
        raise BadRequest(UriTooLong("the request line is too long"))
    found = _START.fullmatch(line)
    if not found:
        raise BadRequest(_not_http())
    method, target, minor = found.groups()
    return method.decode("latin-1"), target.decode("latin-1"), 0 if minor == b"0" else 1


class _Found:
    """Takes the headers from the parser."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.are_too_large = False
        self._count = 0

    def on_header(self, raw_name: bytes, raw_value: bytes) -> None:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("latin-1").rstrip(" \t")
        self._count += 1
        if self._count > _MAX_HEADERS or len(name) + len(value) > _LINE_LIMIT:
            self.are_too_large = True
        elif name not in self.headers:
            self.headers[name] = value
        elif name == "host":
            self.headers[name] += " "  # invalid, as two hosts are
        else:
            self.headers[name] += f",{value}"


@lru_cache(maxsize=64)
def _read_fields(lines: bytes) -> Fields:
    """Parse header lines. Cached, since a client sends the same ones for every path. Raises ``TwilioError``."""
    found = _Found()
    try:
        HttpRequestParser(found).feed_data(_FIRST_LINE + lines)
    except HttpParserUpgrade:
        pass  # an upgrade is not accepted, so the request is answered as it is (RFC 9110, 7.8)
    except HttpParserError as error:
        raise _refusal(str(error)) from error
    headers = found.headers
    if found.are_too_large:
        raise HeadersTooLarge(f"more than {_MAX_HEADERS} headers, or one longer than {_LINE_LIMIT} bytes")
    if not _HOST.fullmatch(headers.get("host", "")):
        raise MalformedRequest("the Host header is not one host and port", what="invalid Host")
    coding = headers.get("transfer-encoding")
    if coding is not None and coding.lower() != "chunked":
        raise MalformedRequest("Transfer-Encoding must be only chunked", what="invalid Transfer-Encoding")
    return Fields(
        MappingProxyType(headers),
        int(headers["content-length"]) if "content-length" in headers else None,
        coding is not None,
        headers.get("expect", "").lower() == "100-continue",
        headers.get("connection", "").lower(),
        lines,
    )


def _refusal(message: str) -> TwilioError:
    """Return Twilio's error for a message of the parser."""
    if message == "Content-Length overflow":
        return EntityTooLarge(f"the body is larger than the limit of {BODY_LIMIT} bytes")
    for name in ("Transfer-Encoding", "Content-Length"):
        if name in message:
            return MalformedRequest(message, what=f"invalid {name}")
    return MalformedRequest(message, what="invalid header")


def _not_http() -> TwilioError:
    return MalformedRequest("the request line is not one of HTTP/1.1", what="not HTTP/1.1")
