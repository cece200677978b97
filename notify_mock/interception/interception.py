"""Redirects every Twilio client of this process to one emulator, however and whenever it was created."""

from __future__ import annotations

import socket
import sys
from contextlib import ExitStack

from notify_mock.interception.adapters import ADAPTERS
from notify_mock.interception.patches import ImportHook, Patch, patch_on
from notify_mock.interception.routing import Router
from notify_mock.support.usage import UsageError


class Interception:
    """A single-use context manager, created by ``Emulator.intercept``.

    Patches libraries that are already imported, and others when they are imported. If several interceptions are open,
    the latest one is active. ``escaped`` lists the blocked requests to the real Twilio.
    """

    def __init__(self, router: Router) -> None:
        self._router = router
        self._below: Router | None = None
        self._patches: list[Patch] = []
        self._later = ImportHook([name for name in ADAPTERS if name not in sys.modules], self._patch)

    @property
    def escaped(self) -> list[str]:
        """The requests to the real Twilio that were blocked, such as ``POST https://sync.twilio.com/v1/Services``."""
        return self._router.escaped

    def __enter__(self) -> Interception:
        if self._patches:
            raise UsageError("intercept()", "has already been entered", "call intercept() again")
        below = _latest()
        self._router.is_active = True
        with ExitStack() as stack:
            stack.callback(self.__exit__)
            for name in ADAPTERS:
                if sys.modules.get(name) is not None:
                    self._patch(name)
            self._later.install()
            stack.pop_all()
        if below is not None:
            self._below = below.holder
            below.holder.is_active = False
        return self

    def __exit__(self, *_: object) -> None:
        latest = _latest()
        if self._below is not None and latest is not None and latest.holder is self._router:
            self._below.is_active = self._below.is_open
        self._router.is_active = self._router.is_open = False
        self._later.uninstall()
        for patch in reversed(self._patches):
            patch.uninstall()
        self._router.close_connections()
        latest = _latest()
        if latest is not None:
            latest.holder.is_active = True

    def _patch(self, module: str) -> None:
        for patch in ADAPTERS[module](self._router):
            patch.holder = self._router
            patch.install()
            self._patches.append(patch)


def guard() -> Interception:
    """Return an interception that redirects nothing: it blocks every request to Twilio while no other one is open."""
    from notify_mock.engine.engine import Engine
    from notify_mock.server.shared_server import SharedServer

    return Interception(Router(Engine(), SharedServer(), (), real_time=False, emulates=False))


def _latest() -> Patch | None:
    """Return a patch of the latest open interception."""
    return patch_on(socket.socket, "connect_ex")
