"""Waits while somebody looks at the inspector."""

from __future__ import annotations

import sys

from notify_mock.support.usage import UsageError


def pause(url: str) -> None:
    """Print the inspector's URL and wait for Enter. Raises ``UsageError`` if stdin is not a terminal."""
    if not sys.stdin.isatty():
        raise UsageError("inspect", "needs a terminal to wait for Enter", "run pytest in a terminal, without -n")
    print(f"\nnotify-mock: inspector on {url}\nnotify-mock: press Enter to go on", flush=True)
    sys.stdin.readline()
