"""The conditions under which a rule matches a call."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from notify_mock.journal.exchange import Exchange
from notify_mock.support.usage import nearest

Predicate = Callable[[Exchange], bool]

_DELIVERY = "delivery."
_WILD = re.compile(r"[*?\[]")


def is_delivery(name: object) -> bool:
    """Whether a name or glob is for deliveries."""
    return isinstance(name, str) and name.startswith(_DELIVERY)


def covers(glob: str, name: str | None) -> bool:
    """Whether ``glob`` matches the name of a call. Requests that are not a call have no name; only ``*`` matches them.
    Deliveries are not calls: only globs that start with ``delivery.`` match them."""
    if is_delivery(name) and not is_delivery(glob):
        return False
    return fnmatchcase(name or "", glob)


def nearest_call(call: str, names: Collection[str]) -> str:
    """Return a remedy for ``call``, which matches none of ``names``: ``*.create`` for create, or the closest name."""
    globs = [glob for glob in (f"*.{call}", f"{call}.*") if any(covers(glob, name) for name in names)]
    return nearest(call, globs or names)


def is_glob(text: str) -> bool:
    """Whether ``text`` has wildcards. Without, it matches only itself."""
    return bool(_WILD.search(text))


def _fits(value: str, glob: str) -> bool:
    return fnmatchcase(value, glob) if is_glob(glob) else value == glob


@dataclass(frozen=True, slots=True)
class Match:
    """The conditions of a rule. A condition that is None or empty matches everything.

    ``call`` is the name of a call, or a glob. ``form`` (the parameters that the call reads) and ``headers`` (by
    lower-case name) have globs as values. ``predicate`` takes the exchange.
    """

    call: str = "*"
    account_sid: str | None = None
    api: str | None = None
    sid: str | None = None
    form: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    predicate: Predicate | None = None

    def matches_name(self, name: str | None) -> bool:
        """Whether calls of this name match; see ``covers``."""
        return covers(self.call, name)

    def matches(self, exchange: Exchange) -> bool:
        """Whether the exchange meets all conditions except the name."""
        return (
            self.account_sid in (None, exchange.account_sid)
            and self.api in (None, exchange.api)
            and self.sid in (None, exchange.sid)
            and all(_any_fits(exchange.values(name), glob) for name, glob in self.form.items())
            and all(_fits(exchange.call.headers.get(name, ""), glob) for name, glob in self.headers.items())
            and (self.predicate is None or self.predicate(exchange))
        )

    def key(self) -> tuple[str, ...] | None:
        """Return the most selective exact condition, for the index of rules; None if there is none."""
        if self.sid is not None:
            return ("sid", self.sid)
        for name, glob in self.form.items():
            if glob and not is_glob(glob):
                return ("form", name, glob)
        for name, glob in self.headers.items():
            if glob and not is_glob(glob):
                return ("header", name, glob)
        if self.account_sid is not None:
            return ("account", self.account_sid)
        return None if self.api is None else ("api", self.api)


def keys_of(exchange: Exchange) -> list[tuple[str, ...] | None]:
    """Return the index keys of the rules that can match this exchange."""
    keys: list[tuple[str, ...] | None] = [None, ("account", exchange.account_sid), ("api", exchange.api)]
    if exchange.sid is not None:
        keys.append(("sid", exchange.sid))
    keys += [("header", name, value) for name, value in exchange.call.headers.items()]
    keys += [("form", name, value) for name, value in exchange.call.parameters.pairs]
    return keys


def _any_fits(values: list[str], glob: str) -> bool:
    """Whether one of the values of a parameter matches. A parameter that was not sent is as good as empty."""
    return any(_fits(value, glob) for value in values or ("",))
