"""A real browser: Debian's chromium, driven by playwright. Run by ``make browser``."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests
from story import make_emulator, tell

from notify_mock import Emulator

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
SIZES = {"wide": (1440, 900), "phone": (390, 844)}
TIMEOUT = 10_000
"""Milliseconds that an expectation waits at most."""

REFUSED = re.compile(r"Failed to load resource: .* 400 \(BAD REQUEST\)")
"""What chromium logs when the control API refuses what a user entered. Nothing else may be logged."""

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def imported() -> None:
    """Import what requests import in their threads: CPython 3.11 fails if pytest compiles modules in two at once."""
    with Emulator() as emulator:
        emulator.client().notify.v1.credentials.list()
        for path in ("about", "scenarios", "errors", "openapi.json", "export", "journal/1", "callbacks"):
            requests.get(f"{emulator.url}/_mock/{path}", timeout=30).raise_for_status()


@pytest.fixture(scope="session")
def browser(imported: None) -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed: apt-get install chromium")
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: use make browser")
    sync_api.expect.set_options(timeout=TIMEOUT)
    options = ["--no-sandbox", "--host-resolver-rules=MAP evil.test 127.0.0.1, MAP rebound.test 127.0.0.1"]
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield browser
        browser.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """Return a function that opens a URL. At the end, no page may have shown a dialog or logged an error."""
    contexts, wrong = [], []

    def note(message: Any) -> None:
        if message.type in ("error", "warning") and not REFUSED.search(message.text):
            wrong.append(message.text)

    def watch(page: Any) -> None:
        page.on("console", note)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def open_url(url: str, size: str = "wide", *, checked: bool = True, **options: Any) -> Any:
        width, height = SIZES[size]
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        context.set_default_timeout(TIMEOUT)
        contexts.append(context)
        page = context.new_page()
        if checked:
            watch(page)
        page.goto(url)
        return page

    yield open_url
    for context in contexts:
        context.close()
    assert wrong == []


def wait_until_live(page: Any) -> None:
    page.locator("#top .dot.ok").wait_for()


@pytest.fixture
def told() -> Iterator[Emulator]:
    """A served emulator with a history."""
    with make_emulator() as emulator:
        tell(emulator)
        yield emulator


@pytest.fixture
def show(told: Emulator, open_page: Open) -> Open:
    """Return a function that opens a view of the emulator with the history, and waits until it is live."""

    def show_view(view: str = "calls", size: str = "wide", **options: Any) -> Any:
        page = open_page(f"{told.url}/_mock/#/{view}", size, **options)
        wait_until_live(page)
        return page

    return show_view


@pytest.fixture
def empty(served: Emulator, open_page: Open) -> Any:
    """The inspector of an emulator without a history."""
    page = open_page(f"{served.url}/_mock/")
    wait_until_live(page)
    return page
