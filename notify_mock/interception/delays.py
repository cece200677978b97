"""The delays of one in-process request, on the emulator's clock or in real time."""

from __future__ import annotations

from notify_mock.support.clock import Clock
from notify_mock.support.waits import HeldCall, HeldCalls
from notify_mock.twilio_api.messages import Wire


class Delays:
    """The delays of one request.

    ``timeout`` is the client's, in seconds. ``timed_out`` becomes True when the client would have stopped waiting.
    Another thread may set ``cancelled`` to end a wait in real time.
    """

    def __init__(self, clock: Clock, held_calls: HeldCalls, timeout: float | None, *, real_time: bool) -> None:
        self._clock, self._held_calls, self._real_time = clock, held_calls, real_time
        self.timeout = timeout
        self.elapsed = 0.0
        self.timed_out = False
        self.cancelled = False

    def wait(self, seconds: float, held: HeldCall) -> None:
        """Let ``seconds`` pass, or less if the client times out before. Raises ``Released`` in real time."""
        if self.timeout is not None and self.elapsed + seconds > self.timeout:
            seconds, self.timed_out = max(0.0, self.timeout - self.elapsed), True
        self._pass(seconds, held)

    def dribble(self, wire: Wire, *, by_piece: bool) -> bool:
        """Wait for a slow body. Returns False if the client times out: per piece (``by_piece``) or in total."""
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
