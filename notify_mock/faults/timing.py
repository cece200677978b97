"""Effects that take time: a delay, a hang, a body that arrives slowly."""

from __future__ import annotations

import math
from dataclasses import dataclass

from notify_mock.faults.decision import Decision, Draw, Effect
from notify_mock.support.clock import Span, span
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.messages import Wire

MAX_HANG_SECONDS = 3600.0
"""The longest hang in seconds. twilio-python sets no timeout and would wait for ever."""


@dataclass(frozen=True)
class Delay(Effect):
    """Add latency: fixed (``seconds``), uniform (``low`` to ``high``) or log-normal (``median`` and ``p99``).

    ``before``: the call is carried out late. ``after``: it is carried out at once, and the response is late. For a
    delivery, only ``before`` is possible: the provider responds late.
    """

    kind = "delay"
    only = ("*", "delivery.*")
    seconds: Span | None = None
    low: Span | None = None
    high: Span | None = None
    median: Span | None = None
    p99: Span | None = None

    def __post_init__(self) -> None:
        given = {name for name in ("seconds", "low", "high", "median", "p99") if getattr(self, name) is not None}
        if given not in ({"seconds"}, {"low", "high"}, {"median", "p99"}):
            raise UsageError("seconds", "is missing", "give seconds, or low and high, or median and p99")
        for name in given:
            span(getattr(self, name), name)
        for least, most in (("low", "high"), ("median", "p99")):
            if least in given and span(getattr(self, least)) > span(getattr(self, most)):
                raise UsageError(least, f"must not be more than {most}")
        if self.median is not None and span(self.median) == 0:
            raise UsageError("median", "must be more than 0")

    def apply(self, decision: Decision) -> bool:
        decision.pause += self._draw(decision.draw)
        return True

    def _draw(self, draw: Draw) -> float:
        if self.seconds is not None:
            return span(self.seconds)
        if self.low is not None and self.high is not None:
            low, high = span(self.low), span(self.high)
            return low + (high - low) * draw("delay")
        from statistics import NormalDist

        median, p99 = span(self.median or 0), span(self.p99 or 0)
        sigma = math.log(p99 / median) / NormalDist().inv_cdf(0.99)
        return median * math.exp(sigma * NormalDist().inv_cdf(min(max(draw("delay"), 1e-9), 1 - 1e-9)))


@dataclass(frozen=True)
class Hang(Effect):
    """Do not respond for some time (``seconds``, at most an hour), then close the connection. A reset of the emulator
    and the end of the test release the call."""

    kind = "hang"
    seconds: Span = 60.0

    def __post_init__(self) -> None:
        if span(self.seconds, "seconds") > MAX_HANG_SECONDS:
            raise UsageError("seconds", "must not be longer than an hour")

    def apply(self, decision: Decision) -> bool:
        decision.pause += span(self.seconds)
        decision.wire = Wire("drop")
        return True


@dataclass(frozen=True)
class Dribble(Effect):
    """Send the body in several ``pieces``, spread over some time (``seconds``)."""

    kind = "dribble"
    phases = ("after",)
    seconds: Span = 1.0
    pieces: int = 10

    def __post_init__(self) -> None:
        span(self.seconds, "seconds")
        if isinstance(self.pieces, bool) or not isinstance(self.pieces, int) or not 1 <= self.pieces <= 10_000:
            raise UsageError("pieces", f"expected a whole number from 1 to 10,000, got {shown(self.pieces)}")

    def apply(self, decision: Decision) -> bool:
        decision.wire = decision.wire or Wire(pieces=self.pieces, over=span(self.seconds))
        return True
