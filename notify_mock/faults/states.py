"""Effects on state: reads that lag behind, records that cannot be found, tokens that expire."""

from __future__ import annotations

from dataclasses import dataclass, field

from notify_mock.faults.decision import Decision, Effect
from notify_mock.support.clock import Span, span
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.errors import WrongToken


@dataclass(frozen=True)
class Stale(Effect):
    """Hide recent writes (those of the last ``seconds``) from a read: eventual consistency."""

    kind = "stale"
    phases = ("before",)
    only = ("*.fetch", "*.list")
    seconds: Span = 5.0

    def __post_init__(self) -> None:
        if span(self.seconds, "seconds") == 0:
            raise UsageError("seconds", "must be more than 0", 'give seconds or text such as "5s"')

    def apply(self, decision: Decision) -> bool:
        decision.stale = max(decision.stale, span(self.seconds))
        return True


@dataclass(frozen=True)
class Forget(Effect):
    """Return 404 for the next fetch of the created record."""

    kind = "forget"
    phases = ("after",)
    only = ("*.create",)

    def apply(self, decision: Decision) -> bool:
        decision.forget = decision.exchange.status == 201
        return decision.forget


@dataclass(frozen=True)
class Expire(Effect):
    """Expire the token that the request was made with. ``new_token`` replaces it if the emulator was given accounts.

    ``before``: this call returns 401. ``after``: the next call returns 401.
    """

    kind = "expire"
    new_token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.new_token is not None and (not isinstance(self.new_token, str) or not self.new_token):
            raise UsageError("new_token", "must be non-empty text")

    def apply(self, decision: Decision) -> bool:
        authorization = decision.exchange.call.headers.get("authorization")
        decision.accounts.expire(decision.exchange.account_sid, authorization=authorization, new_token=self.new_token)
        if decision.phase == "before":
            decision.refusal = WrongToken("a fault rule expired the token")
        return True
