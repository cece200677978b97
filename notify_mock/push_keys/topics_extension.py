"""The extension of Apple's certificates that lists their topics, as DER."""

from __future__ import annotations

from collections.abc import Sequence

from notify_mock.push_keys.der import SEQUENCE, STRINGS, UTF8_STRING, element, elements

OID = "1.2.840.113635.100.6.3.6"
"""Source: Apple's documentation of the push types ("the topic is part of the ... extension")."""


def encode(topics: Sequence[str]) -> bytes:
    """Return each topic and a list of what it is for, which is the last word of the topic (``voip``) or ``app``."""
    items = b""
    for number, topic in enumerate(topics):
        purpose = topic.rpartition(".")[2] if number else "app"
        items += element(UTF8_STRING, topic.encode()) + element(SEQUENCE, element(UTF8_STRING, purpose.encode()))
    return element(SEQUENCE, items)


def decode(der: bytes) -> tuple[str, ...]:
    """Return the topics, the main one first. What cannot be read is left out."""
    outer = [content for tag, content in elements(der) if tag == SEQUENCE]
    inner = elements(outer[0]) if outer else ()
    return tuple(content.decode("utf-8", "replace") for tag, content in inner if tag in STRINGS)
