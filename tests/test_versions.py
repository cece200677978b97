"""The version, and the promise which names it is about."""

from __future__ import annotations

import re
from datetime import date

import pytest
from helpers.paths import ROOT

from notify_mock import __version__

PAGE = (ROOT / "docs" / "versions.md").read_text()
PUBLIC = PAGE.partition("## What is public")[2].partition("## What is not")[0]


def test_the_newest_entry_of_the_changelog_has_the_version_and_a_date() -> None:
    """Changes since a release are under "Unreleased". Before the first entry with a version, there are only those."""
    headings = re.findall(r"^## \[(.+?)\](?: - (.+))?$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    released = [(version, day) for version, day in headings if version != "Unreleased"]
    assert all(version != "Unreleased" for version, _ in headings[1:]), "Unreleased must be first"
    assert all(date.fromisoformat(day) for _, day in released)
    assert not released or released[0][0] == __version__


def test_the_page_names_every_public_fixture_and_marker(request: pytest.FixtureRequest) -> None:
    plugin = request.config.pluginmanager.get_plugin("notify_mock.pytest_plugin")
    fixtures = {name for name in vars(plugin) if name.startswith("notify_mock")}
    markers = {line.partition("(")[0] for line in request.config.getini("markers") if line.startswith("notify_")}
    (row,) = re.findall(r"^\| the pytest plugin.*", PUBLIC, re.MULTILINE)
    named = set(re.findall(r"`(\w+)`", row))
    assert named == fixtures | {re.split(r"[:(]", name)[0] for name in markers}
