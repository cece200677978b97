"""``Decision``: what the fault rules make of one call. ``Effect``: the base class of what a rule does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from notify_mock.accounts.accounts import Accounts
from notify_mock.journal.exchange import Exchange
from notify_mock.twilio_api.delivery_errors import Problem
from notify_mock.twilio_api.errors import TwilioError
from notify_mock.twilio_api.messages import Answer, Wire

Phase = Literal["before", "after"]
"""``before``: the call is not carried out, or late. ``after``: it is, and its response is lost, corrupted or late."""

Draw = Callable[[str], float]
"""Returns a number from 0 to 1 for a purpose, the same for the same seed, rule and number of the matched call."""


@dataclass(slots=True)
class Decision:
    """What the rules make of one call in one phase. Effects write to it, and the pipeline acts on it.

    ``now`` is in seconds since 1970, and ``in_flight`` is the account's number of calls in flight. ``draw`` and
    ``memory`` belong to the rule that is being applied. ``problem`` is why a delivery fails (rules also apply to
    deliveries).
    """

    exchange: Exchange
    phase: Phase
    now: float
    in_flight: int
    accounts: Accounts
    draw: Draw
    memory: dict[str, Any]
    pause: float = 0.0
    refusal: TwilioError | None = None
    answer: Answer | None = None
    wire: Wire | None = None
    changes: list[Callable[[Answer], Answer]] = field(default_factory=list)
    stale: float = 0.0
    forget: bool = False
    problem: Problem | None = None

    @property
    def ends_call(self) -> bool:
        """Whether the call ends here: it has its response, or will have none."""
        return bool(self.refusal or self.answer or self.problem or (self.wire and self.wire.ending))


class Effect(ABC):
    """What a rule does. Subclasses are frozen dataclasses whose fields are the keys in JSON.

    ``kind`` is the name in JSON. ``phases`` are the supported phases, the default first. ``only`` are globs of the
    calls that the effect applies to (``*`` means all calls, but no deliveries).
    """

    kind: ClassVar[str]
    phases: ClassVar[tuple[Phase, ...]] = ("before", "after")
    only: ClassVar[tuple[str, ...]] = ("*",)

    @abstractmethod
    def apply(self, decision: Decision) -> bool:
        """Write to ``decision``. Return False if the effect had nothing to do."""

    def describe(self) -> dict[str, Any]:
        """Return the kind and the fields that differ from their defaults: ``{"effect": "refuse", "code": 20429}``."""
        shown = {"effect": self.kind}
        for field_ in fields(self):  # type: ignore[arg-type]
            if getattr(self, field_.name) != field_.default:
                shown[field_.name] = getattr(self, field_.name)
        return shown
