"""Waits of held calls on the event loop. A held call costs a timer and no thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress

from notify_mock.support.waits import HeldCall


class Hold:
    """Calls ``done`` once on the loop: after ``seconds``, when ``end`` is called, or with True when it is released."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, seconds: float, held: HeldCall, done: Callable[[bool], None]
    ) -> None:
        self._loop, self._done = loop, done
        self._is_over = False
        self._timer = loop.call_later(seconds, self.end)
        self._cancel = held.when_released(self._released)

    def end(self, is_released: bool = False) -> None:
        """End the wait now, if it has not ended."""
        if not self._is_over:
            self._is_over = True
            self._timer.cancel()
            self._cancel()
            self._done(is_released)

    def _released(self) -> None:
        with suppress(RuntimeError):  # the loop has been closed
            self._loop.call_soon_threadsafe(self.end, True)
