"""What an assertion looks for in the journal, and the message when it is not found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from notify_mock.journal.exchange import Exchange
from notify_mock.support.renamed import with_new_key
from notify_mock.support.usage import UsageError, nearest, shown
from notify_mock.twilio_api.masking import show_pairs

ATTRIBUTES = ("account_sid", "api", "code", "region", "sid", "status")

_MAX_SHOWN = 20


class Criteria:
    """Matches calls named ``name`` (globs allowed) that meet all ``criteria``.

    A criterion is an attribute of the exchange (``status=201``) or a Twilio parameter, with a capital (``Type="apn"``).
    Raises ``UsageError`` for any other criterion, and for a name that matches none of ``call_names``.
    """

    def __init__(self, name: str, criteria: Mapping[str, Any], call_names: tuple[str, ...]) -> None:
        self.name = name
        if not any(self.is_named(known) for known in call_names):
            raise UsageError("journal", f"unknown call {shown(name)}", nearest(str(name), call_names))
        criteria = with_new_key(criteria, "door", "api")
        self.attributes = {key: value for key, value in criteria.items() if key in ATTRIBUTES}
        self.parameters = {key: value for key, value in criteria.items() if key[:1].isupper()}
        for key in criteria:
            if key not in ATTRIBUTES and key not in self.parameters:
                remedy = f"{nearest(key, ATTRIBUTES)} (or a Twilio parameter such as Type)"
                raise UsageError("journal", f"unknown criterion {key!r}", remedy)

    def __str__(self) -> str:
        words = [f"{key}={value!r}" for key, value in self.attributes.items()]
        words += [show_pairs([(key, str(value))]) for key, value in self.parameters.items()]
        return self.name + (f" with {', '.join(words)}" if words else "")

    def is_named(self, name: str | None) -> bool:
        return fnmatchcase(name or "", self.name)

    def differences(self, exchange: Exchange) -> list[str]:
        """Return the criteria that ``exchange`` does not meet, apart from the name, as texts."""
        wrong = [
            f"{key} is {getattr(exchange, key)!r}"
            for key, value in self.attributes.items()
            if getattr(exchange, key) != value
        ]
        for name, value in self.parameters.items():
            got = exchange.parameter(name)
            if got != value:
                wrong.append(f"{name} is missing" if got is None else f"got {show_pairs([(name, got)])}")
        return wrong

    def may_match_without_body(self, exchange: Exchange) -> bool:
        """Whether ``exchange`` has lost its body and could meet the criteria with it."""
        if exchange.has_body or not self.is_named(exchange.name):
            return False
        attributes = all(getattr(exchange, key) == value for key, value in self.attributes.items())
        return attributes and bool(self.parameters) and bool(self.differences(exchange))

    def select(self, exchanges: Sequence[Exchange]) -> list[Exchange]:
        return [one for one in exchanges if self.is_named(one.name) and not self.differences(one)]

    def failure_message(self, count: int | None, arrived: Sequence[Exchange]) -> str:
        """Return what was expected, what was found, the nearest misses, and the other requests."""
        named = [one for one in arrived if self.is_named(one.name)]
        found = self.select(named)
        near = sorted((one for one in named if self.differences(one)), key=lambda one: len(self.differences(one)))
        lines = [f"expected {'at least one' if count is None else count} of {self}, found {len(found)}"]
        lines += listed("found", found)
        lines += listed("nearest misses", [f"{one}  <- {'; '.join(self.differences(one))}" for one in near])
        lines += listed("other requests", [one for one in arrived if one not in named])
        return "\n".join(lines if arrived else [*lines, "no request arrived at all"])


def listed(title: str, entries: Sequence[object]) -> list[str]:
    """Return a heading and the first 20 entries as lines; none without entries. Only these are converted to text."""
    if not entries:
        return []
    more = [f"  ... and {len(entries) - _MAX_SHOWN} more"] if len(entries) > _MAX_SHOWN else []
    return [f"{title} ({len(entries)}):", *(f"  {entry}" for entry in entries[:_MAX_SHOWN]), *more]
