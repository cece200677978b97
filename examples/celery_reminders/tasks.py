"""The tasks, and when they may be tried again.

Twilio Notify has no idempotency key. A request that was rate limited can be sent again. After a 5xx or a lost response,
nobody knows whether the push was sent: with a retry it may arrive twice, without one it may not arrive. Each task takes
one of the two risks.
"""

from __future__ import annotations

import os
from typing import Any

import requests
from celery import Celery
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

app = Celery("reminders", broker=os.environ.get("BROKER_URL", "redis://127.0.0.1:6379/0"))

BACK_OFF: dict[str, Any] = {"retry_backoff": 2, "retry_backoff_max": 600, "retry_jitter": False, "max_retries": 5}
"""Wait 2, 4, 8, 16 and 32 seconds, then fail."""

TIMEOUT = 10.0
"""Seconds to wait for a response. By default, the SDK waits for ever."""


class Refused(Exception):
    """Twilio did not send the push."""


class Unanswered(Exception):
    """Nobody knows whether Twilio sent the push."""


@app.task(autoretry_for=(Refused, Unanswered), **BACK_OFF)
def remind(user: str, text: str, reminder: str) -> str:
    """Send a reminder at least once. If it arrives twice, both have the same ``push_id``, and the phone shows one."""
    return _send(user, text, ttl=15 * 60, data={"push_id": reminder})


@app.task(autoretry_for=(Refused,), **BACK_OFF)
def advertise(user: str, text: str) -> str:
    """Send an advertisement at most once. If nobody knows whether it was sent, it is not sent again."""
    return _send(user, text, priority="low")


def _send(user: str, text: str, **parameters: Any) -> str:
    """Return the SID of the notification."""
    client = Client(http_client=TwilioHttpClient(timeout=TIMEOUT))
    notifications = client.notify.v1.services(os.environ["NOTIFY_SERVICE_SID"]).notifications
    try:
        return notifications.create(identity=[user], body=text, **parameters).sid
    except TwilioRestException as error:
        if error.status == 429:
            raise Refused(error.msg) from error
        if error.status >= 500:
            raise Unanswered(error.msg) from error
        raise  # a mistake of ours, which a retry would repeat
    except requests.RequestException as error:
        raise Unanswered("no response") from error
