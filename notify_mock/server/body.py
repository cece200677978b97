"""Reads request bodies from a socket: finds the end of the body and enforces the size limit."""

from __future__ import annotations

import re
from collections.abc import Callable
from email.message import Message
from io import BufferedIOBase

from notify_mock.server.head import BLANKS, is_line
from notify_mock.twilio_api.errors import EntityTooLarge, MalformedRequest
from notify_mock.twilio_api.messages import BODY_LIMIT

_MAX_CHUNK_LINE = 1024
_MAX_TRAILER = 65536
_MAX_TRAILERS = 100
_HEX = re.compile(rb"[0-9A-Fa-f]{1,16}")
_LENGTH = re.compile(r"[0-9]{1,1000}")


def read_body(headers: Message, source: BufferedIOBase, go_on: Callable[[], None]) -> bytes:
    """Return the whole body. Calls ``go_on`` before reading, for a client that expects ``100 Continue``.

    Raises a ``TwilioError`` for a body without a clear end or over the size limit.
    """
    if "transfer-encoding" in headers:
        return _read_chunked(headers, source, go_on)
    length = read_length(headers)
    if length > BODY_LIMIT:
        raise EntityTooLarge(f"the Content-Length is larger than the limit of {BODY_LIMIT} bytes")
    if "content-length" not in headers:
        return b""
    go_on()
    body = source.read(length)
    if len(body) < length:
        raise MalformedRequest("the body is shorter than its Content-Length", what="incomplete body")
    return body


def read_length(headers: Message) -> int:
    """Return the Content-Length, or 0 without one. Raises ``MalformedRequest``."""
    lengths = {value.strip(BLANKS) for value in headers.get_all("content-length", ["0"])}
    length = lengths.pop()
    if lengths or not _LENGTH.fullmatch(length):
        raise MalformedRequest("Content-Length must be a single whole number", what="invalid Content-Length")
    return int(length)


def _read_chunked(headers: Message, source: BufferedIOBase, go_on: Callable[[], None]) -> bytes:
    codings = [value.strip(BLANKS).lower() for value in headers.get_all("transfer-encoding", [])]
    if codings != ["chunked"] or "content-length" in headers:
        raise MalformedRequest(
            "Transfer-Encoding must be only chunked, without Content-Length", what="invalid Transfer-Encoding"
        )
    go_on()
    body = bytearray()
    while size := _chunk_size(source):
        if len(body) + size > BODY_LIMIT:
            raise EntityTooLarge(f"the body is larger than the limit of {BODY_LIMIT} bytes")
        chunk = source.read(size)
        if len(chunk) < size or source.readline(3) != b"\r\n":
            raise MalformedRequest("a chunk does not match its size", what="invalid chunk")
        body += chunk
    _pass_trailers(source)
    return bytes(body)


def _chunk_size(source: BufferedIOBase) -> int:
    """Return the size of the next chunk. Ignores chunk extensions."""
    line = source.readline(_MAX_CHUNK_LINE)
    digits = line.removesuffix(b"\r\n").partition(b";")[0].strip(BLANKS.encode())
    if not is_line(line) or not _HEX.fullmatch(digits):
        raise MalformedRequest("a chunk has no valid size", what="invalid chunk")
    return int(digits, 16)


def _pass_trailers(source: BufferedIOBase) -> None:
    for _ in range(_MAX_TRAILERS):
        line = source.readline(_MAX_TRAILER)
        if line == b"\r\n":
            return
        if not is_line(line):
            raise MalformedRequest("a trailer is malformed", what="invalid chunk")
    raise MalformedRequest("too many trailers", what="invalid chunk")
