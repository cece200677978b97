"""The built site: ``make site`` builds it in ``build/site``, and then runs these tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from pages import SITE, Page, read


@pytest.fixture(scope="session")
def pages() -> dict[Path, Page]:
    found = {path.relative_to(SITE): read(path) for path in SITE.rglob("*.html")}
    assert found, "the site is not built: run make site"
    return found
