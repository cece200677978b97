"""The inbox: all deliveries, for assertions, and the alerts that Twilio's Debugger would have listed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, NamedTuple

from notify_mock.journal.criteria import listed
from notify_mock.support.counted import counted
from notify_mock.support.usage import UsageError, nearest, shown
from notify_mock.twilio_api.channels import CHANNELS, DISCONTINUED

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from notify_mock.deliveries.delivery import Delivery
    from notify_mock.deliveries.keywords import DeliveryCriteria
    from notify_mock.twilio_api.delivery_errors import Problem

MAX_DELIVERIES = 100_000
"""The number of deliveries that are kept; the oldest are dropped first."""

_MAX_ALERTS = 10_000

CRITERIA = {
    **{name: name for name in ("channel", "identity", "address", "state", "code", "body", "title")},
    **{name: f"{name}_sid" for name in ("notification", "service", "binding", "credential", "account")},
}
"""The criteria for finding deliveries, and the attribute that each one compares."""

VALUES = {"channel": (*CHANNELS, *DISCONTINUED), "state": ("sent", "failed")}
"""The possible values of these criteria."""

_MAYBE_NONE = ("identity", "binding", "credential", "code", "body", "title")
"""The attributes of a delivery that may be None."""


class Alert(NamedTuple):
    """A problem with a notification as a whole: it has no recipients, or a delivery callback failed."""

    at: float
    notification_sid: str
    problem: Problem

    def __str__(self) -> str:
        return f"{self.notification_sid} {self.problem}"


class Deliveries(Sequence["Delivery"]):
    """The deliveries in the order they were made, the last 100,000 of them.

    The criteria are ``notification``, ``service``, ``binding``, ``credential`` and ``account`` (a SID, or an object
    with one), ``identity``, ``channel``, ``address``, ``state`` (``"sent"`` or ``"failed"``), ``code``, ``body`` and
    ``title``.
    """

    def __init__(self, lock: AbstractContextManager[bool]) -> None:
        self._lock = lock
        self._listeners: list[Callable[[Delivery], None]] = []
        self._unannounced: deque[Delivery] = deque()
        self._is_held = False
        self.reset()

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[Delivery]:
        return iter(self._all())

    def __getitem__(self, number: Any) -> Any:
        return self._all()[number]

    def __repr__(self) -> str:
        failed = sum(delivery.problem is not None for delivery in self._all())
        return f"<{counted(len(self), 'delivery', 'deliveries')}, {failed} of them failed>"

    @property
    def last(self) -> Delivery:
        """The newest delivery. Raises ``LookupError`` if there is none."""
        newest = self._all()[-1:]
        if not newest:
            raise LookupError("nothing was delivered")
        return newest[0]

    @property
    def alerts(self) -> list[Alert]:
        """What Twilio's Debugger would list in addition to failed deliveries (52301, 52311)."""
        with self._lock:
            return list(self._alerts)

    def show(self, most: int = 1000) -> str:
        """Return the last ``most`` deliveries and alerts as text, one per line."""
        lines = [str(one) for one in (*self._all(), *self.alerts)]
        hidden = len(lines) - most
        left_out = [f"({counted(hidden, 'earlier one is', 'earlier ones are')} not shown)"] if hidden > 0 else []
        return "\n".join(left_out + lines[-most:]) or "nothing was delivered"

    def find(self, **criteria: Unpack[DeliveryCriteria]) -> list[Delivery]:
        """Return the deliveries that meet all criteria. Raises ``UsageError`` for an unknown criterion."""
        wanted = _read({**criteria})
        return [one for one in self._all() if not _differences(one, wanted)]

    def expect(self, *, count: int | None = None, **criteria: Unpack[DeliveryCriteria]) -> list[Delivery]:
        """Assert that ``count`` deliveries (default: at least one) meet the criteria, and return them.

        Without ``state`` or ``code``, only deliveries that were sent count. Raises ``AssertionError``, which lists what
        was delivered instead.
        """
        __tracebackhide__ = True
        wanted = _read({**criteria}, ("count",))
        if "state" not in wanted and "code" not in wanted:
            wanted["state"] = "sent"
        everything = self._all()
        found = [one for one in everything if not _differences(one, wanted)]
        if len(found) == count if count is not None else found:
            return found
        raise AssertionError(self._failure_message(count, wanted, found, everything))

    def file(self, made: Iterable[Delivery]) -> None:
        before = len(self._kept)
        new = list(made)
        self._kept.extend(new)
        if self._listeners:
            self._unannounced.extend(new)
        self._dropped += before + len(new) - len(self._kept)

    def subscribe(self, listener: Callable[[Delivery], None]) -> None:
        """Call ``listener`` with every delivery, in their order. A reset keeps listeners."""
        self._listeners.append(listener)

    def announce(self) -> None:
        """Call the listeners with the new deliveries. They may be slow: the caller must not hold the lock."""
        if not self._is_held:
            self.announce_held()

    def hold(self) -> None:
        """From now on, let the listeners wait for ``announce_held``."""
        self._is_held = True

    def announce_held(self) -> None:
        """Call the listeners with the new deliveries."""
        while self._unannounced:
            try:
                delivery = self._unannounced.popleft()
            except IndexError:  # taken by another thread
                return
            for listener in self._listeners:
                listener(delivery)

    def alert(self, at: float, notification_sid: str, problem: Problem) -> None:
        self._alerts.append(Alert(at, notification_sid, problem))

    def remove_account(self, sid: str, notifications: Container[str]) -> None:
        """Remove the deliveries of an account, and the alerts of its ``notifications``."""
        kept = [delivery for delivery in self._kept if delivery.account_sid != sid]
        alerts = [alert for alert in self._alerts if alert.notification_sid not in notifications]
        self.restore((kept, alerts, self._dropped))

    def reset(self) -> None:
        self._kept: deque[Delivery] = deque(maxlen=MAX_DELIVERIES)
        self._alerts: deque[Alert] = deque(maxlen=_MAX_ALERTS)
        self._dropped = 0

    def snapshot(self) -> tuple[list[Delivery], list[Alert], int]:
        return list(self._kept), list(self._alerts), self._dropped

    def restore(self, kept: tuple[list[Delivery], list[Alert], int]) -> None:
        self.reset()
        deliveries, alerts, self._dropped = kept
        self._kept.extend(deliveries)
        self._alerts.extend(alerts)

    def _all(self) -> list[Delivery]:
        with self._lock:
            return list(self._kept)

    def _failure_message(
        self, count: int | None, wanted: dict[str, Any], found: list[Delivery], everything: list[Delivery]
    ) -> str:
        conditions = ", ".join(f"{key}={value!r}" for key, value in wanted.items())
        number = "at least one delivery" if count is None else counted(count, "delivery", "deliveries")
        near = sorted(
            (one for one in everything if _differences(one, wanted)), key=lambda one: len(_differences(one, wanted))
        )
        lines = [f"expected {number} with {conditions}, found {len(found)}"]
        lines += listed("found", [str(one) for one in found])
        lines += listed("delivered instead", [f"{one}  <- {'; '.join(_differences(one, wanted))}" for one in near])
        lines += listed("alerts", [str(one) for one in self.alerts])
        if self._dropped:
            oldest = counted(self._dropped, "oldest delivery was", "oldest deliveries were")
            lines.append(f"the {oldest} dropped; only {MAX_DELIVERIES} are kept")
        return "\n".join(lines if everything else [*lines, "nothing was delivered at all"])


