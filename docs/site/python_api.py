"""The reference of the Python names, from signatures and docstrings, as Markdown."""

from __future__ import annotations

import inspect
import re
from typing import Any, is_typeddict

from docs.site.docstrings import Places, linked, markdown
from docs.site.fields import fields, keywords
from docs.site.names import ALIASES, PAGES, Entry
from docs.site.signatures import see, signature, typed
from docs.site.types_page import types_page


def python_pages() -> dict[str, str]:
    """Return the pages by name."""
    return {**{page: _page(page) for page in PAGES}, "types": types_page(places("types"))}


def places(page: str) -> dict[str, str]:
    """Return the link from ``page`` to every name that the reference describes, such as ``Journal.calls``."""
    homes = [(name, "types") for name in ALIASES]
    for other, (_, _, entries) in PAGES.items():
        for entry in entries:
            homes.append((entry.name, other))
            homes += [(f"{entry.name}.{member}", other) for group in entry.groups().values() for member in group]
    return {name: f"{'' if home == page else home + '.md'}#{_slug(name)}" for name, home in homes}


def _slug(heading: str) -> str:
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _page(page: str) -> str:
    heading, introduction, entries = PAGES[page]
    known = places(page)
    parts = [f"# {heading}", linked(introduction, known)]
    for entry in entries:
        parts += describe(entry, known)
    return "\n\n".join(parts) + "\n"


def describe(entry: Entry, known: Places) -> list[str]:
    """Return the paragraphs about one name and its members. Raises ``ValueError`` if one has no docstring."""
    thing, name = entry.thing, entry.name
    parts = [f"## {name}"]
    if entry.made or inspect.isfunction(thing):
        parts += signature("", name, thing, known)
    parts.append(markdown(thing, known, name))
    parts += keywords(thing) if is_typeddict(thing) else fields(entry, known)
    for group, members in entry.groups().items():
        parts += [f"**{group}**"] if group else []
        for member in members:
            parts += _member(name, member, inspect.getattr_static(thing, member), known)
    return parts


def _member(owner: str, name: str, member: Any, known: Places) -> list[str]:
    full = f"{owner}.{name}"
    wrapped = (getattr(member, attribute, None) for attribute in ("fget", "func", "__func__"))
    function = next(filter(None, wrapped), member)
    if function is member or isinstance(member, (classmethod, staticmethod)):
        shown = signature("def ", name, function, known)
    else:
        annotation = function.__annotations__["return"]
        shown = [typed(name, annotation), *see([annotation], function.__module__, known)]
    return [f"### {full}", *shown, markdown(function, known, full)]
