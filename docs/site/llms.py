"""The pages for language models: ``llms.txt`` lists them, ``llms-full.txt`` contains them (https://llmstxt.org).

The pages are Markdown already. An extension of Sphinx would have to turn them back from its own tree.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from docs.site.navigation import FRONT, OPTIONAL, existing, summary, title


def write_llms(source: Path, target: Path) -> None:
    """Write both, and the Markdown of every page beside its HTML, with its pictures."""
    shutil.copytree(source / "docs" / "screenshots", target / "docs" / "screenshots")
    for path in source.rglob("*.md"):
        shutil.copyfile(path, target / path.relative_to(source))
    (target / "llms.txt").write_text(index(source), "utf-8")
    (target / "llms-full.txt").write_text(everything(source), "utf-8")


def index(source: Path) -> str:
    """Return the list of pages: title, link to the Markdown, and summary."""
    front = (source / f"{FRONT}.md").read_text("utf-8")
    lines = [f"# {title(front)}", "", f"> {summary(front)}"]
    for heading, pages in existing(source).items():
        lines += ["", f"## {'Optional' if heading == OPTIONAL else heading}", ""]
        for page in pages:
            text = (source / f"{page}.md").read_text("utf-8")
            lines.append(f"- [{title(text)}]({page}.md): {summary(text)}")
    return "\n".join(lines) + "\n"


def everything(source: Path) -> str:
    """Return all pages after one another, except those about the project itself."""
    pages = [FRONT, *(page for heading, found in existing(source).items() if heading != OPTIONAL for page in found)]
    return (
        "\n\n".join(f"<!-- {page}.md -->\n\n{(source / f'{page}.md').read_text('utf-8').strip()}" for page in pages)
        + "\n"
    )
