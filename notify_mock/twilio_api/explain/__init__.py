"""What a code of Twilio's error dictionary means, how to mend it, and how to get it from the emulator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import zip_longest
from typing import Any, NamedTuple

from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.catalog import FAULT_ERRORS
from notify_mock.twilio_api.error_dictionary import ENTRIES, Entry
from notify_mock.twilio_api.errors import ERRORS, Evidence
from notify_mock.twilio_api.explain.api_errors import API_ENTRIES
from notify_mock.twilio_api.explain.arrangements import arrangements_for

_FIELD = re.compile(r"\{(\w+)\}")
_MAX_DIGITS = 10


class Message(NamedTuple):
    """A response with the code: its HTTP status and text, and the evidence for them. ``<name>`` stands for a value."""

    status: int
    text: str
    evidence: Evidence
    source: str


class Explanation(NamedTuple):
    """A code with its ``entry`` in the dictionary, the ``messages`` of responses with the code, and the
    ``arrangements``: what produces it here, with Python in backticks."""

    entry: Entry
    messages: tuple[Message, ...]
    arrangements: tuple[str, ...]

    def describe(self) -> dict[str, Any]:
        """Return the explanation as JSON data."""
        own = self.entry._asdict()
        return {**own, "messages": [one._asdict() for one in self.messages], "arrangements": list(self.arrangements)}

    def summary(self) -> str:
        """Return title, remedy and evidence on one line."""
        entry = self.entry
        return f"{entry.code} {entry.title}: {entry.remedy} ({entry.evidence}: {entry.source})"

    def __str__(self) -> str:
        entry = self.entry
        level = f", {entry.level} in Twilio's Debugger" if entry.level else ""
        lines = [f"{entry.code} {entry.title}", f"  cause: {entry.cause}", f"  remedy: {entry.remedy}"]
        lines += [f"  evidence: {entry.evidence} ({entry.source}){level}"]
        lines += [f"  response: {one.status} {one.text} ({one.evidence}: {one.source})" for one in self.messages]
        lines += [f"  here: {one}" for one in self.arrangements]
        return "\n".join(lines)


@cache
def explanations() -> Mapping[int, Explanation]:
    """Return the explanation of every known code, in the order of codes."""
    entries = {**API_ENTRIES, **ENTRIES}
    return {code: Explanation(entries[code], _messages(code), arrangements_for(code)) for code in sorted(entries)}


def explain(code: int | str) -> Explanation:
    """Return the explanation of a code. Raises ``UsageError`` with the nearest codes if it is not known."""
    known, text = explanations(), str(code).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < _MAX_DIGITS else 0
    if not number:
        raise UsageError(shown(code), "is not a known error code", "expected a number, such as 52131")
    if number not in known:
        of_status = 20000 + number
        near = sorted(known, key=lambda one: (one != of_status, _differences(text, str(one)), abs(one - number)))[:3]
        named = ", ".join(f"{one} {known[one].entry.title}" for one in near)
        raise UsageError(text, "is not a known error code", f"the nearest are: {named}")
    return known[number]


def _differences(code: str, other: str) -> int:
    """Return in how many digits two codes differ."""
    return sum(one != two for one, two in zip_longest(code, other))


def summaries(codes: Iterable[int], most: int) -> list[str]:
    """Return one line for each distinct code that is known, for the last ``most`` of them in the order of ``codes``."""
    known = explanations()
    distinct = list(dict.fromkeys(code for code in reversed(list(codes)) if code in known))[:most]
    return [known[code].summary() for code in reversed(distinct)]


def _messages(code: int) -> tuple[Message, ...]:
    found = [error for error in (*ERRORS, *FAULT_ERRORS) if error.code == code]
    return tuple(Message(one.status, _FIELD.sub(r"<\1>", one.message), one.evidence, one.source) for one in found)
