"""Fault injection: a rule is a match, a schedule, an effect and a phase."""

from typing import Literal, get_args

Unused = Literal["error", "warn", "ignore"]
"""What to do about a rule that was never applied."""

UNUSED: tuple[Unused, ...] = get_args(Unused)
