"""Held calls: they wait in real time until the time is up, the client disconnects, or they are released."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock

_STEP_SECONDS = 0.05


class Released(ConnectionError):
    """The held call was released early, because the emulator was reset or closed."""


def _never() -> bool:
    return False


class HeldCall:
    """One held call. Any release after it was taken, also one before ``wait`` begins, ends its wait."""

    def __init__(self, released: Event) -> None:
        self._released = released

    def wait(self, seconds: float, gone: Callable[[], bool] = _never) -> None:
        """Wait ``seconds``, or until ``gone()`` is true because the client has disconnected. Raises ``Released``.

        The time is counted in steps because freezegun replaces the clocks.
        """
        while seconds > 0 and not gone():
            if self._released.wait(min(seconds, _STEP_SECONDS)):
                raise Released("the emulator was reset or closed while the call was held")
            seconds -= _STEP_SECONDS


class HeldCalls:
    """All held calls of an emulator. ``release`` ends every wait at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._released: Event | None = None

    def take(self) -> HeldCall:
        """Return a new held call."""
        with self._lock:
            self._released = self._released or Event()
            return HeldCall(self._released)

    def release(self) -> None:
        """Release every call taken so far; later ones are not affected."""
        with self._lock:
            if self._released is not None:
                self._released.set()
                self._released = None
