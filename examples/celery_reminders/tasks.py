"""The tasks, and when they may be tried again.

Twilio has no idempotency key for notifications. A request that was refused can be sent again. If its response was lost,
nobody knows whether the push was sent: to send it again may be once too often, not to send it again once too few.
Each task takes one of the two risks.
"""

from __future__ import annotations

import os
from typing import Any

import requests
from celery import Celery
from twilio.base.exceptions import TwilioRestException
from twilio.rest import Client

app = Celery("reminders", broker=os.environ.get("BROKER_URL", "redis://127.0.0.1:6379/0"))

NOT_CARRIED_OUT = (429, 503)
"""Statuses of requests that Twilio did not carry out: over a limit, or turned away at its edge."""

BACK_OFF: dict[str, Any] = {"retry_backoff": 2, "retry_backoff_max": 600, "retry_jitter": False, "max_retries": 5}
"""Wait 2, 4, 8, 16 and 32 seconds, then fail."""


class Refused(Exception):
    """Twilio did not send the push."""


class Unanswered(Exception):
    """Nobody knows whether Twilio sent the push."""


@app.task(autoretry_for=(Refused, Unanswered), **BACK_OFF)
def remind(user: str, text: str, reminder: str) -> str:
    """Send a reminder at least once. It may arrive twice, with the same ``push_id``: phones show it once."""
    return _send(user, text, ttl=15 * 60, data={"push_id": reminder})


@app.task(autoretry_for=(Refused,), **BACK_OFF)
def advertise(user: str, text: str) -> str:
    """Send an advertisement at most once. If nobody knows whether it was sent, it is not sent again."""
    return _send(user, text, priority="low")


def _send(user: str, text: str, **parameters: Any) -> str:
    """Return the SID of the notification."""
    notifications = Client().notify.v1.services(os.environ["NOTIFY_SERVICE_SID"]).notifications
    try:
        return notifications.create(identity=[user], body=text, **parameters).sid
    except TwilioRestException as error:
        if error.status in NOT_CARRIED_OUT:
            raise Refused(error.msg) from error
        if error.status >= 500:
            raise Unanswered(error.msg) from error
        raise  # a mistake of ours: trying again would not help
    except (requests.ConnectionError, requests.Timeout) as error:
        raise Unanswered("no response") from error
