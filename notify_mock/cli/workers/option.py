"""The option ``--workers``."""

from __future__ import annotations

import os
import socket

from notify_mock.support.usage import UsageError

_MOST = 256


def read_workers(text: str | None, state: str | None) -> int:
    """Return the number of processes for an option: 0 if it is not given. Raises ``UsageError``."""
    if text is None:
        return 0
    count = (os.cpu_count() or 1) if text == "auto" else int(text) if text.isascii() and text.isdigit() else 0
    if not 1 <= count <= _MOST:
        raise UsageError("workers", f"expected a number from 1 to {_MOST}, or auto, got {text}")
    if state is None or "://" not in state:
        remedy = "give --state redis://127.0.0.1:6379/0, and run a Valkey or Redis server there"
        raise UsageError("workers", "needs a state that processes can share", remedy)
    if not hasattr(socket, "SO_REUSEPORT"):
        raise UsageError("workers", "needs SO_REUSEPORT, which this system does not have", "start one server")
    return count
