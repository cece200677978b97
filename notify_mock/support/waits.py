"""Calls that are kept waiting for real, until their time is over, their client is gone, or someone releases them."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock

_STEP_SECONDS = 0.05


class Released(ConnectionError):
    """The call was let go before its time: by a reset, or because the emulator closes."""


def _never() -> bool:
    return False


class HeldCall:
    """A hold on one call, taken when a fault strikes it: whatever is released from then on ends its waiting."""

    def __init__(self, released: Event) -> None:
        self._released = released

    def wait(self, seconds: float, gone: Callable[[], bool] = _never) -> None:
        """Wait so long, or until ``gone`` says that the client has left. Raises ``Released``.

        The time is counted in steps, since under freezegun no clock can be read.
        """
        while seconds > 0 and not gone():
            if self._released.wait(min(seconds, _STEP_SECONDS)):
                raise Released("the emulator was reset or closed while it held the call")
            seconds -= _STEP_SECONDS


class HeldCalls:
    """All holds of an emulator; waiting without sleeping, since every wait can be ended by ``release``."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._released: Event | None = None

    def take(self) -> HeldCall:
        """A new hold."""
        with self._lock:
            self._released = self._released or Event()
            return HeldCall(self._released)

    def release(self) -> None:
        """End every hold that was taken; later ones are not affected."""
        with self._lock:
            if self._released is not None:
                self._released.set()
                self._released = None
