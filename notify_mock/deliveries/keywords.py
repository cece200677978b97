"""The criteria of ``deliveries.find`` and ``deliveries.expect``.

Generated from the tables by ``make docs``. For type checkers: which call takes which of them is checked at run time.
"""

from __future__ import annotations

from typing import Any, TypedDict


class DeliveryCriteria(TypedDict, total=False):
    """The criteria of ``deliveries.find`` and ``deliveries.expect``."""

    channel: str | None
    identity: str | None
    address: str | None
    state: str | None
    code: int | None
    body: str | None
    title: str | None
    notification: Any
    service: Any
    binding: Any
    credential: Any
    account: Any
