"""The gateway after Notify: tokens, headers, and what each answer of FCM and APNs leads to."""

from __future__ import annotations

import logging

import fake_apns
import fake_fcm
import httpx
import jwt
import pytest
from notifier import Device, Push
from notifier.devices import Devices
from worlds import START, DirectWorld

IPHONE = Device("i", "alice", "apn", "ab" * 32)
PIXEL = Device("p", "alice", "fcm", "pixel-token")
HELLO = Push("Parcels", "Hello", {"parcel": "4711"})
HOUR = 60 * 60


@pytest.fixture
def registered(direct: DirectWorld) -> DirectWorld:
    for device in (IPHONE, PIXEL):
        direct.gateway.register(device)
    return direct


def send(world: DirectWorld, device: Device, *answers: httpx.Response | Exception) -> None:
    """Send one push to one device, to which the provider answers as given."""
    world.gateway.forget(IPHONE if device is PIXEL else PIXEL)
    (world.apns if device is IPHONE else world.fcm).next.extend(answers)
    world.gateway.send_to_user("alice", HELLO)


def test_google_gets_an_assertion_for_messaging_that_is_valid_for_an_hour(registered: DirectWorld) -> None:
    send(registered, PIXEL)
    (claims,) = registered.fcm.claims
    assert claims["iss"].startswith("firebase-adminsdk-")
    assert (claims["scope"], claims["aud"]) == (
        "https://www.googleapis.com/auth/firebase.messaging",
        "https://oauth2.googleapis.com/token",
    )
    assert (claims["iat"], claims["exp"], len(claims["kid"])) == (START, START + HOUR, 40)


def test_an_access_token_is_used_until_shortly_before_its_end(registered: DirectWorld) -> None:
    for seconds in (0, HOUR - 120, 100):
        registered.clock.advance(seconds)
        send(registered, PIXEL)
    authorizations = [request.headers["Authorization"] for request in registered.fcm.requests]
    assert authorizations == ["Bearer ya29.1", "Bearer ya29.1", "Bearer ya29.2"]


def test_a_token_that_google_revoked_is_replaced_once(registered: DirectWorld) -> None:
    send(registered, PIXEL)
    registered.fcm.revoke_tokens()
    send(registered, PIXEL)
    assert (len(registered.fcm.received), len(registered.fcm.claims)) == (2, 2)


def test_a_push_that_google_never_authorizes_is_tried_twice_and_reported(
    registered: DirectWorld, caplog: pytest.LogCaptureFixture
) -> None:
    send(registered, PIXEL, *[fake_fcm.failed(401, "UNAUTHENTICATED") for _ in range(2)])
    assert (len(registered.fcm.requests), registered.direct.next_due) == (2, None)
    assert caplog.messages == ["device p: fcm refused the push: UNAUTHENTICATED"]


def test_a_service_account_that_google_refuses_is_reported_and_costs_no_device(
    registered: DirectWorld, caplog: pytest.LogCaptureFixture
) -> None:
    registered.fcm.next_token.append(httpx.Response(400, json={"error": "invalid_grant"}))
    send(registered, PIXEL)
    assert (registered.direct.next_due, registered.gateway.devices("alice")) == (None, [PIXEL])
    assert caplog.messages == ["device p: fcm refused the push: no access token: 400"]


def test_a_push_waits_for_googles_token_endpoint(registered: DirectWorld) -> None:
    registered.fcm.next_token.append(httpx.Response(503, headers={"Retry-After": "30"}))
    send(registered, PIXEL)
    assert registered.direct.next_due == START + 30
    registered.settle()
    assert len(registered.shown_on(PIXEL.token)) == 1


