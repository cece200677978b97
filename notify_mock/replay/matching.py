"""Matching calls with recorded requests: the fields that are compared, and the differences."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any, NamedTuple

from notify_mock.redaction.pseudonyms import Pseudonyms, basic
from notify_mock.redaction.redact import Taints, redact_pairs
from notify_mock.replay.origins import HERE, origin
from notify_mock.support.renamed import warn_renamed
from notify_mock.support.usage import UsageError, nearest, shown
from notify_mock.twilio_api.masking import show_pairs, show_text
from notify_mock.twilio_api.messages import Call, Params
from notify_mock.twilio_api.products import Endpoint, resolve_endpoint

FIELDS = ("method", "api", "path", "query", "form", "account", "region", "host", "scheme", "body")
DEFAULT = ("method", "api", "path", "query", "form")

Key = tuple[Hashable, ...]


class Difference(NamedTuple):
    """A ``field`` in which a call differs from a recorded request, with secrets as pseudonyms."""

    field: str
    asked: str
    recorded: str

    def __str__(self) -> str:
        return f"{self.field} is {self.asked}, recorded {self.recorded}"


class Matcher:
    """Compares ``fields``, except the parameters in ``ignore``. Raises ``UsageError`` for an unknown field.

    Parameters may come in any order, but repeated names count. Secrets are compared by their pseudonyms, and URLs of
    the requested API as if both requests had been sent to the same address.
    """

    def __init__(self, pseudonyms: Pseudonyms, fields: Sequence[str] = DEFAULT, ignore: Sequence[str] = ()) -> None:
        if isinstance(fields, str) or not fields:
            wrong = f"expected a list of one or more fields, got {shown(fields)}"
            raise UsageError("match_on", wrong, f"use any of: {', '.join(FIELDS)}")
        if "door" in fields:
            warn_renamed("door", "api", "match_on: ")
            fields = ["api" if field == "door" else field for field in fields]
        for field in fields:
            if field not in FIELDS:
                raise UsageError("match_on", f"unknown field {shown(field)}", nearest(str(field), FIELDS))
        if isinstance(ignore, str) or not all(isinstance(name, str) for name in ignore):
            wrong = f"expected a list of parameter names, got {shown(ignore)}"
            raise UsageError("ignore", wrong, 'write it like ["Secret"]')
        self.fields, self._ignore, self._pseudonyms = tuple(fields), frozenset(ignore), pseudonyms

    def key(self, call: Call) -> Key:
        """Return the key of a call; calls with equal keys match."""
        endpoint = resolve_endpoint(call.host, call.path)
        return tuple([self._part(field, call, endpoint) for field in self.fields])

    def differences(self, asked: Key, recorded: Key) -> list[Difference]:
        """Return the fields in which the keys of two calls differ, with a separate entry for each parameter."""
        found: list[Difference] = []
        for field, ours, theirs in zip(self.fields, asked, recorded, strict=True):
            if ours == theirs:
                continue
            if field in ("query", "form"):
                found += _by_name(field, ours, theirs)  # type: ignore[arg-type]
            else:
                found.append(Difference(field, _shown(ours), _shown(theirs)))
        return found

    def _part(self, field: str, call: Call, endpoint: Endpoint) -> Hashable:
        if field == "method":
            return call.method
        if field == "api":
            return endpoint.api
        if field == "path":
            return self._pseudonyms.sids(endpoint.path)
        if field == "query":
            return self._pairs(call, call.query) if call.query.pairs else ()
        if field == "form":
            return self._pairs(call, call.form) if call.form.pairs else ()
        if field == "account":
            authorization = call.headers.get("authorization", "")
            return self._pseudonyms.user(basic(authorization)[0] or authorization)
        if field == "body":
            return self._pseudonyms.secret(call.body.decode("utf-8", "replace"))
        return {"region": endpoint.region, "host": call.host, "scheme": call.scheme}[field]

    def _pairs(self, call: Call, params: Params) -> Hashable:
        pairs = redact_pairs(params.pairs, self._pseudonyms, Taints())
        if any("://" in value for _, value in pairs):
            here = origin(call.scheme, call.host, call.path)
            pairs = tuple((name, value.replace(here, HERE)) for name, value in pairs)
        if self._ignore:
            pairs = tuple(pair for pair in pairs if pair[0] not in self._ignore)
        return tuple(sorted(pairs))


def _by_name(field: str, asked: Sequence[tuple[str, str]], kept: Sequence[tuple[str, str]]) -> list[Difference]:
    found = []
    for name in dict.fromkeys(name for name, _ in (*asked, *kept)):
        ours, theirs = ([value for given, value in pairs if given == name] for pairs in (asked, kept))
        if ours != theirs:
            label = show_pairs([(name, "x")]).partition("=")[0]
            found.append(Difference(f"{field} {label}", _values(ours), _values(theirs)))
    return found


def _values(values: Sequence[str]) -> str:
    return " and ".join(repr(show_text(value)) for value in values) or "missing"


def _shown(value: Any) -> str:
    return repr(show_text(str(value)))
