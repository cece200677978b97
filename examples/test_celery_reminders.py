"""Tests of the calendar's tasks. Retries take no time: they move the emulator's clock to the time when they are due."""

from __future__ import annotations

import pytest
import requests
from twilio.base.exceptions import TwilioRestException

from notify_mock import Drop, Hang, Refuse, Status, Truncate, fcm_service_account

pytest.importorskip("celery", reason="needs Celery; make ecosystem runs these tests")

from celery import Task
from celery.contrib.testing.worker import start_worker
from celery_reminders import advertise, app, remind
from celery_reminders.tasks import Unanswered

app.conf.update(broker_url="memory://", result_backend="cache+memory://")  # before the first task
REMINDER = ("alice", "Dentist at 3 pm", "appointment-17")


@pytest.fixture(autouse=True)
def service(notify_mock, monkeypatch):
    """A service in which alice has a phone. The fixture notify_mock sets the account and its token."""
    fcm = notify_mock.credentials.add(type="fcm", secret=fcm_service_account())
    service = notify_mock.services.add(fcm_credential_sid=fcm.sid)
    notify_mock.bindings.add(identity="alice", binding_type="fcm", address="alices-token")
    monkeypatch.setenv("NOTIFY_SERVICE_SID", service.sid)
    return service


@pytest.fixture(autouse=True)
def countdowns(notify_mock, monkeypatch):
    """The seconds before each retry. ``apply`` ignores them, so the emulator's clock is moved instead."""
    notify_mock.clock.freeze()
    retry, seconds = Task.retry, []

    def retry_when_due(task, *args, countdown, **options):
        seconds.append(countdown)
        notify_mock.clock.advance(countdown)
        return retry(task, *args, countdown=countdown, **options)

    monkeypatch.setattr(Task, "retry", retry_when_due)
    return seconds


def test_a_reminder_reaches_the_phone(notify_mock):
    remind.apply(REMINDER).get()
    (push,) = notify_mock.deliveries.expect(identity="alice", body="Dentist at 3 pm", count=1)
    assert push.payload["message"]["data"]["push_id"] == "appointment-17"


@pytest.mark.notify_fault("notification.create", Refuse(20429), times=3)
def test_a_rate_limited_reminder_is_sent_after_a_back_off(notify_mock, countdowns):
    remind.apply(REMINDER).get()
    assert countdowns == [2, 4, 8]
    notify_mock.assert_backoff("notification.create", minimum=[2, 4, 8], growth=2)
    notify_mock.deliveries.expect(identity="alice", count=1)


@pytest.mark.notify_mock(scenario="outage")
def test_a_task_gives_up_after_five_retries(notify_mock):
    with pytest.raises(Unanswered):
        remind.apply(REMINDER).get()
    notify_mock.assert_attempts("notification.create", 6)
    assert len(notify_mock.deliveries) == 0


def test_a_mistake_is_not_tried_again(notify_mock, monkeypatch):
    monkeypatch.setenv("NOTIFY_SERVICE_SID", "IS" + "0" * 32)
    with pytest.raises(TwilioRestException, match="not found"):
        remind.apply(REMINDER).get()
    notify_mock.assert_attempts("notification.create", 1)


@pytest.mark.parametrize("fault", [Drop(), Truncate(), Status(502)])
def test_a_reminder_whose_response_was_lost_arrives_twice_and_is_shown_once(notify_mock, fault):
    with notify_mock.faults.add("notification.create", fault, phase="after", times=1):
        remind.apply(REMINDER).get()

    pushes = notify_mock.deliveries.expect(identity="alice", count=2)
    assert {push.payload["message"]["data"]["push_id"] for push in pushes} == {"appointment-17"}


@pytest.mark.parametrize("fault", [Drop(), Truncate(), Status(502)])
def test_an_advertisement_whose_response_was_lost_is_not_sent_again(notify_mock, fault):
    with notify_mock.faults.add("notification.create", fault, phase="after", times=1), pytest.raises(Unanswered):
        advertise.apply(("alice", "Half price")).get()
    notify_mock.deliveries.expect(identity="alice", count=1)


def test_a_worker_does_not_wait_for_ever(notify_mock, monkeypatch):
    monkeypatch.setattr("celery_reminders.tasks.TIMEOUT", 0.1)
    with notify_mock.faults.add("notification.create", Hang(), times=1), pytest.raises(Unanswered) as failed:
        advertise.apply(("alice", "Half price")).get()
    assert isinstance(failed.value.__cause__, requests.Timeout)


@pytest.mark.notify_fault("notification.create", Refuse(20429), times=1)
def test_a_rate_limited_advertisement_is_sent_once(notify_mock):
    advertise.apply(("alice", "Half price")).get()
    notify_mock.deliveries.expect(identity="alice", count=1)


def test_a_worker_sends_the_reminder(notify_mock):
    with start_worker(app, pool="solo", perform_ping_check=False):
        remind.delay(*REMINDER).get(timeout=30)
    notify_mock.deliveries.expect(identity="alice", count=1)
