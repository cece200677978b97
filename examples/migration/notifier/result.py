"""What a provider said about one push: sent, gone, later or refused."""

from __future__ import annotations

from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Literal, NamedTuple, Protocol

import httpx

from notifier.push import Push

Outcome = Literal["sent", "gone", "later", "refused"]


class Result(NamedTuple):
    """``sent``: the provider has it. ``gone``: the token is dead, remove it. ``later``: try again. ``refused``: do not.

    ``reason`` is the provider's word, ``wait`` the seconds that it asked for, and ``since`` the time from which on the
    token has been dead, in seconds since 1970.
    """

    outcome: Outcome
    reason: str = ""
    wait: float | None = None
    since: float | None = None


class Provider(Protocol):
    """FCM or APNs."""

    def send(self, token: str, push: Push) -> Result:
        """Send a push to one token."""


def retry_after(response: httpx.Response, now: Callable[[], float]) -> float | None:
    """Return the seconds of the header Retry-After, which may also be a date, or None."""
    value = response.headers.get("Retry-After", "")
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - now())
    except ValueError:
        return None
