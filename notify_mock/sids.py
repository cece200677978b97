"""Identifiers: two letters and 32 lower-case hex digits, the same sequence for the same seed."""

from __future__ import annotations

from hashlib import blake2b


class Sids:
    """The n-th sid of a prefix is a hash of seed, prefix and n, so it depends on no other sequence."""

    def __init__(self, seed: int | str) -> None:
        self._key = blake2b(str(seed).encode(), digest_size=32).digest()
        self._made: dict[str, int] = {}

    def new(self, prefix: str) -> str:
        """The next sid of ``prefix``: ``CR``, ``RQ``, ..."""
        number = self._made.get(prefix, 0)
        self._made[prefix] = number + 1
        return prefix + self.hex(f"{prefix}{number}")

    def hex(self, name: str) -> str:
        """32 hex digits that belong to ``name`` under this seed."""
        return blake2b(name.encode(), digest_size=16, key=self._key).hexdigest()

    def reset(self) -> None:
        self._made = {}

    def snapshot(self) -> dict[str, int]:
        return dict(self._made)

    def restore(self, made: dict[str, int]) -> None:
        self._made = dict(made)
