"""The inspector in a browser: how soon it is painted, how much it loads, and what it keeps of many events."""

from __future__ import annotations

import shutil
from statistics import median
from typing import Any

from benchmarks.table import Row, skipped
from notify_mock import Emulator

_ROUNDS = 9
_KEPT = 20_000
_EVENTS = 2 * _KEPT
"""As many calls as the page keeps, and twice as many events."""

_PAINT_MS, _KB, _HEAP_MB, _FRAME_MS = 300, 120, 60, 20
_PAINT = "first paint of the inspector after the request"
_WEIGHT = "the inspector as it is opened, uncompressed"
_HEAP = f"heap of the tab after {_EVENTS:,} events, and the median frame while 10,000 rows scroll"

_FIRST_PAINT = "() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_SHOWS = "(least) => Number(document.querySelector('.bar .muted').textContent) >= least"
"""A page that was too slow for the events reads the journal again, which keeps less of large responses."""

_SCROLL = """async () => {
    const rows = document.querySelector('.rows'), frames = [];
    rows.scrollTop = 0;
    let last = await new Promise(requestAnimationFrame);
    for (let step = 0; step < 120; step += 1) {
        rows.scrollTop += 2600;
        const now = await new Promise(requestAnimationFrame);
        frames.push(now - last);
        last = now;
    }
    return frames.sort((one, other) => one - other)[60];
}"""


def inspector() -> list[Row]:
    """Open the page in chromium."""
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return [
            skipped(what, "", "needs playwright: run it in .browser, see make browser")
            for what in (_PAINT, _WEIGHT, _HEAP)
        ]
    chromium = shutil.which("chromium")
    if chromium is None:
        return [skipped(what, "", "needs chromium") for what in (_PAINT, _WEIGHT, _HEAP)]
    with Emulator(journal_limit=_KEPT) as emulator, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--enable-precise-memory-info"]
        )
        rows = [_paint(browser, emulator), _weight(browser, emulator), _heap(browser, emulator)]
        browser.close()
    return rows


def _open(browser: Any, emulator: Emulator) -> Any:
    page = browser.new_page()
    page.goto(f"{emulator.url}/_mock/")
    page.locator("#top .dot.ok").wait_for()
    return page


def _paint(browser: Any, emulator: Emulator) -> Row:
    times = []
    for _ in range(_ROUNDS):
        page = _open(browser, emulator)
        times.append(page.wait_for_function(_FIRST_PAINT).json_value())
        page.context.close()
    found = median(times)
    return Row(
        _PAINT,
        f"{found:.0f} ms",
        f"at most {_PAINT_MS} ms",
        found <= _PAINT_MS,
        f"{_ROUNDS} rounds, at most {max(times):.0f} ms",
    )


def _weight(browser: Any, emulator: Emulator) -> Row:
    page, sizes = browser.new_page(), []
    page.on("requestfinished", lambda request: sizes.append(request) if "/_mock/" in request.url else None)
    page.goto(f"{emulator.url}/_mock/")
    page.locator("#top .dot.ok").wait_for()
    files = [one for one in sizes if "/static/" in one.url or one.url.endswith("/_mock/")]
    total = sum(len(one.response().body()) for one in files) / 1024
    return Row(_WEIGHT, f"{total:.0f} KB", f"at most {_KB} KB", total <= _KB, f"{len(files)} files")


def _heap(browser: Any, emulator: Emulator) -> Row:
    page = _open(browser, emulator)
    credentials = emulator.client().notify.v1.credentials
    sid = credentials.create(type="fcm", secret="server-key").sid
    for _ in range(_EVENTS):
        credentials(sid).fetch()
    page.wait_for_function(_SHOWS, arg=min(len(emulator.journal), _KEPT), timeout=120_000)
    client = page.context.new_cdp_session(page)
    client.send("HeapProfiler.collectGarbage")
    heap = page.evaluate("() => performance.memory.usedJSHeapSize") / 2**20
    frame = page.evaluate(_SCROLL)
    met = heap <= _HEAP_MB and frame <= _FRAME_MS
    return Row(
        _HEAP,
        f"{heap:.0f} MB, {frame:.0f} ms",
        f"at most {_HEAP_MB} MB, {_FRAME_MS} ms",
        met,
        "the page keeps 20,000 calls",
    )
