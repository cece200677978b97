"""Live, with many rows, by keyboard alone, on a phone, and for readers of screens."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from notify_mock import Emulator

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: use make browser")
from playwright.sync_api import expect

VIEWS = ("calls", "calls/14", "deliveries", "records/bindings", "records/credentials/new", "faults", "clock", "connect")
AXE = Path(os.environ.get("AXE", ".browser/node_modules/axe-core/axe.min.js"))
SECOND = 1000

CREATE = """
import sys
from twilio.rest import Client
client = Client("AC" + "1" * 32, "token")
client.notify.base_url = sys.argv[1]
print(client.notify.v1.credentials.create(type="fcm", secret="server-key", friendly_name="from another process").sid)
"""


def test_a_call_of_the_real_sdk_appears_within_a_second(empty: Any, served: Emulator) -> None:
    empty.evaluate(
        """() => { window.seen = new Promise((done) => new MutationObserver((_, observer) => {
            if (document.querySelector(".row")) { observer.disconnect(); done(performance.now()); }
        }).observe(document.getElementById("main"), {childList: true, subtree: true})) }"""
    )
    made = subprocess.run([sys.executable, "-c", CREATE, served.url], capture_output=True, text=True, check=True)
    ended = empty.evaluate("() => performance.now()")
    expect(empty.get_by_role("option", name="from another process")).to_be_visible()
    assert made.stdout.startswith("CR")
    assert empty.evaluate("() => window.seen") - ended < SECOND


def test_ten_thousand_rows_scroll_with_a_few_dozen_elements(open_page: Any) -> None:
    with Emulator(journal_limit=10_000) as emulator:
        credentials = emulator.client().notify.v1.credentials
        sid = credentials.create(type="fcm", secret="server-key").sid
        for _ in range(9_999):
            credentials(sid).fetch()
        page = open_page(f"{emulator.url}/_mock/")
        expect(page.locator(".bar .muted").first).to_have_text("10000", timeout=30_000)
        page.locator(".rows").evaluate("(rows) => { rows.scrollTop = 0 }")
        expect(page.locator(".row").filter(has_text="credential.create")).to_be_visible()
        most = page.evaluate(
            """async () => {
                const rows = document.querySelector(".rows"), counts = [];
                for (let step = 0; step < 120; step += 1) {
                    rows.scrollTop += 2600;
                    await new Promise(requestAnimationFrame);
                    counts.push(document.querySelectorAll(".row").length);
                }
                return Math.max(...counts);
            }"""
        )
        assert most < 80
        expect(page.locator('.row[aria-posinset="9760"]')).to_be_visible()


def test_fifty_events_a_second_are_all_shown_and_leave_the_page_usable(empty: Any, served: Emulator) -> None:
    credentials = served.client().notify.v1.credentials
    for _ in range(500):
        credentials.list()
    expect(empty.locator(".bar .muted").first).to_have_text("500")
    expect(empty.locator('.row[aria-posinset="500"]')).to_be_visible()
    assert empty.locator(".row").count() < 80
    empty.get_by_role("link", name="Clock").click()
    expect(empty.get_by_role("button", name="+1 s")).to_be_visible()


def test_a_reset_empties_the_page(show: Any, told: Emulator) -> None:
    page = show()
    told.reset()
    expect(page.get_by_text("Waiting for the first call")).to_be_visible()


def test_everything_is_reached_by_keyboard(show: Any) -> None:
    page = show()
    expect(page.locator(".row").first).to_be_visible()
    press = page.keyboard.press
    press("/")
    expect(page.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type("credential.fetch")
    press("Escape")
    press("j")
    press("Enter")
    expect(page.get_by_role("heading", name="credential.fetch")).to_be_visible()
    press("Tab")
    expect(page.get_by_role("button", name="Repeat")).to_be_focused()
    press("Escape")
    expect(page.locator(".split.open")).to_have_count(0)
    expect(page.locator(".rows")).to_be_focused()
    for key, title in {
        "d": "Deliveries",
        "r": "Records",
        "f": "Faults",
        "k": "Clock",
        "n": "Connect",
        "c": "Calls",
    }.items():
        press("g")
        press(key)
        expect(page.get_by_role("heading", name=title, level=1)).to_be_attached()
    press("p")
    expect(page.get_by_role("button", name="Resume")).to_be_visible()
    press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_y_copies_the_call_in_the_last_format(show: Any) -> None:
    page = show("calls/14", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("tab", name="Copy as").click()
    page.get_by_role("button", name="curl", exact=True).click()
    page.keyboard.press("y")
    expect(page.locator("#toasts")).to_contain_text("curl copied")
    assert page.evaluate("() => navigator.clipboard.readText()").startswith("curl")


def test_tabs_and_rows_follow_the_arrow_keys(show: Any) -> None:
    page = show("calls/14")
    page.get_by_role("tab", name="Summary").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Request")).to_be_focused()
    page.locator(".rows").focus()
    page.keyboard.press("Home")
    expect(page.locator('.row[aria-selected="true"]')).to_have_attribute("aria-posinset", "1")


def test_the_theme_is_switched_and_remembered(show: Any) -> None:
    page = show(color_scheme="light")
    page.get_by_role("button", name="Switch between light and dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("view", VIEWS)
def test_nothing_is_wider_than_a_phone(show: Any, view: str) -> None:
    page = show(view, "phone")
    expect(page.locator("#main .split, #main .page").first).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") <= 390
    wide = page.evaluate(
        """() => [...document.querySelectorAll("#top > *, #main > *, .bar > *, .page > *, .detail > *")]
            .filter((one) => one.offsetParent && one.getBoundingClientRect().right > 391)
            .map((one) => one.outerHTML.slice(0, 100))"""
    )
    assert wide == []


def test_on_a_phone_the_details_cover_the_list(show: Any) -> None:
    page = show("calls", "phone")
    page.locator(".row").first.click()
    expect(page.locator(".rows")).to_be_hidden()
    page.get_by_role("button", name="Close the details").click()
    expect(page.locator(".rows")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("view", VIEWS)
def test_axe_finds_nothing_serious(show: Any, view: str, theme: str) -> None:
    if not AXE.exists():
        pytest.skip(f"axe-core is not installed: no {AXE}; use make browser")
    page = show(view, color_scheme=theme, reduced_motion="reduce", bypass_csp=True)
    expect(page.locator("#main .split, #main .page").first).to_be_visible()
    page.add_script_tag(path=str(AXE))
    found = page.evaluate("() => axe.run().then((one) => one.violations)")
    serious = [one for one in found if one["impact"] in ("serious", "critical")]
    assert [(one["id"], [node["html"] for node in one["nodes"]][:3]) for one in serious] == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_the_login(open_page: Any, theme: str) -> None:
    if not AXE.exists():
        pytest.skip(f"axe-core is not installed: no {AXE}; use make browser")
    with Emulator(control_token="open sesame") as emulator:
        page = open_page(f"{emulator.url}/_mock/", checked=False, color_scheme=theme, bypass_csp=True)
        page.add_script_tag(path=str(AXE))
        found = page.evaluate("() => axe.run().then((one) => one.violations)")
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
