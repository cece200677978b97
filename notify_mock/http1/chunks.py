"""Chunked request bodies."""

from __future__ import annotations

from httptools import HttpParserError, HttpRequestParser

from notify_mock.twilio_api.errors import EntityTooLarge, MalformedRequest
from notify_mock.twilio_api.messages import BODY_LIMIT

_HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
_MAX_FRAMING = 256 * 1024
"""Bytes of chunk sizes, chunk extensions and trailers."""


class Chunks:
    """Reads one chunked body. Chunk extensions and trailers are ignored (RFC 9112, 7.1)."""

    def __init__(self) -> None:
        self.body = bytearray()
        self._is_complete = False
        self._fed = 0
        self._parser = HttpRequestParser(self)
        self._parser.feed_data(_HEAD)

    def read(self, buffer: bytearray) -> bool:
        """Remove what belongs to the body from ``buffer``; return whether the body is complete. Raises ``TwilioError``.

        The parser does not say where a body ends, so it gets one line at a time.
        """
        start = 0
        try:
            while not self._is_complete and start < len(buffer):
                end = buffer.find(b"\n", start) + 1 or len(buffer)
                self._feed(bytes(buffer[start:end]))
                start = end
        except HttpParserError as error:
            raise MalformedRequest(f"{error}", what="invalid chunk") from error
        del buffer[:start]
        return self._is_complete

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self._is_complete = True

    def _feed(self, line: bytes) -> None:
        self._fed += len(line)
        self._parser.feed_data(line)
        if len(self.body) > BODY_LIMIT:
            raise EntityTooLarge(f"the body is larger than the limit of {BODY_LIMIT} bytes")
        if self._fed - len(self.body) > _MAX_FRAMING:
            raise MalformedRequest("too many bytes between the chunks", what="invalid chunk")
