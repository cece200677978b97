"""Wait until calls are held, without sleeping."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from notify_mock.support.waits import HeldCall


def waits(monkeypatch: pytest.MonkeyPatch) -> threading.Semaphore:
    """Return a semaphore that is released once for every held call."""
    begun = threading.Semaphore(0)
    wait = HeldCall.wait

    def waiting(held: HeldCall, seconds: float, gone: Callable[[], bool] = lambda: False) -> None:
        begun.release()
        wait(held, seconds, gone)

    monkeypatch.setattr(HeldCall, "wait", waiting)
    return begun
