"""Takes the pictures of the inspector for the documentation: the same ones every time.

Run by ``make screenshots``. Usage: screenshots.py [FOLDER]
"""

from __future__ import annotations

import shutil
import sys
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright
from story import make_emulator, tell

FOLDER = Path(__file__).parents[2] / "docs" / "screenshots"
SIZES = {1440: 900, 390: 844}
COLOURS = 128
"""Enough for the page, and a third of the size."""

PORT = 8010
PICTURES = (
    ("calls", 1440, "light", "calls/10"),
    ("calls", 1440, "dark", "calls/10"),
    ("calls", 390, "light", "calls"),
    ("deliveries", 1440, "light", "deliveries"),
    ("deliveries", 390, "dark", "deliveries"),
    ("faults", 1440, "light", "faults"),
)
"""Name, width, theme and view."""


def main(folder: Path) -> None:
    """Write the pictures, with a fixed seed, clock and port, so that they change only when the page does."""
    folder.mkdir(parents=True, exist_ok=True)
    with make_emulator(port=PORT) as emulator, sync_playwright() as playwright:
        tell(emulator)
        options = ["--no-sandbox", "--font-render-hinting=none", "--disable-lcd-text"]
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
        for name, width, theme, view in PICTURES:
            page = browser.new_page(viewport={"width": width, "height": SIZES[width]}, color_scheme=theme)
            page.goto(f"{emulator.url}/_mock/#/{view}")
            _settle(page)
            picture = Image.open(BytesIO(_shot(page)))
            picture.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE).save(
                folder / f"{name}-{width}-{theme}.png", optimize=True
            )
            page.close()
        browser.close()


def _shot(page: Page) -> bytes:
    """Return the picture once two in a row are the same."""
    last = b""
    while (taken := page.screenshot(animations="disabled")) != last:
        last = taken
        page.evaluate("() => new Promise((done) => setTimeout(done, 200))")
    return taken


def _settle(page: Page) -> None:
    page.locator("#top .dot.ok").wait_for()
    page.locator(".row, .phone, .card").first.wait_for()
    page.evaluate("() => document.fonts.ready")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if sys.argv[1:] else FOLDER)
