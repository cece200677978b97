"""SIDs: two letters and 32 lower-case hex digits. The same seed gives the same sequence."""

from __future__ import annotations

import os
from hashlib import blake2b

_ALL = 2**128
_MAX_MADE = 2**48
"""More SIDs than an emulator can make."""


def unique() -> str:
    """Return 8 hex digits that are different each time, also in other processes."""
    return os.urandom(4).hex()


class Sids:
    """A generator of SIDs. The n-th SID of a prefix depends only on seed, prefix and n, and never repeats.

    The sequence runs through all 128-bit numbers; its start and its odd step are hashes of seed and prefix.
    """

    def __init__(self, seed: int | str) -> None:
        self._key = blake2b(str(seed).encode(errors="backslashreplace"), digest_size=32).digest()
        self._made: dict[str, int] = {}
        self._sequences: dict[str, tuple[int, int]] = {}
        self._inverses: dict[str, int] = {}

    def new(self, prefix: str) -> str:
        """Return the next SID with this ``prefix`` (``CR``, ``RQ``, ...)."""
        number = self._made.get(prefix, 0)
        self._made[prefix] = number + 1
        sequence = self._sequences.get(prefix)
        start, step = self._sequence(prefix) if sequence is None else sequence
        return prefix + format((start + number * step) % _ALL, "032x")

    def _sequence(self, prefix: str) -> tuple[int, int]:
        """Return start and step."""
        sequence = int(self.hex(f"{prefix} start"), 16), int(self.hex(f"{prefix} step"), 16) | 1
        self._sequences[prefix] = sequence
        return sequence

    def skip(self, sid: str) -> None:
        """Never return ``sid``, which was made elsewhere. It may be one of this sequence: the same seed has made it."""
        prefix = sid[:2]
        start, step = self._sequences.get(prefix) or self._sequence(prefix)
        inverse = self._inverses.get(prefix)
        if inverse is None:
            inverse = self._inverses[prefix] = pow(step, -1, _ALL)
        number = (int(sid[2:], 16) - start) * inverse % _ALL
        if number < _MAX_MADE:
            self._made[prefix] = max(self._made.get(prefix, 0), number + 1)

    def hex(self, name: str) -> str:
        """Return 32 hex digits derived from the seed and ``name``."""
        return blake2b(name.encode(), digest_size=16, key=self._key).hexdigest()

    def random(self, name: str) -> float:
        """Return a number from 0 (included) to 1 (excluded) derived from the seed and ``name``."""
        return int(self.hex(name)[:16], 16) / 2**64

    def reset(self) -> None:
        self._made = {}

    def snapshot(self) -> dict[str, int]:
        return dict(self._made)

    def restore(self, made: dict[str, int]) -> None:
        self._made = dict(made)
