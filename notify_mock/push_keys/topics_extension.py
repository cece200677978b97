"""The extension of Apple's certificates that lists their topics, as DER."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

OID = "1.2.840.113635.100.6.3.6"
"""Source: Apple's documentation of the push types ("the topic is part of the ... extension")."""

_SEQUENCE, _UTF8, _STRINGS = 0x30, 0x0C, (0x0C, 0x13, 0x16)


def encode(topics: Sequence[str]) -> bytes:
    """Return each topic and a list of what it is for, which is the last word of the topic (``voip``) or ``app``."""
    items = b""
    for number, topic in enumerate(topics):
        purpose = topic.rpartition(".")[2] if number else "app"
        items += _element(_UTF8, topic.encode()) + _element(_SEQUENCE, _element(_UTF8, purpose.encode()))
    return _element(_SEQUENCE, items)


def decode(der: bytes) -> tuple[str, ...]:
    """Return the topics, the main one first. What cannot be read is left out."""
    outer = [content for tag, content in _elements(der) if tag == _SEQUENCE]
    inner = _elements(outer[0]) if outer else ()
    return tuple(content.decode("utf-8", "replace") for tag, content in inner if tag in _STRINGS)


def _element(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def _elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of one element after the other, up to one that is incomplete."""
    at = 0
    while at + 2 <= len(der):
        tag, length, start = der[at], der[at + 1], at + 2
        if length >= 0x80:
            start += length & 0x7F
            length = int.from_bytes(der[at + 2 : start], "big")
        at = start + length
        if at <= len(der):
            yield tag, der[start:at]
