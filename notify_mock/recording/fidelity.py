"""Comparing the emulator with recorded responses: how many headers, fields, orders and texts agree."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

from notify_mock.cassettes.interaction import Interaction, unpacked
from notify_mock.engine.routes import find_route
from notify_mock.push_keys.apn_pair import apn_pair
from notify_mock.recording.preconditions import MakePair, arrange, note, recorded_call
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.headers import phrase
from notify_mock.twilio_api.messages import Answer, Call
from notify_mock.twilio_api.products import resolve_endpoint

ASPECTS = ("status", "headers", "fields", "orders", "texts")

_MADE_ANEW = frozenset({"date", "twilio-request-id", "twilio-request-duration"})
_NOT_COMPARED = frozenset({"connection", "keep-alive", "transfer-encoding", "content-encoding"})
_SID = re.compile(r"([A-Z]{2})[0-9a-fA-F]{32}")
_MADE_UP = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32}(?![0-9A-Za-z])")
"""A generated id without a prefix, such as the default endpoint of a binding."""

_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

_KNOWN = re.compile(r"status|reason|headers|length|fields|order|text|(?:header|field) [\w.\[\]-]+")


class Comparison(NamedTuple):
    """The result for one call. ``counts`` maps each aspect to the number of agreeing and of compared items."""

    title: str
    where: str
    evidence: str
    counts: Mapping[str, tuple[int, int]]
    differences: tuple[str, ...]


class Check(NamedTuple):
    """One compared item. ``known_as`` is its name in ``provenance.known``."""

    aspect: str
    known_as: str
    what: str
    ours: object
    theirs: object


def compare_all(interactions: Iterable[Interaction]) -> list[Comparison]:
    """Compare each entry with the response of an emulator that holds the records the recorded response shows."""
    pair = cache(apn_pair)  # shared, because generating one is slow
    return [compare(interaction, pair) for interaction in interactions]


def compare(recorded: Interaction, pair: MakePair = apn_pair) -> Comparison:
    """Compare one entry. Raises ``UsageError`` if its ``provenance`` or ``given`` is not valid."""
    provenance = note(recorded, "provenance")
    known = _known(provenance, recorded.where)
    call = recorded_call(recorded, pair)
    engine, problems = arrange(recorded, call)
    answer = engine.handle(call)
    checks = [one for one in _checks(recorded, answer) if known is None or known & {one.known_as, one.what}]
    counts = {
        aspect: (
            sum(one.ours == one.theirs for one in checks if one.aspect == aspect),
            sum(one.aspect == aspect for one in checks),
        )
        for aspect in ASPECTS
    }
    differences = problems + tuple(
        f"{one.what} is {_short(one.ours)}, recorded {_short(one.theirs)}" for one in checks if one.ours != one.theirs
    )
    title = str(provenance.get("title") or f"{_name(call)} {recorded.status}")
    return Comparison(title, recorded.where, str(provenance.get("evidence", "recorded")), counts, differences)


def score(comparisons: Sequence[Comparison]) -> float:
    """Return the percentage of all compared items that agree; 100 if nothing was compared."""
    agreed, compared = (sum(one.counts[aspect][at] for one in comparisons for aspect in ASPECTS) for at in (0, 1))
    return 100.0 * agreed / compared if compared else 100.0


def table(comparisons: Sequence[Comparison]) -> str:
    """Return a Markdown table with a row for each call and a total."""
    rows = [f"| call | known | {' | '.join(ASPECTS)} |", "|---|---|" + "---|" * len(ASPECTS)]
    for one in comparisons:
        rows.append(f"| {one.title} | {one.evidence} | {' | '.join(_cell(one.counts[a]) for a in ASPECTS)} |")
    total = [_cell(tuple(sum(one.counts[a][at] for one in comparisons) for at in (0, 1))) for a in ASPECTS]
    rows.append(f"| all {len(comparisons)} | | {' | '.join(total)} |")
    return "\n".join(rows)


def _cell(count: tuple[int, ...]) -> str:
    return f"{count[0]} of {count[1]}" if count[1] else ""


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:120]}..."


def _known(provenance: Mapping[str, Any], where: str) -> set[str] | None:
    """Return the parts of the recording that are known; None for all."""
    given = provenance.get("known")
    if given is None:
        return None
    if not isinstance(given, list) or not all(isinstance(one, str) and _KNOWN.fullmatch(one) for one in given):
        raise UsageError(f"{where}.provenance.known", "is not valid", f"expected a list of: {_KNOWN.pattern}")
    return set(given)


def _name(call: Call) -> str:
    endpoint = resolve_endpoint(call.host, call.path)
    match = find_route(endpoint.api, endpoint.path)
    route = match.route(call.method) if match is not None else None
    return route.name if route is not None else f"{call.method} {endpoint.path}"


# --- what is compared ------------------------------------------------------------------------------------------------


def _checks(recorded: Interaction, answer: Answer) -> Iterator[Check]:
    yield Check("status", "status", "status", answer.status, recorded.status)
    ours, theirs = (_lines(headers) for headers in (answer.headers, recorded.headers))
    for name in dict.fromkeys((*theirs, *ours)):
        if name in _MADE_ANEW:
            yield Check("headers", "headers", f"header {name}", name in ours, name in theirs)
        elif name != "content-length":
            yield Check("headers", "headers", f"header {name}", ours.get(name), theirs.get(name))
    both = [name for name in theirs if name in ours]
    yield Check("orders", "headers", "order of headers", [name for name in ours if name in theirs], both)
    plain = unpacked(recorded.headers, recorded.body)
    length = theirs.get("content-length", [str(len(recorded.body))])
    yield Check("texts", "length", "length of the body", [str(len(answer.body))], length)
    if recorded.reason:
        yield Check("texts", "reason", "reason phrase", phrase(answer.status), recorded.reason)
    yield from _body(answer.body, plain)


def _lines(headers: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in headers:
        if name.lower() not in _NOT_COMPARED:
            found.setdefault(name.lower(), []).append(value)
    return found


def _body(answer: bytes, recorded: bytes) -> Iterator[Check]:
    ours, theirs = (_blurred(body.decode("utf-8", "replace")) for body in (answer, recorded))
    yield Check("texts", "text", "text of the body", ours, theirs)
    try:
        fields, wanted = (dict(_fields(json.loads(text or "null"))) for text in (ours, theirs))
    except (ValueError, RecursionError):
        return
    for name in dict.fromkeys((*wanted, *fields)):
        yield Check("fields", "fields", f"field {name}", fields.get(name, "missing"), wanted.get(name, "missing"))
    if wanted:
        yield Check("orders", "order", "order of fields", list(fields), list(wanted))


def _blurred(text: str) -> str:
    """Replace SIDs, ids and dates, which differ between responses, with placeholders."""
    return _MADE_UP.sub("<id>", _DATE.sub("<date>", _SID.sub(r"\1<sid>", text)))


def _fields(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Yield the leaves of JSON with their paths, in order. Empty lists and objects are leaves."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _fields(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            yield from _fields(inner, f"{name}[{number}]")
    elif name:
        yield name, value
