"""Pages of other origins can neither read anything nor change anything."""

from __future__ import annotations

from typing import Any

import pytest
from hostile import hostile_site

from notify_mock import Emulator

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: use make browser")
from playwright.sync_api import expect


def untouched(emulator: Emulator) -> tuple[int, int, int]:
    return len(emulator.credentials), len(emulator.faults), len(emulator.journal.calls("*.*"))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "evil.test"])
def test_a_page_of_another_origin_reads_and_changes_nothing(told: Emulator, open_page: Any, host: str) -> None:
    before = untouched(told)
    with hostile_site(f"{told.url}/_mock/") as site:
        page = open_page(site.replace("127.0.0.1", host), checked=False)
        page.wait_for_function("document.title === 'done'")
        results = page.evaluate("results")
    for name in ("read", "json"):
        assert results[name].startswith("failed"), results
    assert [results[name] for name in ("events", "socket", "image")] == ["failed"] * 3
    assert untouched(told) == before


def test_a_sandboxed_frame_with_the_origin_null_reads_and_changes_nothing(told: Emulator, open_page: Any) -> None:
    before = untouched(told)
    with hostile_site(f"{told.url}/_mock/", sandboxed=True) as site:
        page = open_page(site, checked=False)
        (frame,) = [one for one in page.frames if one.parent_frame == page.main_frame]
        frame.wait_for_function("document.title === 'done'")
        results = frame.evaluate("results")
    assert results["read"].startswith("failed")
    assert results["events"] == "failed"
    assert untouched(told) == before


def test_a_name_that_was_rebound_to_this_machine_gets_neither_page_nor_data(told: Emulator, open_page: Any) -> None:
    before = untouched(told)
    port = told.url.rpartition(":")[2]
    page = open_page(f"http://rebound.test:{port}/_mock/", checked=False)
    expect(page.locator("body")).to_contain_text("is not this machine")
    found = page.evaluate(
        "() => Promise.all(['state', 'events', 'journal'].map((path) => fetch(path).then((one) => one.status)))"
    )
    assert found == [403, 403, 403]
    assert page.evaluate("() => fetch('reset', {method: 'POST'}).then((one) => one.status)") == 403
    assert untouched(told) == before


def test_the_inspector_cannot_be_framed(told: Emulator, open_page: Any) -> None:
    page = open_page("about:blank", checked=False)
    page.set_content(f'<iframe src="{told.url}/_mock/"></iframe>')
    frame = page.frame_locator("iframe")
    expect(frame.locator("#rail")).to_have_count(0)