def _read(criteria: dict[str, Any], keywords: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the criteria, with SIDs in place of objects. Raises ``UsageError``; ``keywords`` may have been meant."""
    for name in criteria:
        if name not in CRITERIA:
            raise UsageError("deliveries", f"unknown criterion {name!r}", nearest(name, (*CRITERIA, *keywords)))
    wanted = {name: getattr(value, "sid", value) for name, value in criteria.items()}
    for name, value in wanted.items():
        _check_value(name, value)
    return wanted


def _check_value(name: str, value: Any) -> None:
    """Raise ``UsageError`` if no delivery can ever have this value: ``count=0`` would always pass."""
    where, known = f"deliveries, {name}", VALUES.get(name)
    if known and value not in known:
        raise UsageError(where, f"unknown {name} {shown(value)}", f"expected one of: {', '.join(known)}")
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if not (is_number if name == "code" else isinstance(value, str)) and not (value is None and name in _MAYBE_NONE):
        expected = "a number" if name == "code" else "a SID" if CRITERIA[name].endswith("_sid") else "text"
        raise UsageError(where, f"expected {expected}, got {shown(value)}")


def _differences(delivery: Delivery, wanted: dict[str, Any]) -> list[str]:
    """Return the criteria that the delivery does not meet, as text."""
    return [
        f"{name} is {getattr(delivery, CRITERIA[name])!r}"
        for name, value in wanted.items()
        if getattr(delivery, CRITERIA[name]) != value
    ]
