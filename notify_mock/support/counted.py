"""Numbers with their nouns, for messages."""

from __future__ import annotations


def counted(number: int, noun: str, nouns: str = "") -> str:
    """Return ``1 call`` or ``2 calls``. ``nouns`` is a plural that is not the noun with an s."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"
