"""What Twilio would make of a credential, by the rules of the emulator itself: at create, and at the first push."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import NamedTuple

from notify_mock.deliveries.credentials import use_of
from notify_mock.resources.credential import CREDENTIAL, Credential
from notify_mock.twilio_api.delivery_errors import Problem
from notify_mock.twilio_api.errors import TwilioError
from notify_mock.twilio_api.messages import Params

_EPOCH = datetime.fromtimestamp(0, timezone.utc)


class Prediction(NamedTuple):
    """``refused`` is the answer to create, or None if it is accepted. ``problem`` is why a push fails then, or None."""

    refused: TwilioError | None
    problem: Problem | None


def predict(parameters: Mapping[str, str], now: float, *, accept_legacy: bool = False) -> Prediction:
    """Return what becomes of these parameters of a create."""
    try:
        values = CREDENTIAL.create(Params(tuple(parameters.items())), None)
    except TwilioError as error:
        return Prediction(error, None)
    record = Credential("", "", "", _EPOCH, _EPOCH, **values)
    return Prediction(None, use_of(record, now, accept_legacy=accept_legacy).problem)
