"""The fault rules in force: adding and removing them, finding those for a call, and applying them.

Rules and effects are imported when the first rule is added, because most emulators never have any.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from notify_mock.accounts.accounts import Accounts
from notify_mock.faults import Unused
from notify_mock.journal.exchange import Exchange
from notify_mock.support.changes import Changes
from notify_mock.support.clock import Clock
from notify_mock.support.ids import Sids
from notify_mock.support.usage import UsageError, is_near, nearest, shown
from notify_mock.twilio_api.known_parameters import CallParameters

_MAX_FIRED, _MAX_FIRED_BYTES = 10_000, 32 * 1024 * 1024

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from notify_mock.faults.decision import Decision, Draw, Effect, Phase
    from notify_mock.faults.keywords import FaultOptions
    from notify_mock.faults.rule import Rule

    _Index = dict[tuple[str, ...] | None, list[Rule]]


class AddedRule:
    """What ``Faults.add`` returns: the rule, and a context manager that removes it."""

    def __init__(self, faults: Faults, rule: Rule) -> None:
        self._faults, self.rule = faults, rule

    def __repr__(self) -> str:
        return repr(self.rule)

    @property
    def fired(self) -> int:
        """The number of calls that the rule was applied to."""
        return self.rule.fired

    def remove(self) -> None:
        """Remove the rule, if it is still in force. A rule that was never applied still counts as unused."""
        self._faults.discard(self.rule)

    def __enter__(self) -> AddedRule:
        return self

    def __exit__(self, *_: object) -> None:
        self.remove()


class Faults:
    """The rules by name. They apply in the order they were added.

    Once a rule has answered a call or broken its connection, later rules do not see that call. ``changes`` is told
    "fault" with what happened ("added", "removed", "applied", "cleared"), the rule, its counters and the exchange.
    """

    def __init__(
        self,
        lock: AbstractContextManager[bool],
        clock: Clock,
        sids: Sids,
        accounts: Accounts,
        call_parameters: CallParameters,
        unused: Unused = "error",
        changes: Changes | None = None,
    ) -> None:
        self._changes = changes or Changes()
        self._lock, self._clock, self._sids, self._accounts = lock, clock, sids, accounts
        self._call_parameters, self._default_unused = call_parameters, unused
        self._rules: dict[str, Rule] = {}
        self._index: dict[tuple[Phase, str | None], _Index] = {}
        self._removed: list[Rule] = []
        self._for_one_call = 0
        self._fired: deque[tuple[Exchange, str]] = deque()
        self._fired_size = 0
        self._added: dict[str, int] = defaultdict(int)
        self._descriptions: dict[str, int] = defaultdict(int)

    def __iter__(self) -> Iterator[Rule]:
        with self._lock:
            return iter(list(self._rules.values()))

    def __len__(self) -> int:
        return len(self._rules)

    def __contains__(self, name: object) -> bool:
        return name in self._rules

    def __getitem__(self, name: str) -> Rule:
        return self._rules[name]

    def __repr__(self) -> str:
        return f"<Faults: {', '.join(str(rule) for rule in self) or 'none'}>"

    def add(self, call: str, effect: Effect | str, **options: Unpack[FaultOptions]) -> AddedRule:
        """Add a rule for the calls named ``call`` (globs allowed).

        ``effect`` is an effect such as ``Refuse(20429)``, or its kind with its fields in ``options``. The other options
        are the keys of a rule (``times``, ``phase``, ...: see ``FaultOptions``), and parameters of Twilio's to match,
        which start with a capital letter (``Type="apn"``). Raises ``UsageError`` without adding anything.
        """
        with self._lock:
            return AddedRule(self, self._put(call, effect, {**options}))

    def read(self, spec: Mapping[str, Any], where: str) -> Rule:
        """Add a rule from plain data: ``{"call": ..., "effect": "refuse", "code": 20429, "times": 2}``.

        Raises ``UsageError``, which names the location ``where``.
        """
        given = dict(spec)
        if not all(isinstance(key, str) for key in given):
            raise UsageError(where, "has a key that is not text")
        if "effect" not in given:
            for key in given:
                if is_near(key, "effect"):
                    raise UsageError(f"{where}, {key}", "unknown key", "did you mean effect?")
            raise UsageError(f"{where}, effect", "is missing", 'give one, such as "refuse"')
        try:
            with self._lock:
                return self._put(given.pop("call", "*"), given.pop("effect"), given)
        except UsageError as error:
            raise error.inside(where) from error

    def for_one_call(self, spec: Mapping[str, Any]) -> Rule:
        """Return a rule for one call, without adding it. Its random draws differ from call to call. Raises
        ``UsageError``."""
        given = dict(spec)
        rule = self._make(given.pop("call", "*"), given.pop("effect"), given)
        self._for_one_call += 1
        rule.key = f"one call {self._for_one_call}"
        return rule

    def remove(self, name: str) -> None:
        """Remove the rule ``name``. Raises ``UsageError`` if there is none."""
        with self._lock:
            rule = self._rules.get(name) if isinstance(name, str) else None
            if rule is None:
                known = nearest(str(name), self._rules) if self._rules else ""
                raise UsageError("name", f"unknown rule {shown(name)}", known)
            self.discard(rule)

    def discard(self, rule: Rule) -> None:
        """Remove this rule (not another one of the same name), if it is in force."""
        with self._lock:
            if self._rules.get(rule.name) is not rule:
                return
            del self._rules[rule.name]
            if not rule.fired:
                self._removed.append(rule)
            self._index.clear()
            self._tell("removed", rule)

    def clear(self) -> None:
        """Remove every rule."""
        with self._lock:
            self._clear()
            self._changes.tell("fault", ("cleared", None, 0, 0, None))

    @property
    def fired(self) -> list[tuple[Exchange, str]]:
        """Each time a rule was applied, the last 10,000 of them (and 32 MiB of requests): the exchange and the rule's
        name."""
        with self._lock:
            return list(self._fired)

    @property
    def unused(self) -> list[Rule]:
        """The rules that were never applied, including those that were removed one by one."""
        with self._lock:
            return [rule for rule in (*self._removed, *self._rules.values()) if not rule.fired]

    def apply(
        self, exchange: Exchange, phase: Phase, in_flight: int, header_rule: Rule | None = None
    ) -> Decision | None:
        """Apply the rules for this call and phase; return None if none applies.

        ``header_rule`` is the rule in the request's header.
        """
        if not self._rules and header_rule is None:
            return None
        from notify_mock.faults.decision import Decision

        found = self._find(exchange, phase)
        if header_rule is not None and header_rule.phase == phase and header_rule.is_for(exchange.name):
            found.append(header_rule)
        decision = None
        for rule in found:
            draw = self._match(rule, exchange)
            if draw is None:
                continue
            if decision is None:
                decision = Decision(exchange, phase, self._clock.time(), in_flight, self._accounts, draw, rule.memory)
            decision.draw, decision.memory = draw, rule.memory
            if rule.effect.apply(decision):
                rule.fired += 1
                exchange.faults += (rule.name,)
                self._note(exchange, rule)
                self._tell("applied", rule, exchange)
            if decision.ends_call:
                break
        return decision

    def reset(self) -> None:
        self._clear()
        self._fired.clear()
        self._fired_size = self._for_one_call = 0
        self._added.clear()

    def snapshot(self) -> tuple[Any, ...]:
        kept = [(rule, rule.seen, rule.fired, deepcopy(rule.memory)) for rule in self._rules.values()]
        return (
            kept,
            list(self._removed),
            list(self._fired),
            dict(self._added),
            dict(self._descriptions),
            self._for_one_call,
        )

    def restore(self, snapshot: tuple[Any, ...]) -> None:
        kept, removed, fired, added, descriptions, for_one_call = snapshot
        self.reset()
        self._for_one_call = for_one_call
        for rule, seen, times_fired, memory in kept:
            rule.seen, rule.fired, rule.memory = seen, times_fired, deepcopy(memory)
            self._rules[rule.name] = rule
        self._removed.extend(removed)
        self._fired.extend(fired)
        self._fired_size = sum(exchange.size for exchange, _ in fired)
        self._added.update(added)
        self._descriptions.update(descriptions)

    def _clear(self) -> None:
        self._rules.clear()
        self._descriptions.clear()
        self._removed.clear()
        self._index.clear()

    def _tell(self, action: str, rule: Rule, exchange: Exchange | None = None) -> None:
        self._changes.tell("fault", (action, rule, rule.seen, rule.fired, exchange))

    def _note(self, exchange: Exchange, rule: Rule) -> None:
        self._fired.append((exchange, rule.name))
        self._fired_size += exchange.size
        while len(self._fired) > _MAX_FIRED or (self._fired_size > _MAX_FIRED_BYTES and len(self._fired) > 1):
            self._fired_size -= self._fired.popleft()[0].size

    def _put(self, call: Any, effect: Any, given: dict[str, Any]) -> Rule:
        rule = self._make(call, effect, given)
        if rule.name in self._rules:
            raise UsageError("name", f"a rule {shown(rule.name)} already exists", "choose another name")
        kind = rule.effect.kind
        self._added[kind] += 1
        rule.number = sum(self._added.values())
        rule.key = rule.name if "name" in given else self._random_key(rule)
        self._rules[rule.name] = rule
        self._index.clear()
        self._tell("added", rule)
        return rule

    def _make(self, call: Any, effect: Any, given: dict[str, Any]) -> Rule:
        from notify_mock.faults.decision import Effect
        from notify_mock.faults.rule import make_rule

        kind = effect.kind if isinstance(effect, Effect) else effect
        name = self._free_name(kind) if isinstance(kind, str) else ""
        return make_rule(
            call,
            effect,
            given,
            call_parameters=self._call_parameters,
            now=self._clock.time(),
            name=name,
            unused=self._default_unused,
        )

    def _random_key(self, rule: Rule) -> str:
        """Return the seed of its random draws if it has no name: its content, and how many equal rules came before."""
        fingerprint = rule.fingerprint()
        self._descriptions[fingerprint] += 1
        return f"{fingerprint} {self._descriptions[fingerprint]}"

    def _free_name(self, kind: str) -> str:
        """Return ``drop-3`` for the third rule of its kind, or the next number that is free."""
        number = self._added.get(kind, 0) + 1
        while f"{kind}-{number}" in self._rules:
            number += 1
        return f"{kind}-{number}"

    def _find(self, exchange: Exchange, phase: Phase) -> list[Rule]:
        """Return the rules that can match this call, by its name and by the key that each rule is indexed by."""
        from notify_mock.faults.match import keys_of

        index = self._index.get((phase, exchange.name))
        if index is None:
            index = self._index[phase, exchange.name] = {}
            for rule in self._rules.values():
                if rule.phase == phase and rule.is_for(exchange.name):
                    index.setdefault(rule.match.key(), []).append(rule)
        if not index:
            return []
        found = [rule for key in keys_of(exchange) if key in index for rule in index[key]]
        return sorted(dict.fromkeys(found), key=lambda rule: rule.number)

    def _match(self, rule: Rule, exchange: Exchange) -> Draw | None:
        """Return a source of random numbers if the rule matches and its schedule allows it, else None."""
        if not rule.match.matches(exchange) or not rule.schedule.open(self._clock.time()):
            return None
        rule.seen += 1
        number = rule.seen

        def draw(purpose: str) -> float:
            return self._sids.random(f"{rule.key}/{number}/{purpose}")

        if not rule.schedule.due(number, rule.fired):
            return None
        return draw if rule.schedule.chance == 1 or draw("chance") < rule.schedule.chance else None
