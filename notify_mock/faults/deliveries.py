"""Effects on deliveries: the provider rejects them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from notify_mock.faults.decision import Decision, Effect
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.delivery_errors import CODES, OUTCOMES, TITLES, Problem

ProviderOutcome = Literal["unregistered", "throttled", "revoked", "down"]


@dataclass(frozen=True)
class Undelivered(Effect):
    """The provider rejects a delivery: the device is ``unregistered`` or ``throttled``, the credential is ``revoked``,
    or the provider is ``down``. ``error`` replaces the outcome's code with another one of Twilio's error dictionary."""

    kind = "undelivered"
    phases = ("before",)
    only = ("delivery.*",)
    outcome: ProviderOutcome = "unregistered"
    error: int | None = None

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise UsageError(
                "outcome", f"unknown outcome {shown(self.outcome)}", f"expected one of: {', '.join(OUTCOMES)}"
            )
        if self.error is not None and (isinstance(self.error, bool) or self.error not in TITLES):
            known = ", ".join(map(str, TITLES))
            raise UsageError("error", f"{shown(self.error)} is not a delivery error code", f"expected one of: {known}")

    def apply(self, decision: Decision) -> bool:
        channel = (decision.exchange.name or "").partition(".")[2]
        code = CODES[channel][self.outcome] if self.error is None else self.error
        decision.problem = Problem(code, "fault rule")
        return True
