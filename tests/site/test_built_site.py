"""Every link of the built site leads somewhere, and nothing on it comes from another host."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pages import SITE, Page

from docs.site.navigation import existing

OWN = re.compile(r"(?!https?:|mailto:|//)")


def _target(page: Path, link: str) -> tuple[Path, str]:
    parts = urlsplit(link)
    path = (SITE / page).parent / unquote(parts.path) if parts.path else SITE / page
    return Path(path).resolve(), unquote(parts.fragment)


def test_every_link_and_anchor_exists(pages: dict[Path, Page]) -> None:
    broken = []
    for page, content in pages.items():
        for link in filter(OWN.match, content.links):
            path, anchor = _target(page, link)
            other = pages.get(path.relative_to(SITE)) if path.is_relative_to(SITE) else None
            if not path.is_file() or (anchor and (other is None or anchor not in other.ids)):
                broken.append(f"{page}: {link}")
    assert broken == []


def test_every_page_is_built_and_in_the_navigation_of_the_front_page(pages: dict[Path, Page]) -> None:
    named = [page for found in existing(SITE).values() for page in found]
    assert len(named) > 30
    assert [page for page in named if f"{page}.html" not in pages[Path("index.html")].links] == []


def test_no_page_loads_anything_from_another_host(pages: dict[Path, Page]) -> None:
    foreign = {part for content in pages.values() for part in content.parts if not OWN.match(part)}
    assert foreign == set()
    for path in SITE.rglob("*.css"):
        assert not re.search(r"@import|url\(\s*['\"]?(?:https?:)?//", path.read_text("utf-8")), path


def test_every_part_of_a_page_exists(pages: dict[Path, Page]) -> None:
    for page, content in pages.items():
        for part in content.parts:
            assert part.startswith("data:") or _target(page, part)[0].is_file(), f"{page}: {part}"


def test_the_page_of_the_inspector_shows_it(pages: dict[Path, Page]) -> None:
    pictures = [part for part in pages[Path("docs/inspector.html")].parts if part.endswith(".png")]
    assert len(pictures) >= 2


def test_no_file_names_the_folder_where_it_was_built() -> None:
    root = str(SITE.parents[1]).encode()
    assert [path for path in SITE.rglob("*") if path.is_file() and root in path.read_bytes()] == []


def test_the_links_for_models_lead_to_markdown() -> None:
    links = re.findall(r"^- \[.+?\]\((.+?)\): .", (SITE / "llms.txt").read_text("utf-8"), re.MULTILINE)
    assert len(links) > 30
    assert [link for link in links if not (SITE / link).read_text("utf-8").startswith("# ")] == []
    for page in SITE.rglob("*.md"):
        pictures = re.findall(r"!\[.*?\]\((?!https?:)(.+?)\)", page.read_text("utf-8"))
        assert [one for one in pictures if not (page.parent / one).is_file()] == [], page
    assert (SITE / "llms-full.txt").stat().st_size > 200_000
