"""One fault rule: match, schedule, effect, phase and counters."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import Any

from notify_mock.faults import UNUSED, Unused
from notify_mock.faults.decision import Effect, Phase
from notify_mock.faults.kinds import effect_class, field_names, make_effect
from notify_mock.faults.match import Match, covers, is_delivery, is_glob, nearest_call
from notify_mock.faults.schedule import Schedule
from notify_mock.support.clock import moment, span
from notify_mock.support.masked_url import MASK, masked_url
from notify_mock.support.renamed import with_new_key
from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.known_parameters import CallParameters, taken_by, unknown_name
from notify_mock.twilio_api.masking import is_secret

RULE_KEYS = (
    *("name", "phase", "unused", "times", "skip", "every", "chance", "after", "until"),
    *("account_sid", "api", "sid", "form", "headers", "predicate"),
)
"""The keys of a rule besides its call, its effect and the effect's fields."""

MAX_GLOB_LENGTH = 1000
"""Maximum characters of a text with wildcards. Its search takes time that grows with its length times the value's."""


class Rule:
    """A fault rule. ``seen`` counts the calls that it matched, ``fired`` the calls that it was applied to.

    ``memory`` is kept for its effect. ``key`` is the seed of its random draws.
    """

    def __init__(
        self, name: str, match: Match, schedule: Schedule, effect: Effect, phase: Phase, unused: Unused
    ) -> None:
        self.name, self.match, self.schedule, self.effect = name, match, schedule, effect
        self.phase, self.unused = phase, unused
        self.key = ""
        self.number = self.seen = self.fired = 0
        self.memory: dict[str, Any] = {}

    def __str__(self) -> str:
        described = self._describe_effect().items()
        fields = " ".join(f"{key}={value!r}" for key, value in described if key != "effect")
        return f"{self.name} ({self.match.call} {self.effect.kind}{' ' + fields if fields else ''} {self.phase})"

    def __repr__(self) -> str:
        return f"<Rule {self}, seen {self.seen}, fired {self.fired}>"

    def fingerprint(self) -> str:
        """Return its description without name and counters, as text."""
        left_out = ("name", "seen", "fired")
        return str({key: value for key, value in self.describe().items() if key not in left_out})

    def _describe_effect(self) -> dict[str, Any]:
        described = self.effect.describe()
        return {key: MASK if is_secret(key) else value for key, value in described.items()}

    def is_for(self, name: str | None) -> bool:
        """Whether it can apply to calls of this name: the name matches, and the effect supports it."""
        return self.match.matches_name(name) and any(covers(glob, name) for glob in self.effect.only)

    def describe(self) -> dict[str, Any]:
        """Return its JSON, as ``make_rule`` reads it, with ``seen`` and ``fired``. Secrets are masked."""
        shown: dict[str, Any] = {"name": self.name, "call": self.match.call, **self._describe_effect()}
        for part, keys in (
            (self.match, ("account_sid", "api", "sid", "form", "headers")),
            (self.schedule, ("times", "skip", "every", "chance", "after", "until")),
        ):
            fresh = type(part)()
            shown |= {key: getattr(part, key) for key in keys if getattr(part, key) != getattr(fresh, key)}
        if "form" in shown:
            shown["form"] = {key: _masked(key, value) for key, value in shown["form"].items()}
        for key in ("after", "until"):
            if key in shown:
                shown[key] = datetime.fromtimestamp(shown[key], timezone.utc).isoformat()
        return {**shown, "phase": self.phase, "unused": self.unused, "seen": self.seen, "fired": self.fired}


def _masked(name: str, value: str) -> str:
    return MASK if is_secret(name) else masked_url(value) if "://" in value else value


