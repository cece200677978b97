"""Docstrings as Markdown, with links between the names of the reference."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from textwrap import dedent
from typing import Any

Places = Mapping[str, str]
"""Where each name is described: the link to its heading."""


def markdown(thing: Any, places: Places, here: str = "") -> str:
    """Return the docstring of ``thing``, which must have one. ``here`` is the name that gets no link to itself.

    Raises ``ValueError`` for a thing without a docstring.
    """
    text = inspect.getdoc(thing)
    if not text:
        raise ValueError(f"{here or thing}: has no docstring")
    text = text.replace("``", "`")
    return linked(re.sub(r"^(.*)::\n\n((?: {4}.*\n?|\n)+)", _fence, text, flags=re.MULTILINE), places, here)


def _fence(block: re.Match[str]) -> str:
    before = f"{block[1]}:\n\n" if block[1] else ""
    return f"{before}```python\n{dedent(block[2]).strip()}\n```\n\n"


def linked(text: str, places: Places, here: str = "") -> str:
    """Return Markdown in which every code that is the name of something described is a link to it."""

    owner = here.partition(".")[0]

    def link(code: re.Match[str]) -> str:
        name = code[1].removesuffix("()")
        found = next((one for one in (f"{owner}.{name}", name) if one in places), here)
        return code[0] if found == here else f"[{code[0]}]({places[found]})"

    pieces = re.split(r"(^```.*?^```$)", text, flags=re.DOTALL | re.MULTILINE)
    return "".join(
        piece if piece.startswith("```") else re.sub(r"(?<!`)`([^`\n]+)`(?!`)", link, piece) for piece in pieces
    )


def escape(text: str) -> str:
    """Return plain text as Markdown in which no character is markup."""
    return re.sub(r"([*_<\[\]])", r"\\\1", text)
