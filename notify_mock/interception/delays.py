"""How time passes for one in-process request: on the emulator's clock, or for real where that is asked for."""

from __future__ import annotations

from notify_mock.protocol.messages import Wire
from notify_mock.support.clock import Clock
from notify_mock.support.waits import HeldCall, HeldCalls


class Delays:
    """``timeout`` is the client's, in seconds. ``timed_out`` is set once the client would have stopped waiting for a
    response; ``cancelled`` may be set from another thread, to end a wait in real time."""

    def __init__(self, clock: Clock, held_calls: HeldCalls, timeout: float | None, *, real_time: bool) -> None:
        self._clock, self._held_calls, self._real_time = clock, held_calls, real_time
        self.timeout = timeout
        self.elapsed = 0.0
        self.timed_out = False
        self.cancelled = False

    def wait(self, seconds: float, held: HeldCall) -> None:
        """Let ``seconds`` pass, or what is left until the client gives up. Raises ``Released`` in real time."""
        if self.timeout is not None and self.elapsed + seconds > self.timeout:
            seconds, self.timed_out = max(0.0, self.timeout - self.elapsed), True
        self._pass(seconds, held)

    def dribble(self, wire: Wire, *, by_piece: bool) -> bool:
        """Let the body come in. False when the client gives up meanwhile: its timeout is for each piece, or for all."""
        longest = wire.over / wire.pieces if by_piece else self.elapsed + wire.over
        gives_up = self.timeout is not None and longest > self.timeout
        left = (self.timeout or 0.0) - (0.0 if by_piece else self.elapsed)
        self._pass(max(0.0, left) if gives_up else wire.over, self._held_calls.take())
        return not gives_up

    def _pass(self, seconds: float, held: HeldCall) -> None:
        self.elapsed += seconds
        if self._real_time:
            held.wait(seconds, lambda: self.cancelled)
        else:
            self._clock.advance(seconds)
