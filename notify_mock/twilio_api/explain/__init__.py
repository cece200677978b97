"""What a code of Twilio's error dictionary means, how to mend it, and how to get it from the emulator."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import cache
from typing import Any, NamedTuple

from notify_mock.support.usage import UsageError, shown
from notify_mock.twilio_api.catalog import FAULT_ERRORS
from notify_mock.twilio_api.error_dictionary import ENTRIES, Entry
from notify_mock.twilio_api.errors import ERRORS, Evidence
from notify_mock.twilio_api.explain.api_errors import API_ENTRIES
from notify_mock.twilio_api.explain.arrangements import arrangements_for

_FIELD = re.compile(r"\{(\w+)\}")
_MAX_DIGITS = 10
_MAX_NAMED = 3

_ALIKE = 0.7
"""How similar a code and a misspelling of it are at least, from 0 to 1."""


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
    """Return the explanation of a code. Raises ``UsageError`` with the nearest codes, if any, if it is not known."""
    known, text = explanations(), str(code).strip()
    number = int(text) if text.isascii() and text.isdigit() and len(text) < _MAX_DIGITS else 0
    if not number:
        raise UsageError(shown(code), "is not a known error code", "expected a number, such as 52131")
    if number not in known:
        raise UsageError(text, "is not a known error code", _remedy(text, number))
    return known[number]


def _remedy(text: str, number: int) -> str:
    """Return which codes are near: those of an HTTP status, otherwise those that are written almost alike."""
    known = explanations()
    near = _of_status(number) or _alike(text, number)
    named = ", ".join(f"{one} {known[one].entry.title}" for one in near[:_MAX_NAMED])
    return f"the nearest: {named}" if near else "none is near; `notify-mock explain` lists all codes"


def _of_status(status: int) -> list[int]:
    """Return the codes of responses with this HTTP status, first the one that is named after it (20503)."""
    known = explanations()
    found = [code for code, one in known.items() if any(message.status == status for message in one.messages)]
    return sorted(found, key=lambda code: (code != 20000 + status, code))


def _alike(text: str, number: int) -> list[int]:
    """Return the codes that are written almost like this one, first those that begin like it."""
    alike = {code: SequenceMatcher(None, text, str(code)).ratio() for code in explanations()}
    near = [code for code, ratio in alike.items() if ratio > _ALIKE]
    return sorted(near, key=lambda code: (not str(code).startswith(text), -alike[code], abs(code - number)))


def summaries(codes: Iterable[int], most: int) -> list[str]:
    """Return one line for each distinct code that is known, for the last ``most`` of them in the order of ``codes``."""
    known = explanations()
    distinct = list(dict.fromkeys(code for code in reversed(list(codes)) if code in known))[:most]
    return [known[code].summary() for code in reversed(distinct)]


def _messages(code: int) -> tuple[Message, ...]:
    found = [error for error in (*ERRORS, *FAULT_ERRORS) if error.code == code]
    return tuple(Message(one.status, _FIELD.sub(r"<\1>", one.message), one.evidence, one.source) for one in found)
