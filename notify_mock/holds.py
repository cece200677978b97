"""Calls that are kept waiting for real, until their time is over, their client is gone, or someone releases them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock

_STEP_SECONDS = 0.25


class Released(ConnectionError):
    """The call was let go before its time: by a reset, or because the emulator closes."""


class Holds:
    """Waiting without sleeping: every wait can be ended by ``release``."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._released: Event | None = None

    def wait(self, seconds: float, gone: Callable[[], bool] = lambda: False) -> bool:
        """Wait so long; False when ``gone`` said that the client has left meanwhile. Raises ``Released``.

        The time is counted in steps, since under freezegun no clock can be read.
        """
        with self._lock:
            released = self._released = self._released or Event()
        while seconds > 0:
            if released.wait(min(seconds, _STEP_SECONDS)):
                raise Released("the emulator was reset or closed while it held the call")
            if gone():
                return False
            seconds -= _STEP_SECONDS
        return True

    def release(self) -> None:
        """End every wait that is under way; later ones are not affected."""
        with self._lock:
            if self._released is not None:
                self._released.set()
                self._released = None