def make_rule(
    call: Any,
    effect: Any,
    given: dict[str, Any],
    *,
    call_parameters: CallParameters,
    now: float,
    name: str,
    unused: Unused,
) -> Rule:
    """Return a rule made from what a user wrote.

    ``effect`` is an ``Effect`` or its kind. ``given`` has the keys of the rule and, if ``effect`` is a kind, the fields
    of the effect. Other keys are parameters of Twilio's to match: those of the calls that ``call`` matches, in
    ``call_parameters``. ``name`` and ``unused`` are defaults. Raises ``UsageError`` that names the key.
    """
    own = effect_class(effect) if not isinstance(effect, Effect) else type(effect)
    fields = () if isinstance(effect, Effect) else field_names(own)
    given = with_new_key(given, "door", "api")
    form = {key: value for key, value in given.items() if key not in fields and key not in RULE_KEYS}
    matched = _matched(_text("call", call), own, tuple(call_parameters))
    for key in form:
        if key not in taken_by(matched, call_parameters):
            raise unknown_name(key, key, "key", call, matched, call_parameters, (*fields, *RULE_KEYS))
    if not isinstance(effect, Effect):
        effect = make_effect(own, {key: value for key, value in given.items() if key in fields})
    rest = {key: value for key, value in given.items() if key in RULE_KEYS and key not in fields}
    if is_delivery(call) and rest.get("phase", "before") != "before":
        raise UsageError("phase", f"{shown(rest['phase'])} is not possible for a delivery", "expected before")
    return Rule(
        _text("name", rest.get("name", name)),
        _match(call, rest, form),
        _schedule(rest, now),
        effect,
        _one_of("phase", rest.get("phase", own.phases[0]), own.phases),  # type: ignore[arg-type]
        _one_of("unused", rest.get("unused", unused), UNUSED),  # type: ignore[arg-type]
    )


def _match(call: str, rest: dict[str, Any], form: dict[str, Any]) -> Match:
    match = Match(
        call,
        rest.get("account_sid"),
        rest.get("api"),
        rest.get("sid"),
        form={**_texts("form", rest.get("form", {})), **_texts("form", form)},
        headers={key.lower(): value for key, value in _texts("headers", rest.get("headers", {})).items()},
        predicate=rest.get("predicate"),
    )
    for key in ("account_sid", "api", "sid"):
        if getattr(match, key) is not None:
            _text(key, getattr(match, key))
    if match.predicate is not None and not callable(match.predicate):
        raise UsageError("predicate", "must be a function that takes an Exchange and returns True or False")
    return match


def _matched(call: str, effect: type[Effect], call_names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of the calls that the rule can apply to."""
    matched = [name for name in call_names if covers(call, name)]
    if not matched:
        raise UsageError("call", f"{shown(call)} matches no call", nearest_call(call, call_names))
    acts_on = tuple(name for name in matched if any(covers(glob, name) for glob in effect.only))
    if not acts_on:
        raise UsageError(
            "call", f"{effect.kind} does not apply to {shown(call)}", f"it applies to {', '.join(effect.only)}"
        )
    return acts_on


def _schedule(rest: dict[str, Any], now: float) -> Schedule:
    """Return the schedule. ``after`` and ``until`` are points in time, or lengths of time from now (``"10s"``)."""
    given: dict[str, Any] = {key: rest[key] for key in ("times", "skip", "every", "chance") if key in rest}
    given |= {key: _time(key, rest[key], now) for key in ("after", "until") if rest.get(key) is not None}
    return Schedule(**given)


def _time(key: str, when: Any, now: float) -> float:
    if isinstance(when, (str, timedelta)):
        with suppress(UsageError):
            return now + span(when)
    return moment(when, key)


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= 200:
        raise UsageError(key, f"expected text of 1 to 200 printable characters, got {shown(value)}")
    return value


def _texts(key: str, value: Any) -> dict[str, str]:
    if not isinstance(value, dict) or not all(isinstance(text, str) for pair in value.items() for text in pair):
        raise UsageError(key, "must be a mapping of names to text", "write name: value, with numbers in quotes")
    for name, text in value.items():
        if len(text) > MAX_GLOB_LENGTH and is_glob(text):
            wrong = f"the text with wildcards for {shown(name)} has {len(text)} characters"
            raise UsageError(key, wrong, f"the limit is {MAX_GLOB_LENGTH}")
    return value


def _one_of(key: str, value: Any, known: tuple[str, ...]) -> str:
    if value not in known:
        raise UsageError(key, f"{shown(value)} is not possible here", f"expected one of: {', '.join(known)}")
    return str(value)
