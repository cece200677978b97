"""Answers that a test plans, in place of what a fake would answer."""

from __future__ import annotations

import httpx


def take_planned(planned: list[httpx.Response | Exception]) -> httpx.Response | None:
    """Return the next planned answer, None if there is none. Raises it if it is an exception."""
    answer = planned.pop(0) if planned else None
    if isinstance(answer, Exception):
        raise answer
    return answer
