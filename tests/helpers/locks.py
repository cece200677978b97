"""Whether an emulator's lock is held."""

from __future__ import annotations

from threading import Thread

from notify_mock import Emulator


def is_locked(emulator: Emulator) -> bool:
    """Return whether another thread would have to wait for the lock."""
    other = Thread(target=len, args=(emulator.journal,), daemon=True)
    other.start()
    other.join(5)
    return other.is_alive()
