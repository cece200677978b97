"""Tells listeners what changes in an object."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Listener = Callable[[str, Any], None]


class Changes:
    """The listeners of what changes. Without any, telling costs next to nothing.

    A change is a kind, such as "clock", and its details. Listeners are called while locks are held: they must return at
    once, and not call back.
    """

    __slots__ = ("_listeners",)

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def tell(self, kind: str, details: Any = None) -> None:
        for listener in self._listeners:
            listener(kind, details)
