"""What an assertion looks for in the journal, and the message when it is not found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

from notify_mock.journal.exchange import Exchange
from notify_mock.support.renamed import with_new_key
from notify_mock.support.usage import UsageError, nearest, shown
from notify_mock.twilio_api.known_parameters import CallParameters, taken_by, unknown_name
from notify_mock.twilio_api.masking import show_pairs

ATTRIBUTES = ("account_sid", "api", "code", "region", "sid", "status")

_NUMBERS = ("code", "status")
_MAX_SHOWN = 20


class Criteria:
    """Matches calls named ``name`` (globs allowed) that meet all ``criteria``.

    A criterion is an attribute of the exchange (``status=201``), a parameter of one of these calls (``Type="apn"``, or
    None if it must be missing), or ``form``, a mapping of any other parameters. Raises ``UsageError`` for any other
    criterion, for a value that could never be met, and for a name that matches none of ``known``, which has the
    parameters of each call. ``keywords`` are further names that the user may have meant.
    """

    def __init__(
        self, name: str, criteria: Mapping[str, Any], known: CallParameters, keywords: tuple[str, ...] = ()
    ) -> None:
        self.name = name
        calls = [call for call in known if self.is_named(call)]
        if not calls:
            raise UsageError("journal", f"unknown call {shown(name)}", nearest(str(name), known))
        given = with_new_key(criteria, "door", "api")
        form = _read_form(given.pop("form", {}))
        self.attributes = {key: value for key, value in given.items() if key in ATTRIBUTES}
        self.parameters = {key: value for key, value in given.items() if key not in ATTRIBUTES}
        taken = taken_by(calls, known)
        for key in self.parameters:
            if key not in taken:
                words = (*ATTRIBUTES, "form", *keywords)
                raise unknown_name("journal", key, "criterion", name, calls, known, words)
        self.parameters |= form
        for key, value in (*self.attributes.items(), *self.parameters.items()):
            _check_value(key, value)

    def __str__(self) -> str:
        words = [f"{key}={value!r}" for key, value in self.attributes.items()]
        words += [_show_parameter(key, value) for key, value in self.parameters.items()]
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
            got = exchange.values(name)
            if value not in got if value is not None else got:
                wrong.append(f"got {show_pairs([(name, one) for one in got])}" if got else f"{name} is missing")
        return wrong

    def may_match_without_body(self, exchange: Exchange) -> bool:
        """Whether ``exchange`` has lost its body and could meet the criteria with it."""
        if exchange.has_body or exchange.call.reads_query or not self.is_named(exchange.name):
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


def _show_parameter(name: str, value: str | None) -> str:
    return f"no {show_pairs([(name, '-')]).partition('=')[0]}" if value is None else show_pairs([(name, value)])


def _read_form(form: Any) -> dict[str, Any]:
    if not isinstance(form, Mapping) or not all(isinstance(name, str) for name in form):
        raise UsageError("journal, form", f"expected a mapping, got {shown(form)}", 'write it like {"Name": "value"}')
    return dict(form)


def _check_value(key: str, value: Any) -> None:
    """Raise ``UsageError`` if no exchange can ever have this value: ``count=0`` would always pass."""
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if value is None or (is_number if key in _NUMBERS else isinstance(value, str)):
        return
    expected = "a number" if key in _NUMBERS else "text"
    remedy = 'write it as it is sent, such as "50" or "true"' if key[:1].isupper() else ""
    raise UsageError(f"journal, {key}", f"expected {expected}, got {_type_of(value)}", remedy)


def _type_of(value: Any) -> str:
    """Name the type only: the value may be a secret."""
    name = type(value).__name__
    return f"an {name}" if name[0] in "aeiou" else f"a {name}"
