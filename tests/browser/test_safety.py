"""What a client sends stays text, and pages of other origins can neither read nor change anything."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
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
            requests.get(f"{emulator.url}/v1/Credentials", auth=("AC<b>x</b>", "t"), params={"PageSize": attack}, timeout=10)
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
    for hash_ in ("#/<img src=x onerror=alert(1)>", "#/calls?q=<svg onload=alert(1)>", "#/records/%3Cscript%3E", "#/%E0%A4%A"):
        page = open_page(f"{attacked.url}/_mock/{hash_}")
        expect(page.locator("#main h1")).to_be_attached()
        assert is_clean(page)


def test_the_page_runs_no_inline_script_and_loads_nothing_from_elsewhere(served: Emulator, open_page: Any) -> None:
    seen: list[str] = []
    page = open_page(f"{served.url}/_mock/", checked=False)
    page.on("request", lambda request: seen.append(request.url))
    page.reload()
    page.locator("#top .dot.ok").wait_for()
    assert page.evaluate("() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.head.append(s); return window.ran }") is None
    assert {url.split("/_mock/")[0] for url in seen} == {served.url}


# A page of another origin

HOSTILE = """<!doctype html><title>hostile</title><script>
const target = TARGET, results = {};
const attempt = (name, act) => act().then((found) => (results[name] = found), (error) => (results[name] = "failed: " + error));
const json = JSON.stringify({call: "*", effect: "drop"});
const opened = (socket) => new Promise((done) => { socket.onopen = () => done("open"); socket.onmessage = () => done("message"); socket.onerror = () => done("failed"); });
Promise.all([
  attempt("read", () => fetch(target + "state").then((one) => one.text())),
  attempt("blind", () => fetch(target + "state", {mode: "no-cors"}).then((one) => one.type + one.status)),
  attempt("events", () => opened(new EventSource(target + "events"))),
  attempt("json", () => fetch(target + "faults", {method: "POST", body: json, headers: {"Content-Type": "application/json"}}).then((one) => one.text())),
  attempt("simple", () => fetch(target + "faults", {method: "POST", body: json, mode: "no-cors"})),
  attempt("reset", () => fetch(target + "reset", {method: "POST", mode: "no-cors", credentials: "include"})),
  attempt("calls", () => fetch(target + "calls", {method: "POST", mode: "no-cors", body: '{"method": "DELETE", "path": "/v1/Credentials/CR1"}'})),
  attempt("beacon", async () => navigator.sendBeacon(target + "reset", "{}")),
  attempt("socket", () => opened(new WebSocket(target.replace("http", "ws") + "events"))),
  attempt("image", () => new Promise((done) => { const image = new Image(); image.onload = () => done("loaded"); image.onerror = () => done("failed"); image.src = target + "static/icon.svg"; })),
]).then(() => (document.title = "done", window.results = results));
</script>
<iframe name="sink"></iframe>
<form method="post" target="sink" action="TARGET_PLAINreset"></form>
<form method="post" target="sink" enctype="text/plain" action="TARGET_PLAINfaults"><input name='{"call": "*", "effect": "drop", "name": "' value='"}'></form>
<script>for (const form of document.forms) form.submit()</script>"""


class _Hostile(BaseHTTPRequestHandler):
    def __init__(self, page: str, *args: Any) -> None:
        self.page = page.encode()
        super().__init__(*args)

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *args: Any) -> None:
        pass


@contextlib.contextmanager
def hostile_site(target: str, *, sandboxed: bool = False) -> Iterator[str]:
    """Serve a page that attacks ``target``; ``sandboxed`` puts it in a frame with the origin ``null``."""
    page = HOSTILE.replace("TARGET_PLAIN", target).replace("TARGET", repr(target))
    if sandboxed:
        quoted = page.replace("&", "&amp;").replace('"', "&quot;")
        page = f'<iframe sandbox="allow-scripts allow-forms" srcdoc="{quoted}"></iframe>'
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Hostile, page)) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


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
    found = page.evaluate("() => Promise.all(['state', 'events', 'journal'].map((path) => fetch(path).then((one) => one.status)))")
    assert found == [403, 403, 403]
    assert page.evaluate("() => fetch('reset', {method: 'POST'}).then((one) => one.status)") == 403
    assert untouched(told) == before


def test_the_inspector_cannot_be_framed(told: Emulator, open_page: Any) -> None:
    page = open_page("about:blank", checked=False)
    page.set_content(f'<iframe src="{told.url}/_mock/"></iframe>')
    frame = page.frame_locator("iframe")
    expect(frame.locator("#rail")).to_have_count(0)


# The token


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