def test_a_rejected_apns_key_of_the_firebase_project_is_not_a_reason_for_a_new_token(registered: DirectWorld) -> None:
    send(registered, PIXEL, fake_fcm.failed(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"))
    assert len(registered.fcm.requests) == 1


def test_apns_gets_a_provider_token_and_the_headers_of_an_alert(registered: DirectWorld) -> None:
    send(registered, IPHONE)
    (request,) = registered.apns.requests
    assert str(request.url) == f"https://api.push.apple.com/3/device/{IPHONE.token}"
    token = request.headers["authorization"].removeprefix("bearer ")
    assert jwt.get_unverified_header(token) == {"alg": "ES256", "kid": fake_apns.KEY_ID, "typ": "JWT"}
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims == {"iss": fake_apns.TEAM_ID, "iat": START}
    headers = {name: value for name, value in request.headers.items() if name.startswith("apns-")}
    assert len(headers.pop("apns-id")) == 36
    assert headers == {
        "apns-expiration": str(int(START) + 24 * HOUR),
        "apns-priority": "10",
        "apns-push-type": "alert",
        "apns-topic": fake_apns.TOPIC,
    }


def test_a_provider_token_is_renewed_every_40_minutes(registered: DirectWorld) -> None:
    for _ in range(13):
        send(registered, IPHONE)
        registered.clock.advance(10 * 60)
    assert len(registered.apns.received) == len(registered.apns.requests) == 13
    assert len({request.headers["authorization"] for request in registered.apns.requests}) == 4


def test_a_provider_token_that_apns_calls_expired_is_replaced_once(registered: DirectWorld) -> None:
    registered.apns.next.append(fake_apns.failed(403, "ExpiredProviderToken"))
    send(registered, IPHONE)
    assert len(registered.shown_on(IPHONE.token)) == 1
    assert len({request.headers["authorization"] for request in registered.apns.requests}) == 2
    send(registered, IPHONE, *[fake_apns.failed(403, "ExpiredProviderToken") for _ in range(2)])
    assert (len(registered.apns.requests), registered.direct.next_due) == (4, None)


def test_a_push_without_ttl_is_delivered_now_or_never(registered: DirectWorld) -> None:
    registered.gateway.send_to_user("alice", Push("Parcels", "Ring!", ttl=0))
    assert registered.apns.requests[0].headers["apns-expiration"] == "0"
    assert registered.fcm.received[0]["android"]["ttl"] == "0s"


@pytest.mark.parametrize(
    ("device", "answer", "seconds"),
    [
        (PIXEL, fake_fcm.failed(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", retry_after="7"), 7),
        (PIXEL, fake_fcm.failed(429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), 60),
        (PIXEL, fake_fcm.failed(503, "UNAVAILABLE", "UNAVAILABLE", retry_after="120"), 120),
        (PIXEL, fake_fcm.failed(503, "UNAVAILABLE", retry_after="Fri, 15 Jan 2027 08:00:30 GMT"), 30),
        (PIXEL, fake_fcm.failed(500, "INTERNAL", "INTERNAL"), 10),
        (PIXEL, httpx.Response(502, html="<html>"), 10),
        (PIXEL, httpx.ConnectTimeout("slow"), 10),
        (IPHONE, fake_apns.failed(429, "TooManyRequests"), 10),
        (IPHONE, fake_apns.failed(503, "ServiceUnavailable", retry_after="900"), 900),
        (IPHONE, fake_apns.failed(503, "Shutdown"), 10),
        (IPHONE, httpx.RemoteProtocolError("GOAWAY"), 10),
    ],
)
def test_a_push_is_tried_again_when_the_provider_can(
    registered: DirectWorld, device: Device, answer: httpx.Response | Exception, seconds: float
) -> None:
    send(registered, device, answer)
    registered.clock.advance(seconds - 1)
    registered.direct.send_due()
    assert registered.shown_on(device.token) == []
    registered.clock.advance(1)
    registered.direct.send_due()
    assert len(registered.shown_on(device.token)) == 1
    assert registered.gateway.devices("alice") == [device]


def test_the_waits_double_until_the_push_expires(registered: DirectWorld, caplog: pytest.LogCaptureFixture) -> None:
    registered.gateway.forget(IPHONE)
    registered.fcm.next.extend(fake_fcm.failed(503, "UNAVAILABLE") for _ in range(9))
    registered.gateway.send_to_user("alice", Push("Parcels", "Hello", ttl=600))
    due = []
    while registered.direct.next_due is not None:
        due.append(registered.direct.next_due - START)
        registered.clock.advance(registered.direct.next_due - registered.clock())
        registered.direct.send_due()
    assert due == [10, 30, 70, 150, 310]
    assert caplog.messages == ["device p: the push expired, last reason: UNAVAILABLE"]


def test_a_provider_that_asks_for_no_wait_is_not_asked_all_the_time(registered: DirectWorld) -> None:
    send(registered, PIXEL, *[fake_fcm.failed(503, "UNAVAILABLE", retry_after="0") for _ in range(3)])
    registered.direct.send_due()
    assert len(registered.fcm.requests) == 2


def test_no_push_waits_for_a_user_who_signed_out(registered: DirectWorld) -> None:
    send(registered, PIXEL, fake_fcm.failed(503, "UNAVAILABLE"))
    registered.gateway.forget(PIXEL)
    registered.settle()
    assert registered.fcm.received == []


@pytest.mark.parametrize(
    ("device", "answer", "reason"),
    [
        (PIXEL, fake_fcm.failed(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT"), "INVALID_ARGUMENT"),
        (PIXEL, fake_fcm.failed(403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"), "SENDER_ID_MISMATCH"),
        (PIXEL, fake_fcm.failed(404, "NOT_FOUND"), "NOT_FOUND"),
        (IPHONE, fake_apns.failed(400, "BadDeviceToken"), "BadDeviceToken"),
        (IPHONE, fake_apns.failed(400, "DeviceTokenNotForTopic"), "DeviceTokenNotForTopic"),
        (IPHONE, fake_apns.failed(403, "InvalidProviderToken"), "InvalidProviderToken"),
        (IPHONE, fake_apns.failed(413, "PayloadTooLarge"), "PayloadTooLarge"),
    ],
)
def test_a_mistake_of_ours_is_reported_and_costs_no_device(
    registered: DirectWorld, caplog: pytest.LogCaptureFixture, device: Device, answer: httpx.Response, reason: str
) -> None:
    with caplog.at_level(logging.ERROR):
        send(registered, device, answer)
    assert registered.gateway.devices("alice") == [device]
    assert registered.direct.next_due is None
    (message,) = caplog.messages
    assert message.endswith(f"refused the push: {reason}")
    assert device.token not in message


@pytest.mark.parametrize(
    ("device", "answer"),
    [
        (PIXEL, fake_fcm.failed(404, "NOT_FOUND", "UNREGISTERED")),
        (IPHONE, fake_apns.failed(410, "Unregistered", timestamp=int(START) * 1000)),
        (IPHONE, fake_apns.failed(410, "ExpiredToken")),
    ],
)
def test_a_device_that_is_gone_is_removed(registered: DirectWorld, device: Device, answer: httpx.Response) -> None:
    send(registered, device, answer)
    assert (registered.gateway.devices("alice"), registered.direct.next_due) == ([], None)


def test_a_device_that_registered_after_it_was_gone_stays(registered: DirectWorld) -> None:
    registered.uninstall("apn", IPHONE.token)
    registered.clock.advance(60)
    registered.gateway.register(IPHONE)
    registered.gateway.send_to_user("alice", HELLO)
    assert IPHONE in registered.gateway.devices("alice")


def test_a_device_that_got_a_new_token_in_the_meantime_stays(registered: DirectWorld) -> None:
    renewed = Device(PIXEL.id, "alice", "fcm", "renewed-token")
    registered.devices.add(renewed)
    registered.devices.remove(PIXEL)
    assert renewed in registered.gateway.devices("alice")


def test_an_app_that_was_installed_again_with_the_same_token_gets_one_push(registered: DirectWorld) -> None:
    again = Device("another-id", "alice", "fcm", PIXEL.token)
    registered.clock.advance(1)
    registered.gateway.register(again)
    assert registered.gateway.devices("alice") == [IPHONE, again]


def test_devices_outlive_the_process(tmp_path_factory: pytest.TempPathFactory) -> None:
    path = str(tmp_path_factory.mktemp("devices") / "devices.sqlite")
    tagged = Device("t", "alice", "apn", "cd" * 32, frozenset({"a", "b"}))
    for _ in range(2):
        devices = Devices(path)
        devices.add(tagged)
        devices.close()
    devices = Devices(path)
    assert (devices.of_user("alice"), devices.with_tag("b"), len(devices)) == ([tagged], [tagged], 1)
    devices.close()
