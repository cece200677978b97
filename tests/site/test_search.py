"""The search of the site, in chromium, from files: without a server and without a network."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from pages import SITE

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: use make site")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def page(browser: Any) -> Iterator[Any]:
    """A page that may only load files."""
    context = browser.new_context(viewport=PHONE)
    opened, asked = context.new_page(), []
    opened.on("request", lambda request: asked.append(request.url))
    yield opened
    context.close()
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


@pytest.mark.parametrize(
    ("words", "title"),
    [
        ("Journal.expect", "Journal.expect"),
        ("Retry-After", "Fault injection"),
        ("notify_mock_factory", "pytest plugin"),
        ("52131", "Error codes"),
    ],
)
def test_the_search_finds_a_page_without_a_server(page: Any, words: str, title: str) -> None:
    page.goto(f"{(SITE / 'search.html').as_uri()}?q={words}")
    found = page.locator("#search-results li", has_text=title).first
    found.wait_for(timeout=20_000)
    found.locator("a").first.click()
    page.wait_for_selector("article h1")


@pytest.mark.parametrize("name", ["index", "docs/options", "docs/fidelity", "docs/reference/control-api"])
def test_a_page_is_no_wider_than_a_phone(page: Any, name: str) -> None:
    page.goto((SITE / f"{name}.html").as_uri())
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
