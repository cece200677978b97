"""Fault injection: a rule is a match, a schedule, an effect and a phase.

Effects are grouped by what they act on: responses, connections, timing, states, deliveries. A new effect is a class in
one of these files and its name in ``kinds``.
"""

from typing import Literal, get_args

Unused = Literal["error", "warn", "ignore"]
"""What to do about a rule that was never applied."""

UNUSED: tuple[Unused, ...] = get_args(Unused)
