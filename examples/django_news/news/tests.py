"""Tests of the newspaper's push service: ``python manage.py test`` or ``python -m pytest``."""

from django.test import SimpleTestCase, override_settings

import notify_mock
from news.wsgi import application
from notify_mock import Refuse, fcm_service_account

ACCOUNT, TOKEN, SERVICE = "AC" + "1" * 32, "the-token", "IS" + "1" * 32
PIXEL = {"reader": "alice", "platform": "fcm", "token": "alices-token", "sections": ["politics", "sport"]}
ARTICLE = {"id": "4711", "section": "sport", "headline": "It is a draw"}


@override_settings(TWILIO_ACCOUNT_SID=ACCOUNT, TWILIO_AUTH_TOKEN=TOKEN, NOTIFY_SERVICE_SID=SERVICE)
@override_settings(PUBLIC_URL="https://news.example", ALLOWED_HOSTS=["news.example", "testserver", "10.0.0.5"])
@notify_mock.intercept(accounts={ACCOUNT: TOKEN})
class PushTests(SimpleTestCase):
    """Each test has an emulator of its own, ``self.emulator``, to which every Twilio client talks."""

    def setUp(self):
        fcm = self.emulator.credentials.add(type="fcm", secret=fcm_service_account())
        self.emulator.services.add(sid=SERVICE, fcm_credential_sid=fcm.sid)
        self.emulator.callbacks.mount(application)
        self.register("pixel", PIXEL)

    def register(self, device, wish):
        return self.client.put(f"/devices/{device}", wish, content_type="application/json")

    def publish(self, **headers):
        return self.client.post("/articles", ARTICLE, content_type="application/json", headers=headers)

    def test_subscribers_of_the_section_get_a_push(self):
        self.register("other", {**PIXEL, "reader": "bob", "token": "bobs-token", "sections": ["politics"]})
        self.assertEqual(self.publish().status_code, 202)

        (push,) = self.emulator.deliveries.expect(title="Breaking news", body="It is a draw", count=1)
        self.assertEqual(push.address, "alices-token")
        self.assertEqual(push.payload["message"]["android"]["ttl"], "3600s")

    def test_a_device_that_registers_again_has_the_new_sections_only(self):
        self.register("pixel", {**PIXEL, "sections": ["culture"]})
        self.publish()
        self.assertEqual(len(self.emulator.deliveries), 0)

    def test_a_failed_delivery_is_logged(self):
        self.emulator.providers.fcm.unregister("alices-token")
        self.publish()
        with self.assertLogs("news.views", "WARNING") as logs:
            self.emulator.callbacks.drain()
        self.assertEqual(logs.output, ["WARNING:news.views:no push for alice: 52103"])

    def test_a_callback_without_a_valid_signature_is_rejected(self):
        self.assertEqual(self.client.post("/twilio/deliveries", {"DeliveryState": "{}"}).status_code, 403)

    def test_the_callback_url_is_not_that_of_a_proxy(self):
        self.publish(host="10.0.0.5")
        self.emulator.callbacks.drain()
        (callback,) = self.emulator.journal.expect("callback.post", count=1, status=204)
        self.assertEqual(callback.call.host, "news.example")

    def test_an_editor_learns_that_twilio_is_busy(self):
        with self.emulator.faults.add("notification.create", Refuse(20429), times=1), self.assertLogs("news.views"):
            self.assertEqual(self.publish().status_code, 503)
        self.assertEqual(self.publish().status_code, 202)
        self.emulator.deliveries.expect(count=1)
