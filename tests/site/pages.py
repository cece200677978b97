"""HTML pages, as far as links matter."""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

SITE = Path(__file__).parents[2] / "build" / "site"


@dataclass
class Page:
    """The ``ids`` of a page, its ``links``, and the ``parts`` that a browser loads for it."""

    ids: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    parts: list[str] = field(default_factory=list)


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.page = Page()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.page.ids |= {given["id"] or ""} if "id" in given else set()
        if tag == "a" and given.get("href"):
            self.page.links.append(given["href"] or "")
        loads = given.get("src") or (given.get("href") if tag == "link" else None)
        self.page.parts += [loads] if loads else []


def read(path: Path) -> Page:
    """Return what is in a file."""
    parser = _Parser()
    parser.feed(path.read_text("utf-8"))
    return parser.page
