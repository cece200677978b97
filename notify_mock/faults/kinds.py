"""All effects, by their name in JSON, YAML, markers and headers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any

from notify_mock.faults.connections import Drop, Garble, Reset, Truncate
from notify_mock.faults.decision import Effect
from notify_mock.faults.deliveries import Undelivered
from notify_mock.faults.responses import RateLimit, Refuse, Status
from notify_mock.faults.states import Expire, Forget, Stale
from notify_mock.faults.timing import Delay, Dribble, Hang
from notify_mock.support.usage import UsageError, nearest, shown

EFFECTS: tuple[type[Effect], ...] = (
    Refuse,
    Status,
    RateLimit,
    Delay,
    Hang,
    Dribble,
    Drop,
    Reset,
    Truncate,
    Garble,
    Stale,
    Forget,
    Expire,
    Undelivered,
)

BY_KIND: Mapping[str, type[Effect]] = {effect.kind: effect for effect in EFFECTS}


def effect_class(kind: Any) -> type[Effect]:
    """Return the effect of this name. Raises ``UsageError``, which suggests the nearest name."""
    if isinstance(kind, type) and issubclass(kind, Effect):
        needed = [f"{one.name}=..." for one in fields(kind) if one.default is MISSING]  # type: ignore[arg-type]
        written = f"{kind.__name__}({', '.join(needed)})"
        raise UsageError("effect", f"{kind.__name__} is a class, not an effect", f"write {written}")
    found = BY_KIND.get(kind) if isinstance(kind, str) else None
    if found is None:
        raise UsageError("effect", f"unknown effect {shown(kind)}", nearest(str(kind), BY_KIND))
    return found


def field_names(effect: type[Effect]) -> tuple[str, ...]:
    """Return the names of the effect's fields."""
    return tuple(field.name for field in fields(effect))  # type: ignore[arg-type]


def make_effect(effect: type[Effect], given: Mapping[str, Any]) -> Effect:
    """Return the effect with the given fields. Raises ``UsageError`` that names the field."""
    for field in fields(effect):  # type: ignore[arg-type]
        if field.name not in given and field.default is MISSING:
            raise UsageError(field.name, "is missing", f"the effect {effect.kind} requires it")
    return effect(**given)
