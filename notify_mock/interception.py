"""A time in which every Twilio client of this process lands at one emulator, however and whenever it was made."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

from notify_mock.patches import Patch, WhenImported, patch_on
from notify_mock.seams import SEAMS
from notify_mock.switchboard import Switchboard
from notify_mock.usage import UsageError

if TYPE_CHECKING:
    from notify_mock.engine import Engine
    from notify_mock.shared_server import SharedServer


class Interception:
    """A context manager, for one use; ``Emulator.intercept`` makes it.

    Libraries are patched when they are there, or when they are imported. Of several that are open at once, the latest
    one holds. ``escaped`` tells of each request that was stopped on its way to the real Twilio.
    """

    def __init__(self, engine: Engine, server: SharedServer, allow_real: Iterable[str], *, real_time: bool) -> None:
        self._board = Switchboard(engine, server, allow_real, real_time=real_time)
        self._patches: list[Patch] = []
        self._later = WhenImported([name for name in SEAMS if name not in sys.modules], self._patch)

    @property
    def escaped(self) -> list[str]:
        return self._board.escaped

    def __enter__(self) -> Interception:
        if self._patches:
            raise UsageError("intercept()", "has been entered already", "call it again for another time")
        self._let_latest(hold=False)
        for name in SEAMS:
            if name in sys.modules:
                self._patch(name)
        self._later.put()
        self._board.is_active = True
        return self

    def __exit__(self, *_: object) -> None:
        self._board.is_active = False
        self._later.take()
        for patch in reversed(self._patches):
            patch.take()
        self._board.hang_up()
        self._let_latest(hold=True)

    def _patch(self, module: str) -> None:
        for patch in SEAMS[module](self._board):
            patch.holder = self._board
            patch.put()
            self._patches.append(patch)

    def _let_latest(self, *, hold: bool) -> None:
        """The latest of those that are open holds, or no longer does."""
        latest = patch_on(socket.socket, "connect_ex")
        if latest is not None:
            latest.holder.is_active = hold
