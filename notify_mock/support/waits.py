"""Held calls: they wait until the time is up, the client disconnects, or they are released."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event, Lock

_STEP_SECONDS = 0.05


class Released(ConnectionError):
    """The held call was released early, because the emulator was reset or closed."""


def _never() -> bool:
    return False


class _Release:
    """One release of calls: whether it has happened, and what is to be done when it does."""

    def __init__(self) -> None:
        self.happened = Event()
        self._lock = Lock()
        self._acts: dict[object, Callable[[], None]] = {}

    def add(self, act: Callable[[], None]) -> Callable[[], None]:
        key = object()
        with self._lock:
            if not self.happened.is_set():
                self._acts[key] = act
                return lambda: self._acts.pop(key, None) and None
        act()
        return lambda: None

    def happen(self) -> None:
        with self._lock:
            self.happened.set()
            acts = list(self._acts.values())
            self._acts.clear()
        for act in acts:
            act()


class HeldCall:
    """One held call. Any release after it was taken, also one before it begins to wait, ends its wait."""

    def __init__(self, release: _Release) -> None:
        self._release = release

    def wait(self, seconds: float, gone: Callable[[], bool] = _never) -> None:
        """Block for ``seconds``, or until ``gone()`` is true because the client has disconnected. Raises ``Released``.

        The time is counted in steps because freezegun replaces the clocks.
        """
        while seconds > 0 and not gone():
            if self._release.happened.wait(min(seconds, _STEP_SECONDS)):
                raise Released("the emulator was reset or closed while the call was held")
            seconds -= _STEP_SECONDS

    def when_released(self, act: Callable[[], None]) -> Callable[[], None]:
        """Call ``act`` once, in the thread that releases the call, or now if it is released. Does not block.

        Returns a function that cancels this.
        """
        return self._release.add(act)


class HeldCalls:
    """All held calls of an emulator. ``release`` ends every wait at once."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._next: _Release | None = None

    def take(self) -> HeldCall:
        """Return a new held call."""
        with self._lock:
            self._next = self._next or _Release()
            return HeldCall(self._next)

    def release(self) -> None:
        """Release every call taken so far; later ones are not affected."""
        with self._lock:
            release, self._next = self._next, None
        if release is not None:
            release.happen()
