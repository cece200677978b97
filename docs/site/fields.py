"""Fields, attributes and keyword arguments as Markdown."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from docs.site.docstrings import Places
from docs.site.names import Entry
from docs.site.signatures import see, text_of


def fields(entry: Entry, known: Places) -> list[str]:
    """Return the fields of a class and their types. Those of a class that users make are in its signature."""
    thing = entry.thing
    if entry.made or not inspect.isclass(thing):
        return []
    if dataclasses.is_dataclass(thing):
        rows = [(one.name, text_of(one.type)) for one in dataclasses.fields(thing)]
    elif hasattr(thing, "_fields"):
        rows = [(name, text_of(thing.__annotations__[name])) for name in thing._fields]
    else:
        slots = [name for name in getattr(thing, "__slots__", ()) if name[0] != "_" and name not in entry.internal]
        return [f"Attributes: {', '.join(f'`{name}`' for name in slots)}"] if slots else []
    return [_table("field", rows), *see([text for _, text in rows], thing.__module__, known)]


def keywords(thing: Any) -> list[str]:
    """Return keyword arguments and their types. Parameters of Twilio's, which are many, are in one paragraph."""
    types = {name: text_of(annotation) for name, annotation in thing.__annotations__.items()}
    parts = [_table("keyword", [(name, text) for name, text in types.items() if name.islower()])]
    theirs = [name for name in types if not name.islower()]
    if theirs:
        shown = ", ".join(f"`{name}`" for name in theirs)
        parts.append(f"Parameters of Twilio's, each of type `{types[theirs[0]]}`: {shown}.")
    return parts


def _table(head: str, rows: list[tuple[str, str]]) -> str:
    cells = [" | ".join("`" + cell.replace("|", r"\|") + "`" for cell in row) for row in rows]
    return "\n".join([f"| {head} | type |", "|---|---|", *(f"| {row} |" for row in cells)])
