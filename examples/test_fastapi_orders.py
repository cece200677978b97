"""Tests of the shop's push service, in the event loop of each test. The app reads its settings from variables."""

from __future__ import annotations

import pytest

from notify_mock import Refuse, fcm_service_account

pytest.importorskip("fastapi", reason="needs FastAPI; make ecosystem runs these tests")
pytest.importorskip("python_multipart", reason="needs python-multipart; make ecosystem runs these tests")

from fastapi_orders import app
from httpx import ASGITransport, AsyncClient
from twilio.request_validator import RequestValidator

pytestmark = pytest.mark.anyio
URL = "https://shop.example"
UPDATE = {"customer": "alice", "status": "It is on its way."}


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.fixture
async def shop(notify_mock, monkeypatch):
    """An HTTP client of the running app, in which alice has a phone. The fixture notify_mock sets account and token."""
    fcm = notify_mock.credentials.add(type="fcm", secret=fcm_service_account())
    service = notify_mock.services.add(fcm_credential_sid=fcm.sid)
    monkeypatch.setenv("NOTIFY_SERVICE_SID", service.sid)
    monkeypatch.setenv("PUBLIC_URL", URL)
    notify_mock.callbacks.mount(app)
    async with app.router.lifespan_context(app), AsyncClient(transport=ASGITransport(app), base_url=URL) as client:
        await client.put("/customers/alice/phones/pixel", json={"token": "alices-token"})
        yield client


@pytest.fixture
def waits(notify_mock, monkeypatch):
    """The seconds that the app slept. Sleeping moves the emulator's clock and takes no time."""
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        notify_mock.clock.advance(seconds)

    monkeypatch.setattr("fastapi_orders.notify.sleep", sleep)
    return slept


async def test_a_customer_is_told_about_an_order(shop, notify_mock):
    assert (await shop.post("/orders/17/status", json=UPDATE)).status_code == 202

    (push,) = notify_mock.deliveries.expect(identity="alice", title="Order 17", body=UPDATE["status"], count=1)
    assert push.payload["message"]["data"]["order"] == "17"


async def test_a_phone_that_registers_again_gets_one_push(shop, notify_mock):
    await shop.put("/customers/alice/phones/pixel", json={"token": "new-token"})
    await shop.post("/orders/17/status", json=UPDATE)
    assert [push.address for push in notify_mock.deliveries] == ["new-token"]


async def test_customers_and_phones_whose_names_read_alike_are_not_mixed_up(shop, notify_mock):
    for path in ("/customers/a-b/phones/c", "/customers/a/phones/b-c"):
        await shop.put(path, json={"token": f"token of {path}"})
    assert {binding.identity for binding in notify_mock.bindings.values()} == {"alice", "a-b", "a"}


async def test_the_delivery_callback_tells_which_phones_were_reached(shop, notify_mock):
    await shop.put("/customers/alice/phones/old", json={"token": "old-token"})
    notify_mock.providers.fcm.unregister("old-token")
    push = (await shop.post("/orders/17/status", json=UPDATE)).json()["push"]
    assert (await shop.get(f"/pushes/{push}")).json() == {}

    notify_mock.callbacks.drain()

    assert (await shop.get(f"/pushes/{push}")).json() == {"alices-token": "SENT", "old-token": "FAILED"}
    notify_mock.journal.expect("callback.post", count=1, status=204)


async def test_a_callback_without_a_valid_signature_is_rejected(shop):
    forged = {"NotificationSid": "NT1", "DeliveryState": '{"address": "alices-token", "status": "SENT"}'}
    assert (await shop.post("/twilio/deliveries", data=forged)).status_code == 403
    assert (await shop.get("/pushes/NT1")).status_code == 404


async def test_a_callback_through_a_proxy_is_accepted(shop, notify_mock):
    form = {"NotificationSid": "NT1", "DeliveryState": '{"address": "alices-token", "status": "SENT"}'}
    signature = RequestValidator(notify_mock.auth[1]).compute_signature(f"{URL}/twilio/deliveries", form)
    behind = "http://10.0.0.5:8000/twilio/deliveries"
    assert (await shop.post(behind, data=form, headers={"X-Twilio-Signature": signature})).status_code == 204


@pytest.mark.notify_fault("notification.create", Refuse(20429), times=2)
async def test_a_rate_limited_push_is_sent_after_a_back_off(shop, notify_mock, waits):
    notify_mock.clock.freeze()
    assert (await shop.post("/orders/17/status", json=UPDATE)).status_code == 202

    assert waits == [0.5, 1.0]
    notify_mock.assert_backoff("notification.create", minimum=[0.5, 1.0], growth=2)
    notify_mock.deliveries.expect(identity="alice", count=1)


@pytest.mark.notify_fault("notification.create", Refuse(20429))
async def test_a_push_that_stays_rate_limited_is_left_to_the_caller(shop, notify_mock, waits):
    response = await shop.post("/orders/17/status", json=UPDATE)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "10")
    notify_mock.assert_attempts("notification.create", 4)
    assert len(notify_mock.deliveries) == 0
