"""Effects on what the service remembers: reads that lag behind, records that vanish, tokens that expire."""

from __future__ import annotations

from dataclasses import dataclass, field

from notify_mock.faults.decision import Decision, Effect
from notify_mock.protocol.errors import WrongToken
from notify_mock.support.clock import Span, span
from notify_mock.support.usage import UsageError


@dataclass(frozen=True)
class Stale(Effect):
    """A read that doesn't see the writes of the last ``seconds`` yet: eventual consistency."""

    kind = "stale"
    phases = ("before",)
    only = ("*.fetch", "*.list")
    seconds: Span = 5.0

    def __post_init__(self) -> None:
        if span(self.seconds, "seconds") == 0:
            raise UsageError("seconds", "is no time at all", 'give seconds or text such as "5s"')

    def apply(self, decision: Decision) -> bool:
        decision.stale = max(decision.stale, span(self.seconds))
        return True


@dataclass(frozen=True)
class Forget(Effect):
    """The next fetch of what was created is a 404."""

    kind = "forget"
    phases = ("after",)
    only = ("*.create",)

    def apply(self, decision: Decision) -> bool:
        decision.forget = decision.exchange.status == 201
        return decision.forget


@dataclass(frozen=True)
class Expire(Effect):
    """The token that the account came with stops working; ``new_token`` works instead where accounts are strict.

    ``before``: this call is refused with a 401 already; ``after``: the next one.
    """

    kind = "expire"
    new_token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if self.new_token is not None and (not isinstance(self.new_token, str) or not self.new_token):
            raise UsageError("new_token", "is no token", "give a text")

    def apply(self, decision: Decision) -> bool:
        authorization = decision.exchange.call.headers.get("authorization")
        decision.accounts.expire(decision.exchange.account_sid, authorization=authorization, new_token=self.new_token)
        if decision.phase == "before":
            decision.refusal = WrongToken("a fault rule made the token expire")
        return True
