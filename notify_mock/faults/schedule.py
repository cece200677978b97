"""The schedule of a rule: which of the matched calls it is applied to."""

from __future__ import annotations

from dataclasses import dataclass

from notify_mock.support.usage import UsageError, shown


@dataclass(frozen=True, slots=True)
class Schedule:
    """Applies to the calls matched from ``after`` until before ``until`` (seconds since 1970): skip the first ``skip``,
    then take one in ``every``, with the probability ``chance``, at most ``times`` times (None: no limit)."""

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
                raise UsageError(name, f"expected a whole number ({least} or more), got {shown(value)}")
        is_number = isinstance(self.chance, (int, float)) and not isinstance(self.chance, bool)
        if not is_number or not 0 <= self.chance <= 1:
            raise UsageError("chance", f"expected a number from 0 to 1, got {shown(self.chance)}")
        if self.after is not None and self.until is not None and self.after >= self.until:
            raise UsageError("until", "must be later than after")

    def open(self, now: float) -> bool:
        """Whether ``now`` is between ``after`` and ``until``."""
        return (self.after is None or self.after <= now) and (self.until is None or now < self.until)

    def due(self, number: int, fired: int) -> bool:
        """Whether the rule is due for the ``number``-th matched call (from 1), apart from ``chance``."""
        if self.times is not None and fired >= self.times:
            return False
        return number > self.skip and (number - self.skip - 1) % self.every == 0
