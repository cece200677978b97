"""What a client sends stays text, in every view."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests

from notify_mock import Emulator, Refuse

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: use make browser")
from playwright.sync_api import expect

ATTACKS = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(2)</script>',
    "<svg/onload=alert(3)>",
    "javascript:alert(4)",
    "</pre><iframe srcdoc='<script>parent.alert(5)</script>'>",
    "{{constructor.constructor('alert(6)')()}}",
)
INJECTED = "img, script:not([src]), iframe, object, embed, [onerror], [onload], a[href^=javascript]"
INLINE = """() => {
    const script = document.createElement("script");
    script.textContent = "window.ran = 1";
    document.head.append(script);
}"""
VIEWS = ("calls", "deliveries", "records/credentials", "records/bindings", "records/notifications", "faults", "clock")


@pytest.fixture
def attacked() -> Iterator[Emulator]:
    """An emulator to which a client has sent markup wherever it can."""
    with Emulator(keep_bodies=True) as emulator:
        fcm = emulator.credentials.add(type="fcm", secret="server-key", friendly_name=ATTACKS[0])
        service = emulator.services.add(friendly_name=ATTACKS[1], fcm_credential_sid=fcm.sid)
        v1 = emulator.client().notify.v1
        for number, attack in enumerate(ATTACKS):
            v1.credentials.create(type="fcm", secret=attack, friendly_name=attack)
            v1.services(service.sid).bindings.create(
                identity=f"{number} {attack}", binding_type="fcm", address=f"{number}{attack}", tag=[attack[:60]]
            )
            v1.services(service.sid).notifications.create(
                identity=[f"{number} {attack}"],
                title=attack,
                body=attack,
                sound=attack,
                data={attack: attack},
                delivery_callback_url=f"http://127.0.0.1:9/{attack}",
            )
            emulator.faults.add("credential.fetch", Refuse(20404, message=attack), name=f"{number} {attack}", skip=99)
            headers = {"User-Agent": attack, "X-Note": attack, "Referer": attack}
            requests.get(f"{emulator.url}/v1/{attack}", headers=headers, timeout=10)
            requests.get(f"{emulator.url}/v1/Services", auth=(f"AC{attack}", attack), timeout=10)
            requests.get(
                f"{emulator.url}/v1/Credentials", auth=("AC<b>x</b>", "t"), params={"PageSize": attack}, timeout=10
            )
        yield emulator


def is_clean(page: Any) -> bool:
    return page.locator(INJECTED).count() == 0


@pytest.mark.parametrize("view", VIEWS)
def test_markup_from_a_client_is_shown_as_text(attacked: Emulator, open_page: Any, view: str) -> None:
    page = open_page(f"{attacked.url}/_mock/#/{view}")
    expect(page.locator("#main")).to_contain_text("onerror=alert(1)" if view != "clock" else "127.0.0.1")
    assert is_clean(page)


def test_markup_is_text_in_every_detail_of_every_call(attacked: Emulator, open_page: Any) -> None:
    page = open_page(f"{attacked.url}/_mock/")
    for number in range(1, 22):
        page.goto(f"{attacked.url}/_mock/#/calls/{number}")
        page.get_by_role("region", name=f"Call {number}", exact=True).get_by_role("tablist").wait_for()
        for tab in ("Summary", "Request", "Response", "Why", "Copy as"):
            page.get_by_role("tab", name=tab).click()
            expect(page.get_by_role("tabpanel")).not_to_be_empty()
            assert is_clean(page)


def test_markup_is_text_in_the_details_of_deliveries_and_records(attacked: Emulator, open_page: Any) -> None:
    page = open_page(f"{attacked.url}/_mock/#/deliveries")
    page.locator(".phone", has_text="onerror").first.click()
    for tab in ("Summary", "Payload", "Callback"):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("tabpanel")).to_contain_text("alert(1)" if tab != "Callback" else "X-Twilio-Signature")
        assert is_clean(page)
    page.goto(f"{attacked.url}/_mock/#/records/bindings")
    page.get_by_role("row").filter(has_text="onload").get_by_role("button").click()
    expect(page.locator(".facts")).to_contain_text("<svg/onload=alert(3)>")
    assert is_clean(page)


def test_a_link_to_a_view_that_carries_markup_is_harmless(attacked: Emulator, open_page: Any) -> None:
    for hash_ in (
        "#/<img src=x onerror=alert(1)>",
        "#/calls?q=<svg onload=alert(1)>",
        "#/records/%3Cscript%3E",
        "#/%E0%A4%A",
    ):
        page = open_page(f"{attacked.url}/_mock/{hash_}")
        expect(page.locator("#main h1")).to_be_attached()
        assert is_clean(page)


def test_the_page_runs_no_inline_script_and_loads_nothing_from_elsewhere(served: Emulator, open_page: Any) -> None:
    seen: list[str] = []
    page = open_page(f"{served.url}/_mock/", checked=False)
    page.on("request", lambda request: seen.append(request.url))
    page.reload()
    page.locator("#top .dot.ok").wait_for()
    page.evaluate(INLINE)
    assert page.evaluate("window.ran") is None
    assert {url.split("/_mock/")[0] for url in seen} == {served.url}
