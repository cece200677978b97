"""Chunked request bodies."""

from __future__ import annotations

from httptools import HttpParserError, HttpRequestParser

from notify_mock.twilio_api.errors import EntityTooLarge, MalformedRequest
from notify_mock.twilio_api.messages import BODY_LIMIT

_HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
_MAX_LINE, _MAX_LINES = 4096, 256 * 1024
"""Bytes of one chunk size with its extensions, or one trailer; and of all of them."""


class Chunks:
    """Reads one chunked body. Chunk extensions and trailers are ignored (RFC 9112, 7.1)."""

    def __init__(self) -> None:
        self.body = bytearray()
        self._is_complete = self._is_in_trailers = False
        self._left_of_chunk = self._line_bytes = 0
        self._parser = HttpRequestParser(self)
        self._parser.feed_data(_HEAD)

    def read(self, buffer: bytearray) -> bool:
        """Remove what belongs to the body from ``buffer``; return whether the body is complete. Raises ``TwilioError``.

        The parser checks everything, but does not say where a body ends. So it gets one line or one chunk at a time.
        """
        start = 0
        try:
            while not self._is_complete and (end := self._end_of_piece(buffer, start)):
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

    def _end_of_piece(self, buffer: bytearray, start: int) -> int:
        """Return where the next piece ends, or 0 if it has not arrived: a whole line, or any part of a chunk."""
        if start == len(buffer):
            return 0
        if self._left_of_chunk:
            return min(start + self._left_of_chunk, len(buffer))
        end = buffer.find(b"\n", start) + 1
        if not end and len(buffer) - start > _MAX_LINE:
            raise MalformedRequest("the line of a chunk does not end", what="invalid chunk")
        return end

    def _feed(self, piece: bytes) -> None:
        self._parser.feed_data(piece)
        if self._left_of_chunk:
            self._left_of_chunk -= len(piece)
            return
        self._line_bytes += len(piece)
        if self._line_bytes > _MAX_LINES:
            raise MalformedRequest("too many bytes between the chunks", what="invalid chunk")
        if not self._is_in_trailers:
            size = int(piece.partition(b";")[0], 16)
            self._is_in_trailers = not size
            self._left_of_chunk = size + len(b"\r\n") if size else 0
            if len(self.body) + size > BODY_LIMIT:
                raise EntityTooLarge(f"the body is larger than the limit of {BODY_LIMIT} bytes")
