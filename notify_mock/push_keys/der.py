"""The little of DER (ASN.1) that X.509 libraries do not read: elements one after the other."""

from __future__ import annotations

from collections.abc import Iterator

INTEGER, SEQUENCE, UTF8_STRING = 0x02, 0x30, 0x0C
STRINGS = (UTF8_STRING, 0x13, 0x16)


def element(tag: int, content: bytes) -> bytes:
    """Return one element."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def elements(der: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and content of one element after the other, up to one that is incomplete."""
    at = 0
    while at + 2 <= len(der):
        tag, length, start = der[at], der[at + 1], at + 2
        if length >= 0x80:
            start += length & 0x7F
            length = int.from_bytes(der[at + 2 : start], "big")
        at = start + length
        if at > len(der):
            return
        yield tag, der[start:at]
