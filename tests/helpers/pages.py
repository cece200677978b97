"""The fenced blocks of all pages of the documentation, and what their marks say."""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from textwrap import dedent

from helpers.paths import ROOT

SHELLS = ("sh", "bash", "console")
BUILT = {"build", "dist", "mutants", "node_modules", "venv"}
CODE = (".css", ".html", ".js", ".jsx", ".mjs", ".py", ".ts", ".tsx", ".vue")
FENCE = re.compile(
    r"^(?P<indent> *)(?P<fence>`{3,}|~{3,})[ \t]*(?P<language>\w*).*?\n(?P<text>.*?)^ *(?P=fence)[ \t]*$", re.S | re.M
)
MARK = re.compile(r"<!-- (not run|run by): ([^>]+?) -->\s*\Z")
REMEDY = (
    "Mend the block, or write why it is not run, on the line before it: <!-- not run: REASON -->. If a test of its own "
    "runs it: <!-- run by: tests/FILE.py -->. See 'The documentation' in docs/testing.md."
)


@dataclass(frozen=True)
class Block:
    """One fenced block. ``not_run`` and ``run_by`` are what its mark says, or empty."""

    page: str
    line: int
    language: str
    text: str
    not_run: str = ""
    run_by: str = ""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def name(self) -> str:
        """A name for a file or module."""
        return re.sub(r"\W", "_", f"{self.page.removesuffix('.md')}_{self.line}")

    @property
    def is_run(self) -> bool:
        """Whether the tests of its language run it: it has no mark, and is not an excerpt of an example."""
        is_excerpt = self.language not in SHELLS and self.text in _examples()
        return not (self.not_run or self.run_by or is_excerpt)


def _files(top: Path, suffixes: Collection[str]) -> list[Path]:
    """Return the files of the repository below a folder, without those that are built or installed."""
    found = []
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in BUILT and not name.startswith(".")]
        found += [path for name in names if (path := Path(folder, name)).suffix in suffixes]
    return sorted(found)


@cache
def _examples() -> str:
    """The code of the examples, which their own tests run."""
    return "\0".join(path.read_text() for path in _files(ROOT / "examples", CODE))


def read(page: str, text: str) -> list[Block]:
    """Return the blocks in the text of a page."""
    blocks = []
    for found in FENCE.finditer(text):
        mark = MARK.search(text[max(0, found.start() - 300) : found.start()])
        kind, reason = mark.groups() if mark else ("", "")
        code = dedent(found["text"]) if found["indent"] else found["text"]
        blocks.append(
            Block(
                page,
                line=text.count("\n", 0, found.start()) + 1,
                language=found["language"],
                text=code,
                not_run=reason if kind == "not run" else "",
                run_by=reason if kind == "run by" else "",
            )
        )
    return blocks


PAGES = {path.relative_to(ROOT).as_posix(): path.read_text() for path in _files(ROOT, {".md"})}
BLOCKS = [block for page, text in PAGES.items() for block in read(page, text)]


def blocks(page: str, language: str) -> list[str]:
    """Return the texts of a page's blocks in one language."""
    return [block.text for block in BLOCKS if (block.page, block.language) == (page, language)]
