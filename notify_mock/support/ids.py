"""Identifiers: two letters and 32 lower-case hex digits, the same sequence for the same seed."""

from __future__ import annotations

from hashlib import blake2b

_ALL = 2**128


class Sids:
    """The n-th sid of a prefix depends on seed, prefix and n alone, and never comes twice: it steps through all 128-bit
    numbers, from a start and by an odd step that are hashes of seed and prefix."""

    def __init__(self, seed: int | str) -> None:
        self._key = blake2b(str(seed).encode(errors="backslashreplace"), digest_size=32).digest()
        self._made: dict[str, int] = {}
        self._sequences: dict[str, tuple[int, int]] = {}

    def new(self, prefix: str) -> str:
        """The next sid of ``prefix``: ``CR``, ``RQ``, ..."""
        number = self._made.get(prefix, 0)
        self._made[prefix] = number + 1
        sequence = self._sequences.get(prefix)
        if sequence is None:
            sequence = int(self.hex(f"{prefix} start"), 16), int(self.hex(f"{prefix} step"), 16) | 1
            self._sequences[prefix] = sequence
        start, step = sequence
        return prefix + format((start + number * step) % _ALL, "032x")

    def hex(self, name: str) -> str:
        """32 hex digits that belong to ``name`` under this seed."""
        return blake2b(name.encode(), digest_size=16, key=self._key).hexdigest()

    def random(self, name: str) -> float:
        """A number from 0 up to 1 that belongs to ``name`` under this seed."""
        return int(self.hex(name)[:16], 16) / 2**64

    def reset(self) -> None:
        self._made = {}

    def snapshot(self) -> dict[str, int]:
        return dict(self._made)

    def restore(self, made: dict[str, int]) -> None:
        self._made = dict(made)
