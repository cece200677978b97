"""The login of an emulator with a control token."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from notify_mock import Emulator

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: use make browser")
from playwright.sync_api import expect


@pytest.fixture
def locked() -> Iterator[Emulator]:
    with Emulator(control_token="open sesame") as emulator:
        yield emulator


def test_a_token_opens_the_page_and_its_events(locked: Emulator, open_page: Any) -> None:
    page = open_page(f"{locked.url}/_mock/", checked=False)
    page.get_by_label("Control token").fill("open sesame")
    page.get_by_role("button", name="Log in").click()
    page.locator("#top .dot.ok").wait_for()
    locked.client().notify.v1.credentials.list()
    expect(page.get_by_role("option", name="credential.list")).to_be_visible()
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/_mock")
    assert "sesame" not in cookie["value"]


def test_a_wrong_token_is_refused_beside_its_field(locked: Emulator, open_page: Any) -> None:
    page = open_page(f"{locked.url}/_mock/", checked=False)
    page.get_by_label("Control token").fill("guess")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("not the control token")


def test_after_logging_out_the_form_is_back(locked: Emulator, open_page: Any) -> None:
    page = open_page(f"{locked.url}/_mock/", checked=False)
    page.get_by_label("Control token").fill("open sesame")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_label("Control token")).to_be_visible()
