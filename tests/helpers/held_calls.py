"""Wait until calls are held, without sleeping."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from notify_mock.support.waits import HeldCall


def waits(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Return a semaphore that is released once for every held call, in process or on a server."""
    begun = threading.Semaphore(0)
    wait, when_released = HeldCall.wait, HeldCall.when_released

    def waiting(held: HeldCall, seconds: float, gone: Callable[[], bool] = lambda: False) -> None:
        begun.release()
        wait(held, seconds, gone)

    def waiting_on_a_loop(held: HeldCall, act: Callable[[], None]) -> Callable[[], None]:
        cancel = when_released(held, act)
        begun.release()
        return cancel

    monkeypatch.setattr(HeldCall, "wait", waiting)
    monkeypatch.setattr(HeldCall, "when_released", waiting_on_a_loop)
    return begun
