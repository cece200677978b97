"""The pages of the site, in the order of its navigation, and their titles and summaries."""

from __future__ import annotations

import re
from pathlib import Path

NAVIGATION: dict[str, tuple[str, ...]] = {
    "Start": ("docs/quick-start", "docs/tutorial", "docs/examples"),
    "How-to guides": (
        "docs/write-a-test",
        "docs/run-a-server",
        "docs/inspector",
        "docs/wrap-a-command",
        "docs/notifications",
        "docs/faults",
        "docs/cassettes",
        "docs/cassette-secrets",
        "docs/check-a-credential",
        "docs/ci",
        "docs/state",
        "docs/share-state",
        "docs/mcp",
        "docs/migrate",
    ),
    "Reference": (
        "docs/options",
        "docs/errors",
        "docs/control-api",
        "docs/reference/emulator",
        "docs/reference/journal",
        "docs/reference/deliveries",
        "docs/reference/records",
        "docs/reference/faults",
        "docs/reference/recordings",
        "docs/reference/credentials",
        "docs/reference/types",
        "docs/reference/pytest",
        "docs/reference/command-line",
        "docs/reference/control-api",
        "docs/glossary",
    ),
    "Explanation": ("docs/fidelity", "docs/clients", "docs/security", "docs/versions", "fixtures/README"),
    "The project": (
        "CONTRIBUTING",
        "docs/design",
        "docs/testing",
        "benchmarks/README",
        "CHANGELOG",
        "SECURITY",
    ),
}
"""The pages below each heading, without ``.md``. One that does not exist is left out."""

FRONT = "index"
"""The front page, which is the README."""

OPTIONAL = "The project"
"""What readers in a hurry can skip: https://llmstxt.org calls it so."""


def existing(folder: Path) -> dict[str, list[str]]:
    """Return the pages that there are in ``folder``, by heading."""
    return {
        heading: [page for page in pages if (folder / f"{page}.md").exists()] for heading, pages in NAVIGATION.items()
    }


def title(text: str) -> str:
    """Return the first heading of a page, without its markup."""
    return _found(r"^# (.+)$", text).replace("`", "")


def summary(text: str) -> str:
    """Return the first sentence of a page, without links. Headings, comments and code before it are skipped."""
    paragraph = _found(
        r"\A# .+\n(?:\n|#.*\n|<!--.*\n| {4}.*\n|```(?s:.*?)\n```\n)*((?:\w|`(?!``)|\[).*(?:\n.+)*)", text
    )
    plain = " ".join(re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", paragraph).split())
    return re.split(r"(?<=[.:]) (?=[A-Z`])", plain)[0].removesuffix(":")


def _found(pattern: str, text: str) -> str:
    found = re.search(pattern, text, re.MULTILINE)
    if found is None:
        raise ValueError(f"expected a page that begins with a title and a sentence, got {text[:60]!r}")
    return found[1]
