"""Each view shows what it must, and its buttons do what they say."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from notify_mock import Emulator, apn_pair

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: use make browser")
from playwright.sync_api import expect


def test_the_calls_are_listed_with_status_name_and_parameters(show: Any) -> None:
    row = show().get_by_role("option", name="429 credential.create")
    expect(row).to_contain_text("Type=gcm FriendlyName=Old Android ApiKey=[secret]")


def test_a_notification_says_how_many_of_its_deliveries_failed(show: Any) -> None:
    row = show().get_by_role("option", name="notification.create")
    expect(row.filter(has_text="Version 3")).to_contain_text("2 failed")
    expect(row.filter(has_text="Are you coming")).not_to_contain_text("failed")


def test_a_failure_is_counted_as_it_happens(show: Any, told: Emulator) -> None:
    page = show()
    (service,) = told.services
    told.client().notify.v1.services(service).notifications.create(
        identity=["alice"], body="Still there?", data={"n": 1}
    )
    expect(page.get_by_role("option", name="Still there?")).to_contain_text("1 failed")


SPY = """
const add = EventSource.prototype.addEventListener;
EventSource.prototype.addEventListener = function (kind, act) {
  window.source = this;
  add.call(this, kind, (event) => {
    act(event);
    if (kind === "call") requestAnimationFrame(() => { document.documentElement.dataset.heard = "a call"; });
  });
};
"""
"""Lets a test wait until the page has taken the event of a call, and send it events."""


def test_a_call_that_is_made_while_the_page_loads_is_shown(told: Emulator, open_page: Any) -> None:
    page, held = open_page("about:blank"), []
    page.add_init_script(SPY)
    page.route("**/_mock/accounts", lambda route: held.append(route))
    with page.expect_request("**/_mock/accounts"), page.expect_response("**/_mock/journal?last=1000"):
        page.goto(f"{told.url}/_mock/")
    (service,) = told.services
    told.client().notify.v1.services(service).notifications.create(identity=["alice"], body="Hm?", data={"n": 1})
    page.locator("html[data-heard]").wait_for()
    held[0].continue_()
    expect(page.get_by_role("option", name="credential.fetch")).to_be_visible()
    expect(page.get_by_role("option", name="Hm?")).to_contain_text("1 failed")


def test_a_failure_that_is_both_read_and_announced_is_counted_once(told: Emulator, open_page: Any) -> None:
    page = open_page("about:blank")
    page.add_init_script(SPY)
    page.goto(f"{told.url}/_mock/")
    row = page.get_by_role("option", name="Version 3")
    expect(row).to_contain_text("2 failed")
    send = "([kind, data]) => window.source.dispatchEvent(new MessageEvent(kind, { data: JSON.stringify(data) }))"
    for delivery in told.deliveries:
        page.evaluate(send, ["delivery", delivery.describe()])
    told.client().notify.v1.services.list()
    page.locator("html[data-heard]").wait_for()
    page.get_by_role("link", name="Clock").click()
    page.get_by_role("link", name="Calls", exact=True).click()  # draws the rows again
    expect(row).to_contain_text("2 failed")


def test_a_call_is_opened_by_a_click_and_by_its_address(show: Any) -> None:
    page = show()
    page.get_by_role("option", name="credential.fetch").click()
    expect(page.get_by_role("heading", name="credential.fetch")).to_be_visible()
    number = page.url.rpartition("/")[2]
    expect(show(f"calls/{number}").get_by_role("heading", name="credential.fetch")).to_be_visible()


def test_a_refusal_names_the_rule_and_its_evidence(show: Any) -> None:
    page = show()
    page.get_by_role("option", name="404 credential.fetch").click()
    page.get_by_role("tab", name="Why").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("20404")
    expect(page.locator(".badge")).to_have_text("observed")


def test_request_and_response_are_shown_as_on_the_wire(show: Any) -> None:
    page = show()
    page.get_by_role("option", name="404 credential.fetch").click()
    page.get_by_role("tab", name="Request").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("GET /v1/Credentials/CR000")
    expect(page.get_by_role("tabpanel")).not_to_contain_text("Basic QU")
    page.get_by_role("tab", name="Response").click()
    expect(page.get_by_role("tabpanel")).to_contain_text('"code": 20404')


def test_a_call_is_copied_as_a_test(show: Any) -> None:
    page = show()
    page.get_by_role("option", name="404 credential.fetch").click()
    page.get_by_role("tab", name="Copy as").click()
    page.get_by_role("button", name="pytest", exact=True).click()
    expect(page.locator("pre.code:visible")).to_contain_text("def test_")


def test_a_failing_call_that_is_copied_as_a_test_runs_as_pasted(show: Any, pytester: pytest.Pytester) -> None:
    page = show()
    page.get_by_role("option", name="429 credential.create").click()
    page.get_by_role("tab", name="Copy as").click()
    page.get_by_role("button", name="pytest", exact=True).click()
    pytester.makepyfile(page.locator("pre.code:visible").inner_text())
    pytester.runpytest_subprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


def test_a_call_is_repeated(show: Any, told: Emulator) -> None:
    page = show()
    before = len(told.journal)
    page.get_by_role("option", name="404 credential.fetch").click()
    page.get_by_role("button", name="Repeat").click()
    expect(page.get_by_role("option", name="404 credential.fetch")).to_have_count(2)
    assert len(told.journal) == before + 1


@pytest.mark.parametrize(
    ("text", "count"), [("credential.create", 3), ("404", 1), ("identity=alice notification", 1), ("nothing at all", 0)]
)
def test_the_calls_are_filtered_by_text(show: Any, text: str, count: int) -> None:
    page = show()
    page.get_by_role("searchbox").fill(text)
    expect(page.locator(".row")).to_have_count(count)


def test_the_calls_are_filtered_by_status_and_by_fault(show: Any) -> None:
    page = show()
    page.get_by_role("button", name="4xx").click()
    expect(page.locator(".row")).to_have_count(3)
    page.get_by_role("button", name="Faults", exact=True).click()
    expect(page.locator(".row")).to_have_count(1)
    page.reload()
    expect(page.locator(".row")).to_have_count(1)


def test_a_paused_list_says_how_many_calls_are_new(show: Any, told: Emulator) -> None:
    page = show()
    page.get_by_role("button", name="Pause").click()
    told.client().notify.v1.credentials.list()
    page.get_by_role("button", name="Resume (1 new)").click()
    expect(page.get_by_role("option", name="credential.list")).to_have_count(1)


def test_only_the_calls_of_the_chosen_account_are_shown(show: Any, told: Emulator) -> None:
    page = show()
    other = "AC" + "2" * 32
    told.client(other, "token").notify.v1.services.list()
    page.get_by_role("combobox", name="Account").select_option(other)
    expect(page.get_by_role("option", name="service.list")).to_have_count(1)
    expect(page.locator(".row")).to_have_count(1)


def test_deliveries_are_shown_as_the_device_would(show: Any) -> None:
    page = show("deliveries")
    expect(page.locator(".phone", has_text="Are you coming").locator(".ios .title")).to_have_text("Bob")
    expect(page.locator(".ios .count")).to_have_text("3")
    expect(page.locator(".phone", has_text="Are you coming").locator(".android .title")).to_have_text("Bob")
    expect(page.locator(".bubble")).to_have_text("Version 3 is here: voice rooms.")


def test_a_failed_delivery_says_why_here_and_under_which_title_of_twilios(show: Any) -> None:
    page = show("deliveries?identity=carol&state=failed")
    expect(page.locator(".phone")).to_have_count(2)
    page.locator(".phone", has_text="52103").click()
    detail = page.get_by_role("region", name="Delivery")
    expect(detail).to_contain_text("client uninstalled or turned off notifications")
    expect(detail).to_contain_text("Why here")


def test_the_details_of_a_failed_push_have_the_title_of_its_error_and_lead_to_its_records(
    served: Emulator, open_page: Any
) -> None:
    service = served.services.add()
    served.bindings.add(identity="alice", binding_type="fcm", address="t", service_sid=service.sid)
    notifications = served.client().notify.v1.services(service.sid).notifications
    notifications.create(identity=["alice"], title="Order", body="Ready")
    page = open_page(f"{served.url}/_mock/#/deliveries")
    page.locator(".phone").click()
    detail = page.get_by_role("region", name="Delivery")
    expect(detail.locator(".note.bad b")).to_have_text("52004 Credential SID not specified")
    detail.get_by_role("link", name=service.sid).click()
    expect(page.get_by_label("FcmCredentialSid")).to_be_visible()


def test_a_record_opens_wherever_its_row_is_clicked(show: Any) -> None:
    page = show("records/credentials")
    page.get_by_role("cell", name="Android").click()
    expect(page.get_by_role("heading", name="credential CR")).to_be_visible()


def test_a_credential_for_a_first_try_is_on_its_form(served: Emulator, open_page: Any) -> None:
    page = open_page(f"{served.url}/_mock/#/records/credentials/new")
    (secret,) = re.findall(r"\{.*?\}", page.get_by_text("the JSON of a service account").inner_text())
    credential = served.credentials.add(type="fcm", secret=secret)
    service = served.services.add(fcm_credential_sid=credential.sid)
    served.bindings.add(identity="alice", binding_type="fcm", address="t", service_sid=service.sid)
    served.client().notify.v1.services(service.sid).notifications.create(identity=["alice"], body="Hello")
    assert [one.state for one in served.deliveries] == ["sent"]


def test_a_yaml_file_is_not_imported_and_the_command_that_takes_it_is_named(show: Any, tmp_path: Path) -> None:
    file = tmp_path / "team.yaml"
    file.write_text("services: []\n")
    page = show("records")
    page.get_by_label("File to import").set_input_files(file)
    expect(page.get_by_text("notify-mock state import team.yaml --url http")).to_be_visible()


def test_a_delivery_has_its_payload_its_callback_and_the_signature(show: Any) -> None:
    page = show("deliveries?identity=carol")
    page.locator(".phone", has_text="52103").click()
    page.get_by_role("tab", name="Payload").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("fcm-token-of-carol")
    page.get_by_role("tab", name="Callback").click()
    expect(page.get_by_role("tabpanel")).to_contain_text("X-Twilio-Signature")
    expect(page.get_by_role("tabpanel")).to_contain_text("IsFinal = True")


def test_deliveries_are_filtered_by_identity_and_by_channel(show: Any) -> None:
    page = show("deliveries")
    page.get_by_role("searchbox").fill("alice")
    page.get_by_role("searchbox").press("Enter")
    expect(page.locator(".phone")).to_have_count(4)
    page.get_by_role("combobox", name="Channel").select_option("apn")
    expect(page.locator(".phone")).to_have_count(2)


def test_deliveries_are_filtered_by_tag(show: Any) -> None:
    page = show("deliveries?tag=beta")
    expect(page.locator(".phone")).to_have_count(2)


def test_a_credential_is_created_changed_and_deleted(show: Any, told: Emulator) -> None:
    told.faults.clear()
    page = show("records/credentials/new")
    page.get_by_label("FriendlyName").fill("Second")
    page.get_by_label("Secret").fill("server-key")
    page.get_by_role("button", name="Create credential").click()
    expect(page.get_by_role("heading", name="credential CR")).to_be_visible()
    page.get_by_label("FriendlyName").fill("Renamed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("cell", name="Renamed")).to_be_visible()
    page.get_by_role("button", name="Delete credential").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("cell", name="Renamed")).to_have_count(0)
    assert [one.friendly_name for one in told.credentials.values()] == ["Android", "iOS"]


def test_a_refusal_of_twilios_stands_beside_its_field(show: Any, told: Emulator) -> None:
    told.faults.clear()
    page = show("records/credentials/new")
    page.get_by_role("button", name="Create credential").click()
    secret = page.get_by_label("Secret")
    expect(secret).to_have_attribute("aria-invalid", "true")
    expect(secret).to_be_focused()
    expect(page.get_by_role("alert").filter(has_text="Secret")).to_be_visible()


def test_a_file_is_diagnosed_and_fills_the_form(show: Any, tmp_path: Path, told: Emulator) -> None:
    told.faults.clear()
    certificate, key = apn_pair(topic="com.example.chat", days=20 * 365)
    file = tmp_path / "push.pem"
    file.write_text(certificate + key)
    page = show("records/credentials/new")
    page.get_by_label("Credential files").set_input_files(file)
    expect(page.locator(".drop")).to_contain_text("com.example.chat")
    page.get_by_role("button", name="Create credential").click()
    expect(page.get_by_role("heading", name="credential CR")).to_be_visible()
    assert [one.type for one in told.credentials.values()] == ["fcm", "apn", "apn"]


def test_a_bad_file_is_explained(show: Any, tmp_path: Path) -> None:
    file = tmp_path / "AuthKey.p8"
    file.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    page = show("records/credentials/new")
    page.get_by_label("Credential files").set_input_files(file)
    expect(page.locator(".drop .note.bad").first).to_be_visible()


def test_bindings_are_created_in_a_service(show: Any) -> None:
    page = show("records/bindings/new")
    page.get_by_label("Identity").fill("erin")
    page.get_by_label("Address").fill("erins-token")
    page.get_by_label("Tag").fill("vip, new")
    page.get_by_role("button", name="Create binding").click()
    expect(page.get_by_role("cell", name="vip, new")).to_be_visible()


def test_a_table_is_read_page_by_page(served: Emulator, open_page: Any) -> None:
    service = served.services.add()
    for number in range(120):
        served.bindings.add(identity=f"user-{number}", binding_type="fcm", address="t", service_sid=service.sid)
    page = open_page(f"{served.url}/_mock/#/records/bindings")
    expect(page.get_by_text("1 to 50 of 120")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_role("cell", name="user-50", exact=True)).to_be_visible()
    page.get_by_role("button", name="Last").click()
    expect(page.get_by_text("101 to 120 of 120")).to_be_visible()


def test_the_state_is_exported_and_imported(show: Any, told: Emulator, tmp_path: Path) -> None:
    page = show("records")
    with page.expect_download() as found:
        page.get_by_role("link", name="Export with secrets").click()
    file = tmp_path / "state.json"
    found.value.save_as(file)
    assert len(json.loads(file.read_text())["bindings"]) == 5
    told.reset()
    page.get_by_label("File to import").set_input_files(file)
    expect(page.get_by_text("1 to 2 of 2")).to_be_visible()


def test_a_file_that_is_too_large_to_import_is_not_sent(show: Any, tmp_path: Path) -> None:
    file = tmp_path / "state.json"
    file.write_text(json.dumps({"credentials": [{"type": "fcm", "friendly_name": "x" * 64}] * 20_000}))
    page = show("records")
    page.get_by_label("File to import").set_input_files(file)
    expect(page.get_by_text("the limit is 1000 KB. Start the server with it: notify-mock serve --data")).to_be_visible()


def test_the_next_call_is_broken_once(show: Any, told: Emulator) -> None:
    told.faults.clear()
    page = show("faults")
    page.get_by_label("Name of the call").fill("credential.list")
    page.get_by_label("Name of the call").press("Enter")
    expect(page.locator("td", has_text="0 / 0")).to_be_visible()
    expect(page.locator("#top")).to_contain_text("1fault")
    from twilio.base.exceptions import TwilioException

    with pytest.raises(TwilioException):
        told.client().notify.v1.credentials.list()
    expect(page.locator("td", has_text="1 / 1 done")).to_be_visible()
    expect(page.locator("#top")).to_contain_text("0faults")
    assert len(told.client().notify.v1.credentials.list()) == 2


def test_a_scenario_is_switched_on_and_off(show: Any, told: Emulator) -> None:
    page = show("faults")
    page.get_by_role("switch", name="outage").click()
    expect(page.get_by_role("switch", name="outage")).to_be_checked()
    assert "outage" in told.faults
    page.get_by_role("switch", name="outage").click()
    expect(page.get_by_role("switch", name="outage")).not_to_be_checked()
    assert "outage" not in told.faults


def test_a_rule_is_added_from_the_form_and_removed(show: Any, told: Emulator) -> None:
    page = show("faults")
    page.get_by_role("combobox", name="Effect").select_option("rate_limit")
    page.get_by_label("limit", exact=True).fill("3")
    page.get_by_role("button", name="Add rule").click()
    expect(page.get_by_role("cell", name="limit 3")).to_be_visible()
    page.get_by_role("button", name="Remove busy").click()
    expect(page.get_by_role("cell", name="busy")).to_have_count(0)
    assert len(told.faults) == 1


def test_a_wrong_value_of_a_rule_is_refused_beside_its_field(show: Any) -> None:
    page = show("faults")
    page.get_by_role("combobox", name="Effect").select_option("status")
    page.get_by_label("status (required)").fill("9000")
    page.get_by_role("button", name="Add rule").click()
    expect(page.get_by_label("status (required)")).to_have_attribute("aria-invalid", "true")


def test_the_clock_is_moved_and_the_callbacks_are_listed(show: Any) -> None:
    page = show("clock")
    expect(page.get_by_role("cell", name="127.0.0.1")).to_be_visible()
    page.get_by_role("button", name="+1 h").click()
    expect(page.locator(".big")).to_have_text("27 Oct 2033 10:01:27 (frozen)")
    expect(page.locator("#top")).to_contain_text("10:01:27 (frozen)")
    page.get_by_role("button", name="Resume").click()
    expect(page.get_by_role("button", name="Freeze")).to_be_visible()


def test_the_filter_finds_the_notification_that_failed(show: Any) -> None:
    page = show("calls")
    page.get_by_label("Filter calls").fill("notification.create failed")
    expect(page.locator(".row", has_text="1 failed").first).to_be_visible()
    expect(page.locator(".row", has_not_text="failed").filter(visible=True)).to_have_count(0)


def test_a_callback_that_nobody_took_says_where_it_went_and_why(show: Any) -> None:
    page = show("clock")
    page.get_by_role("button", name="Send all now").click()
    sent = page.get_by_role("region", name="Callbacks that were sent").get_by_role("row").last
    expect(sent).to_contain_text("http://127.0.0.1:5000/pushes")
    expect(sent).to_contain_text("no response: ")
    sent.get_by_role("link").click()
    expect(page.get_by_role("heading", name="callback.post")).to_be_visible()


def test_a_new_record_says_into_which_account_it_goes(show: Any, told: Emulator) -> None:
    said = "It is made in account AC"
    page = show("records/credentials/new")
    page.get_by_label("Credential files").wait_for(state="attached")
    expect(page.get_by_text(said)).to_have_count(0)
    told.credentials.add(type="fcm", account_sid="AC" + "2" * 32)
    page.reload()
    expect(page.get_by_text(said)).to_be_visible()


def test_the_clock_is_set_and_a_wrong_time_is_refused(show: Any) -> None:
    page = show("clock")
    page.get_by_label("Set the time").fill("tomorrow")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.get_by_label("Set the time")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("Set the time").fill("2034-01-01")
    page.get_by_role("button", name="Set", exact=True).click()
    expect(page.locator(".big")).to_have_text("1 Jan 2034 00:00:00 (frozen)")


@pytest.mark.parametrize("language", ["Python", "Node", "Java", "C#", "PHP", "Ruby", "Go", "curl"])
def test_connect_has_the_lines_for_every_language(show: Any, told: Emulator, language: str) -> None:
    page = show("connect")
    page.get_by_role("button", name=language, exact=True).click()
    expect(page.locator("#main")).to_contain_text(f"notify-mock env --url {told.url}")
    expect(page.locator("#main")).to_contain_text(told.auth[0])


def test_connect_tells_a_new_call_from_an_old_one(show: Any, told: Emulator) -> None:
    page = show("connect")
    expect(page.get_by_text("Calls arrive. The last one")).to_be_visible()
    told.client().notify.v1.credentials.list()
    expect(page.get_by_text("A call arrived")).to_be_visible()


def test_the_first_call_is_awaited_and_noticed(empty: Any, served: Emulator) -> None:
    expect(empty.get_by_text("Waiting for the first call")).to_be_visible()
    expect(empty.locator("pre.code:visible")).to_contain_text(served.url)
    served.client().notify.v1.credentials.list()
    expect(empty.get_by_role("option", name="credential.list")).to_be_visible()


def test_the_bar_says_when_the_emulator_is_gone(show: Any, told: Emulator, open_page: Any) -> None:
    page = open_page(f"{told.url}/_mock/", checked=False)
    expect(page.locator("#top .dot.ok")).to_have_count(1)
    told.close()
    expect(page.locator("#top .dot.ok")).to_have_count(0)
