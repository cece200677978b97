"""Which calls a rule is for."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from notify_mock.journal.exchange import Exchange

Predicate = Callable[[Exchange], bool]

_DELIVERY = "delivery."
_WILD = re.compile(r"[*?\[]")


def is_delivery(name: object) -> bool:
    """Whether a name or glob is one of deliveries."""
    return isinstance(name, str) and name.startswith(_DELIVERY)


def covers(glob: str, name: str | None) -> bool:
    """Whether ``glob`` is for calls of this name. Requests that are no call have none; only ``*`` matches them.
    Deliveries are no calls: they are matched by what begins with ``delivery.`` alone."""
    if is_delivery(name) and not is_delivery(glob):
        return False
    return fnmatchcase(name or "", glob)


@dataclass(frozen=True, slots=True)
class Match:
    """``call`` is a call's name or a glob; ``form`` values are globs too. What is None or empty matches everything.

    ``form`` looks at form and query parameters; ``headers`` at header values by lower-case name; ``predicate`` at the
    exchange.
    """

    call: str = "*"
    account_sid: str | None = None
    api: str | None = None
    sid: str | None = None
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    predicate: Predicate | None = None

    def matches_name(self, name: str | None) -> bool:
        """Whether it is for calls of this name, as ``covers`` says."""
        return covers(self.call, name)

    def matches(self, exchange: Exchange) -> bool:
        """Whether it is for this one, its name apart."""
        return (
            self.account_sid in (None, exchange.account_sid)
            and self.api in (None, exchange.api)
            and self.sid in (None, exchange.sid)
            and all(fnmatchcase(exchange.parameter(name) or "", glob) for name, glob in self.form.items())
            and all(fnmatchcase(exchange.call.headers.get(name, ""), glob) for name, glob in self.headers.items())
            and (self.predicate is None or self.predicate(exchange))
        )

    def key(self) -> tuple[str, ...] | None:
        """The one equality that leaves out most calls, to find the rule by; None when it has none."""
        if self.sid is not None:
            return ("sid", self.sid)
        for name, glob in self.form.items():
            if glob and not _WILD.search(glob):
                return ("form", name, glob)
        for name, glob in self.headers.items():
            if glob and not _WILD.search(glob):
                return ("header", name, glob)
        if self.account_sid is not None:
            return ("account", self.account_sid)
        return None if self.api is None else ("api", self.api)


def keys_of(exchange: Exchange) -> list[tuple[str, ...] | None]:
    """The keys under which rules for this exchange may be found."""
    keys: list[tuple[str, ...] | None] = [None, ("account", exchange.account_sid), ("api", exchange.api)]
    if exchange.sid is not None:
        keys.append(("sid", exchange.sid))
    keys += [("header", name, value) for name, value in exchange.call.headers.items()]
    for params in (exchange.call.form, exchange.call.query):
        keys += [("form", name, value) for name, value in params.pairs]
    return keys
