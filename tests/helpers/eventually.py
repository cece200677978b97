"""Wait for what another thread or process does."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from time import monotonic
from typing import TypeVar

Found = TypeVar("Found")

_SECONDS = 30.0
"""Far more than anything takes, for busy machines."""


def eventually(look: Callable[[], Found]) -> Found:
    """Return what ``look`` returns as soon as that is true."""
    end = monotonic() + _SECONDS
    while not (found := look()):
        if monotonic() > end:
            raise AssertionError("it did not happen")
        Event().wait(0.01)
    return found
