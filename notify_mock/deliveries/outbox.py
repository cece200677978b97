"""The outbox: delivery callbacks that are still to be sent, in the order in which they are due."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from notify_mock.support.changes import Changes

if TYPE_CHECKING:
    from notify_mock.deliveries.callback import Callback
    from notify_mock.deliveries.delivery import Delivery

BATCH = 1000
"""Maximum number of deliveries in one callback (documented)."""


class Outbox:
    """The waiting callbacks. ``generation`` changes with every reset or restore; older attempts are then ignored.

    ``changes`` is told "callback" with "planned", the callback and no exchange.
    """

    def __init__(self, changes: Changes | None = None) -> None:
        self._changes = changes or Changes()
        self._waiting: list[Callback] = []
        self._number = 0
        self.generation = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Callback]:
        return iter(sorted(self._waiting, key=_turn))

    def add_callbacks(
        self, url: str, region: str, deliveries: Sequence[Delivery], now: float, origin: str = ""
    ) -> None:
        """Add the callbacks for the deliveries of one notification, due when the last delivery is done.

        ``origin`` is the web page of another machine that set the URL, or "".
        """
        from notify_mock.deliveries.callback import Callback, place_of

        place, first = place_of(url), deliveries[0]
        due = max(now, *(delivery.at for delivery in deliveries))
        for start in range(0, len(deliveries), BATCH):
            self._number += 1
            self.add(
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
                    self._number,
                    place=place,
                    origin=origin,
                )
            )

    def add(self, callback: Callback) -> None:
        self._waiting.append(callback)
        self._changes.tell("callback", ("planned", callback, None))

    def pop(self, until: float | None = None, skip: Callable[[Callback], bool] | None = None) -> Callback | None:
        """Remove and return the next callback, if it is due at ``until`` (None: at any time), except those to skip."""
        waiting = self._waiting if skip is None else [one for one in self._waiting if not skip(one)]
        following = min(waiting, key=_turn, default=None)
        if following is None or (until is not None and following.due > until):
            return None
        self._waiting.remove(following)
        return following

    def remove_account(self, sid: str) -> None:
        self._waiting = [callback for callback in self._waiting if callback.account_sid != sid]

    def reset(self) -> None:
        self.restore(([], 0))

    def snapshot(self) -> tuple[list[Callback], int]:
        return list(self._waiting), self._number

    def restore(self, kept: tuple[list[Callback], int]) -> None:
        waiting, self._number = kept
        self._waiting = list(waiting)
        self.generation += 1


def _turn(callback: Callback) -> tuple[float, int]:
    return callback.due, callback.number
