"""Services: create, list, update and delete, as in Notify."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest
from helpers.calls import ask, basic
from twilio.base.exceptions import TwilioRestException

from notify_mock import Emulator, UsageError
from notify_mock.twilio_api.messages import read

KEYS = [
    *("alexa_skill_id", "delivery_callback_url", "default_apn_notification_protocol_version", "fcm_credential_sid"),
    *("default_fcm_notification_protocol_version", "date_updated", "default_alexa_notification_protocol_version"),
    *("apn_credential_sid", "friendly_name", "account_sid", "facebook_messenger_page_id", "gcm_credential_sid"),
    *("messaging_service_sid", "url", "sid", "default_gcm_notification_protocol_version", "date_created"),
    *("delivery_callback_enabled", "log_enabled", "links"),
]
OBSERVED = [
    *("delivery_callback_url", "default_apn_notification_protocol_version", "fcm_credential_sid"),
    *("default_fcm_notification_protocol_version", "date_updated", "apn_credential_sid", "friendly_name"),
    *("account_sid", "messaging_service_sid", "url", "sid", "date_created", "delivery_callback_enabled"),
    *("log_enabled", "links"),
]
CR = "CR" + "1" * 32


def create(emulator: Emulator, **parameters: Any) -> dict[str, Any]:
    answer = ask(emulator, "POST", "/v1/Services", **parameters)
    assert answer.status == 201, answer.body
    return json.loads(answer.body)  # type: ignore[no-any-return]


def test_an_empty_create_has_the_observed_defaults(emulator: Emulator) -> None:
    made = create(emulator)
    assert list(made) == KEYS
    assert [key for key in made if key in OBSERVED] == OBSERVED
    assert made["default_apn_notification_protocol_version"] == "4"
    assert made["default_fcm_notification_protocol_version"] == "3"
    assert (made["log_enabled"], made["delivery_callback_enabled"]) == (True, False)
    assert made["sid"].startswith("IS")
    assert made["url"] == f"https://notify.twilio.com/v1/Services/{made['sid']}"
    assert list(made["links"]) == ["notifications", "bindings", "segments", "users"]
    assert made["links"]["bindings"] == f"{made['url']}/Bindings"
    assert {made[key] for key in ("friendly_name", "apn_credential_sid", "messaging_service_sid")} == {None}


def test_the_sdk_creates_fetches_updates_lists_and_deletes(emulator: Emulator) -> None:
    services = emulator.client().notify.v1.services
    made = services.create(friendly_name="chat", apn_credential_sid=CR, log_enabled=False)
    assert (made.log_enabled, made.apn_credential_sid) == (False, CR)
    assert services(made.sid).fetch().friendly_name == "chat"
    changed = services(made.sid).update(delivery_callback_enabled=True, delivery_callback_url="http://localhost/x")
    assert (changed.friendly_name, changed.delivery_callback_enabled) == ("chat", True)
    services.create(friendly_name="other")
    assert [one.sid for one in services.list(friendly_name="chat")] == [made.sid]
    assert len(services.list()) == 2
    assert services(made.sid).delete()
    with pytest.raises(TwilioRestException, match="was not found"):
        services(made.sid).fetch()


def test_the_web_page_that_set_a_callback_url_is_noted(emulator: Emulator) -> None:
    def post(path: str, origin: str | None, **parameters: str) -> Any:
        headers = {"authorization": basic(*emulator.auth), "content-type": "application/x-www-form-urlencoded"}
        headers |= {"origin": origin} if origin else {}
        body = urlencode(parameters).encode()
        answer = emulator.handle(read("POST", path, host="notify.twilio.com", headers=headers, body=body))
        return emulator.services[json.loads(answer.body)["sid"]]

    url, page, other = "http://localhost/x", "https://page.example", "https://other.example"
    assert post("/v1/Services", None, DeliveryCallbackUrl=url).callback_origin == ""
    assert post("/v1/Services", page).callback_origin == ""
    made = post("/v1/Services", page, DeliveryCallbackUrl=url)
    assert made.callback_origin == page
    path = f"/v1/Services/{made.sid}"
    assert post(path, other, FriendlyName="x").callback_origin == page
    assert post(path, other, DeliveryCallbackUrl=url).callback_origin == other
    assert post(path, None, DeliveryCallbackUrl=url).callback_origin == ""


def test_a_renamed_service_is_listed_under_its_new_name_only(emulator: Emulator) -> None:
    services = emulator.client().notify.v1.services
    first, second = (services.create(friendly_name="old").sid for _ in range(2))
    services(first).update(friendly_name="new")
    assert [one.sid for one in services.list(friendly_name="old")] == [second]
    assert [one.sid for one in services.list(friendly_name="new")] == [first]


def test_an_update_without_parameters_is_a_200(emulator: Emulator) -> None:
    sid = create(emulator, FriendlyName="x")["sid"]
    assert ask(emulator, "POST", f"/v1/Services/{sid}").status == 200


def test_an_empty_value_unsets_a_sid(emulator: Emulator) -> None:
    sid = create(emulator, FcmCredentialSid=CR, MessagingServiceSid="MG" + "2" * 32)["sid"]
    changed = json.loads(ask(emulator, "POST", f"/v1/Services/{sid}", FcmCredentialSid="").body)
    assert (changed["fcm_credential_sid"], changed["messaging_service_sid"]) == (None, "MG" + "2" * 32)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FriendlyName", "x" * 65),
        ("LogEnabled", "1"),
        ("ApnCredentialSid", "CR1"),
        ("MessagingServiceSid", CR),
        ("DeliveryCallbackEnabled", "yes"),
        ("FriendlyName", ["a", "b"]),
    ],
)
def test_a_bad_parameter_is_refused_by_name_and_creates_nothing(emulator: Emulator, name: str, value: Any) -> None:
    answer = ask(emulator, "POST", "/v1/Services", **{name: value})
    assert answer.status == 400
    text = f"Can not convert incoming parameters to Service object: Parameter '{name}' is invalid"
    assert json.loads(answer.body) == {
        "code": 20001,
        "message": text,
        "more_info": "https://www.twilio.com/docs/errors/20001",
        "status": 400,
    }
    assert len(emulator.services) == 0


def test_the_thousand_and_first_service_is_refused(emulator: Emulator) -> None:
    for _ in range(1000):
        emulator.services.add()
    answer = ask(emulator, "POST", "/v1/Services")
    assert (answer.status, json.loads(answer.body)["code"]) == (400, 20001)
    with pytest.raises(UsageError, match="the limit of 1000 services is reached"):
        emulator.services.add()


def test_links_contain_the_filter_before_the_paging(emulator: Emulator) -> None:
    for _ in range(3):
        create(emulator, FriendlyName="a b")
    page = json.loads(ask(emulator, "GET", "/v1/Services?PageSize=2&FriendlyName=a%20b").body)
    start = "https://notify.twilio.com/v1/Services?FriendlyName=a+b&PageSize=2"
    assert page["meta"]["first_page_url"] == f"{start}&Page=0"
    last = page["services"][-1]["sid"]
    assert page["meta"]["next_page_url"] == f"{start}&Page=1&PageToken=PA{last}"


def test_a_service_exists_in_notify_only_and_in_one_account_and_region(emulator: Emulator) -> None:
    sid = create(emulator)["sid"]
    assert ask(emulator, "GET", f"/v1/Services/{sid}", "conversations.twilio.com").status == 404
    assert ask(emulator, "GET", f"/v2/Services/{sid}", "chat.twilio.com").status == 404
    assert ask(emulator, "GET", f"/v1/Services/{sid}", "notify.dublin.ie1.twilio.com").status == 404
    assert emulator.client("AC" + "b" * 32, "x").notify.v1.services.list() == []


@pytest.mark.parametrize("rest", ["Users", "Segments", "Users/alice", "Users/alice/Bindings", "Notifications/NT1"])
def test_resources_that_notify_no_longer_has_are_a_404(emulator: Emulator, rest: str) -> None:
    path = f"/Services/{create(emulator)['sid']}/{rest}"
    answer = ask(emulator, "GET", f"/v1{path}")
    assert (answer.status, json.loads(answer.body)["message"]) == (
        404,
        f"The requested resource {path} was not found",
    )


def test_a_deleted_credential_leaves_its_sid_in_the_service(emulator: Emulator) -> None:
    credential = emulator.credentials.add(type="fcm")
    sid = create(emulator, FcmCredentialSid=credential.sid)["sid"]
    ask(emulator, "DELETE", f"/v1/Credentials/{credential.sid}")
    assert json.loads(ask(emulator, "GET", f"/v1/Services/{sid}").body)["fcm_credential_sid"] == credential.sid


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"name": "x"}, "unknown key 'name'"),
        ({"friendly_name": 7}, "services.add.friendly_name: is not text"),
        ({"log_enabled": "true"}, "services.add.log_enabled: must be true or false"),
        ({"friendly_name": "x" * 65}, "services.add.friendly_name: is too long"),
    ],
)
def test_invalid_seed_data_is_an_error(emulator: Emulator, values: dict[str, Any], expected: str) -> None:
    with pytest.raises(UsageError, match=expected):
        emulator.services.add(**values)
