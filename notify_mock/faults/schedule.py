"""When a rule strikes: which of the calls that it matches."""

from __future__ import annotations

from dataclasses import dataclass

from notify_mock.support.usage import UsageError, shown


@dataclass(frozen=True, slots=True)
class Schedule:
    """Of the matched calls between ``after`` and ``until`` (seconds since 1970): not the first ``skip``, then one in
    ``every``, with ``chance``, at most ``times`` of them (None: all)."""

    times: int | None = None
    skip: int = 0
    every: int = 1
    chance: float = 1.0
    after: float | None = None
    until: float | None = None

    def __post_init__(self) -> None:
        for name, least in (("times", 1), ("skip", 0), ("every", 1)):
            value = getattr(self, name)
            if name == "times" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise UsageError(name, f"{shown(value)} is no number of calls", f"give {least} or more")
        if isinstance(self.chance, bool) or not isinstance(self.chance, (int, float)):
            raise UsageError("chance", f"{shown(self.chance)} is no number", "give 0 to 1")
        if not 0 <= self.chance <= 1:
            raise UsageError("chance", f"{shown(self.chance)} is outside 0 to 1")
        if self.after is not None and self.until is not None and self.after >= self.until:
            raise UsageError("until", "is not later than after")

    def open(self, now: float) -> bool:
        """Whether calls count at all now."""
        return (self.after is None or self.after <= now) and (self.until is None or now < self.until)

    def due(self, number: int, fired: int) -> bool:
        """Whether the ``number``-th matched call (from 1) may be struck, luck apart."""
        if self.times is not None and fired >= self.times:
            return False
        return number > self.skip and (number - self.skip - 1) % self.every == 0
