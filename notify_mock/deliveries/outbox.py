"""The outbox: delivery callbacks that are still to be made, and when."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any

from notify_mock.deliveries.delivery import Delivery

BATCH = 1000
"""Deliveries in one callback (documented)."""

RETRIES = (1.0, 5.0)
"""Seconds before the second and the third attempt. Inferred: how often Notify tries isn't documented."""

_TRIED_AGAIN = (408, 429)


@dataclass(frozen=True, slots=True)
class Callback:
    """One POST to come. ``due`` is when, in seconds since 1970; ``attempt`` counts from 1."""

    url: str = field(repr=False)
    notification_sid: str
    account_sid: str
    service_sid: str
    region: str
    sequence: int
    is_final: bool
    deliveries: tuple[Delivery, ...] = field(repr=False)
    due: float
    number: int
    attempt: int = 1

    def form(self) -> list[tuple[str, str]]:
        """Its parameters (documented; the spelling of ``IsFinal`` follows the documentation's prose)."""
        head = [
            ("NotificationSid", self.notification_sid),
            ("AccountSid", self.account_sid),
            ("ServiceSid", self.service_sid),
            ("Count", str(len(self.deliveries))),
            ("SequenceId", str(self.sequence)),
            ("IsFinal", str(self.is_final)),
        ]
        return head + [("DeliveryState", json.dumps(_state(one))) for one in self.deliveries]

    def again(self, now: float) -> Callback | None:
        """The next attempt, None when this was the last."""
        if self.attempt > len(RETRIES):
            return None
        return replace(self, due=now + RETRIES[self.attempt - 1], attempt=self.attempt + 1)


def is_tried_again(status: int | None) -> bool:
    """No answer, and what a server may get over (inferred)."""
    return status is None or status >= 500 or status in _TRIED_AGAIN


def _state(delivery: Delivery) -> dict[str, Any]:
    """``sid``, ``type``, ``address``, ``identity`` and ``status`` are documented, the other names inferred."""
    state: dict[str, Any] = {
        "sid": delivery.message_id,
        "type": delivery.channel,
        "address": delivery.address,
        "identity": delivery.identity,
        "status": delivery.state.upper(),
    }
    if delivery.problem is not None:
        state |= {"error_code": delivery.problem.code, "error_message": delivery.problem.reason}
    return state


class Outbox:
    """Callbacks by due time. ``era`` changes when all is forgotten, so that what is under way can tell."""

    def __init__(self) -> None:
        self._waiting: list[Callback] = []
        self._numbers = count(1)
        self.era = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Any:
        return iter(sorted(self._waiting, key=_turn))

    def post(self, url: str, region: str, deliveries: Sequence[Delivery], now: float) -> None:
        """Put the callbacks for the deliveries of one notification there; each is due when its last is done."""
        first = deliveries[0]
        due = max(now, *(one.at for one in deliveries))
        for start in range(0, len(deliveries), BATCH):
            self.put(
                Callback(
                    url,
                    first.notification_sid,
                    first.account_sid,
                    first.service_sid,
                    region,
                    start // BATCH,
                    start + BATCH >= len(deliveries),
                    tuple(deliveries[start : start + BATCH]),
                    due,
                    next(self._numbers),
                )
            )

    def put(self, callback: Callback) -> None:
        self._waiting.append(callback)

    def take(self, until: float | None = None) -> Callback | None:
        """The next callback, if it is due at ``until``; it is no longer here then."""
        following = min(self._waiting, key=_turn, default=None)
        if following is None or (until is not None and following.due > until):
            return None
        self._waiting.remove(following)
        return following

    def reset(self) -> None:
        self._waiting = []
        self.era += 1

    def snapshot(self) -> list[Callback]:
        return list(self._waiting)

    def restore(self, waiting: list[Callback]) -> None:
        self._waiting = list(waiting)
        self.era += 1


def _turn(callback: Callback) -> tuple[float, int]:
    return callback.due, callback.number
