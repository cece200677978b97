"""How time passes for one in-process request: on the emulator's clock, or for real where that is asked for."""

from __future__ import annotations

from notify_mock.protocol.messages import Wire
from notify_mock.support.clock import Clock
from notify_mock.support.waits import Hold, Holds


class Pace:
    """``timeout`` is the client's, in seconds. ``late`` once it would have given up waiting for the answer to begin;
    ``cancelled`` may be set from another thread, to end a wait in real time."""

    def __init__(self, clock: Clock, holds: Holds, timeout: float | None, *, real_time: bool) -> None:
        self._clock, self._holds, self._real_time = clock, holds, real_time
        self.timeout = timeout
        self.passed = 0.0
        self.late = False
        self.cancelled = False

    def wait(self, seconds: float, hold: Hold) -> None:
        """Let ``seconds`` pass, or what is left until the client gives up. Raises ``Released`` in real time."""
        if self.timeout is not None and self.passed + seconds > self.timeout:
            seconds, self.late = max(0.0, self.timeout - self.passed), True
        self._pass(seconds, hold)

    def dribble(self, wire: Wire, *, by_piece: bool) -> bool:
        """Let the body come in. False when the client gives up meanwhile: its timeout is for each piece, or for all."""
        longest = wire.over / wire.pieces if by_piece else self.passed + wire.over
        gives_up = self.timeout is not None and longest > self.timeout
        left = (self.timeout or 0.0) - (0.0 if by_piece else self.passed)
        self._pass(max(0.0, left) if gives_up else wire.over, self._holds.take())
        return not gives_up

    def _pass(self, seconds: float, hold: Hold) -> None:
        self.passed += seconds
        if self._real_time:
            hold.wait(seconds, lambda: self.cancelled)
        else:
            self._clock.advance(seconds)
