"""What holds for all examples."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from helpers.paths import ROOT

EXAMPLES = ROOT / "examples"
APPLICATIONS = sorted(file.parent for file in EXAMPLES.rglob("__init__.py"))


@pytest.mark.parametrize("folder", APPLICATIONS, ids=lambda folder: folder.name)
def test_an_application_does_not_mention_the_emulator(folder: Path) -> None:
    for file in sorted({*folder.rglob("*.py")} - {*folder.rglob("test*.py")}):
        assert not re.search(r"notify.?mock|emulator", file.read_text(), re.IGNORECASE), file


def test_the_page_links_to_every_example() -> None:
    page = (ROOT / "docs" / "examples.md").read_text()
    folders = [path.name for path in EXAMPLES.iterdir() if path.is_dir() and not path.name.startswith(("_", "."))]
    assert [name for name in folders if f"](../examples/{name})" not in page] == []
