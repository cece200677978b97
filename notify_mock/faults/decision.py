"""What the rules that strike a call make of it, and what an effect is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal

from notify_mock.journal.exchange import Exchange
from notify_mock.protocol.delivery_errors import Problem
from notify_mock.protocol.errors import TwilioError
from notify_mock.protocol.messages import Answer, Wire
from notify_mock.store.accounts import Accounts

Phase = Literal["before", "after"]
"""``before``: the call isn't applied (or late). ``after``: it is applied, and its answer is lost, spoiled or late."""

Draw = Callable[[str], float]
"""A number from 0 to 1 for a purpose: the same for the same seed, rule and number of the matched call."""


@dataclass(slots=True)
class Decision:
    """What the rules make of one call in one phase. Effects write into it; the pipeline then acts on it.

    ``now`` is in seconds since 1970; ``in_flight`` is the account's number of calls in flight; ``draw`` and ``memory``
    belong to the rule that is being applied. ``problem`` is why a delivery fails: rules apply to deliveries too.
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
        """Whether the call goes no further: it has its answer, or will have none."""
        return bool(self.refusal or self.answer or self.problem or (self.wire and self.wire.ending))


class Effect(ABC):
    """What a rule does. Subclasses are frozen dataclasses, and their fields are their JSON.

    ``kind`` is the name in JSON, ``phases`` those in which it makes sense, the default first; ``only`` are globs of the
    calls that it can act on (``*`` are the calls, and not the deliveries).
    """

    kind: ClassVar[str]
    phases: ClassVar[tuple[Phase, ...]] = ("before", "after")
    only: ClassVar[tuple[str, ...]] = ("*",)

    @abstractmethod
    def apply(self, decision: Decision) -> bool:
        """Write into ``decision``. False when there was nothing to do after all."""

    def describe(self) -> dict[str, Any]:
        """``{"effect": "refuse", "code": 20429}``: the kind, and the fields that aren't at their default."""
        shown = {"effect": self.kind}
        for one in fields(self):  # type: ignore[arg-type]
            if getattr(self, one.name) != one.default:
                shown[one.name] = getattr(self, one.name)
        return shown
