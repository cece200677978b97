"""Effects that take time: a delay, a hang, an answer that comes in drips."""

from __future__ import annotations

import math
from dataclasses import dataclass

from notify_mock.faults.decision import Decision, Draw, Effect
from notify_mock.protocol.messages import Wire
from notify_mock.support.clock import Span, span
from notify_mock.support.usage import UsageError, shown

MAX_HANG_SECONDS = 3600.0
"""Seconds after which even a hang ends: twilio-python has no timeout of its own and would wait for ever."""


@dataclass(frozen=True)
class Delay(Effect):
    """Lateness: ``seconds`` fixed, or drawn evenly from ``low`` to ``high``, or log-normal by ``median`` and ``p99``.

    ``before``: the call is applied late. ``after``: it is applied at once, and the answer is late. A delivery has but
    the one: its provider is slow.
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
                raise UsageError(least, f"is more than {most}")
        if self.median is not None and span(self.median) == 0:
            raise UsageError("median", "is no time at all")

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
    """No answer for ``seconds`` (an hour at most), and then the connection closes. ``reset()`` and the end of the test
    release it."""

    kind = "hang"
    seconds: Span = 60.0

    def __post_init__(self) -> None:
        if span(self.seconds, "seconds") > MAX_HANG_SECONDS:
            raise UsageError("seconds", "is longer than an hour", "a hang is bounded")

    def apply(self, decision: Decision) -> bool:
        decision.pause += span(self.seconds)
        decision.wire = Wire("drop")
        return True


@dataclass(frozen=True)
class Dribble(Effect):
    """The body comes in ``pieces``, spread over ``seconds``."""

    kind = "dribble"
    phases = ("after",)
    seconds: Span = 1.0
    pieces: int = 10

    def __post_init__(self) -> None:
        span(self.seconds, "seconds")
        if isinstance(self.pieces, bool) or not isinstance(self.pieces, int) or not 1 <= self.pieces <= 10_000:
            raise UsageError("pieces", f"{shown(self.pieces)} is no number of pieces", "give 1 to 10,000")

    def apply(self, decision: Decision) -> bool:
        decision.wire = decision.wire or Wire(pieces=self.pieces, over=span(self.seconds))
        return True
