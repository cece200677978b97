"""An offline emulator of Twilio's Notify v1 API."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notify_mock.accounts.account import Account, ApiKey
    from notify_mock.cassettes.age import StaleCassetteWarning
    from notify_mock.deliveries.delivery import Delivery
    from notify_mock.doctor.diagnosis import Diagnosis
    from notify_mock.emulator import Emulator, intercept
    from notify_mock.engine.records import Records
    from notify_mock.faults.connections import Drop, Garble, Reset, Truncate
    from notify_mock.faults.deliveries import Undelivered
    from notify_mock.faults.responses import RateLimit, Refuse, Status
    from notify_mock.faults.states import Expire, Forget, Stale
    from notify_mock.faults.timing import Delay, Dribble, Hang
    from notify_mock.interception.routing import EscapedRequest
    from notify_mock.journal.exchange import Exchange
    from notify_mock.journal.journal import Journal
    from notify_mock.push_keys.apn_pair import apn_pair
    from notify_mock.push_keys.service_account import fcm_service_account
    from notify_mock.recording.recorder import Recorder
    from notify_mock.recording.upstream import Upstream
    from notify_mock.replay.cassette import Cassette
    from notify_mock.resources.binding import Binding
    from notify_mock.resources.credential import Credential
    from notify_mock.resources.notification import Notification
    from notify_mock.resources.service import Service
    from notify_mock.support.usage import UsageError
    from notify_mock.support.version import __version__ as __version__
    from notify_mock.twilio_api.errors import TwilioError
    from notify_mock.twilio_api.messages import Answer, Call

__all__ = [
    "Account",
    "Answer",
    "ApiKey",
    "Binding",
    "Call",
    "Cassette",
    "Credential",
    "Delay",
    "Delivery",
    "Diagnosis",
    "Dribble",
    "Drop",
    "Emulator",
    "EscapedRequest",
    "Exchange",
    "Expire",
    "Forget",
    "Garble",
    "Hang",
    "Journal",
    "Notification",
    "RateLimit",
    "Recorder",
    "Records",
    "Refuse",
    "Reset",
    "Service",
    "Stale",
    "StaleCassetteWarning",
    "Status",
    "Truncate",
    "TwilioError",
    "Undelivered",
    "Upstream",
    "UsageError",
    "apn_pair",
    "fcm_service_account",
    "intercept",
]

_HOMES = {
    "Account": "accounts.account",
    "Answer": "twilio_api.messages",
    "ApiKey": "accounts.account",
    "Binding": "resources.binding",
    "Call": "twilio_api.messages",
    "Cassette": "replay.cassette",
    "Credential": "resources.credential",
    "Delay": "faults.timing",
    "Delivery": "deliveries.delivery",
    "Diagnosis": "doctor.diagnosis",
    "Dribble": "faults.timing",
    "Drop": "faults.connections",
    "Emulator": "emulator",
    "EscapedRequest": "interception.routing",
    "Exchange": "journal.exchange",
    "Expire": "faults.states",
    "Forget": "faults.states",
    "Garble": "faults.connections",
    "Hang": "faults.timing",
    "Journal": "journal.journal",
    "Notification": "resources.notification",
    "RateLimit": "faults.responses",
    "Recorder": "recording.recorder",
    "Records": "engine.records",
    "Refuse": "faults.responses",
    "Reset": "faults.connections",
    "Service": "resources.service",
    "Stale": "faults.states",
    "StaleCassetteWarning": "cassettes.age",
    "Status": "faults.responses",
    "Truncate": "faults.connections",
    "TwilioError": "twilio_api.errors",
    "Undelivered": "faults.deliveries",
    "Upstream": "recording.upstream",
    "UsageError": "support.usage",
    "__version__": "support.version",
    "apn_pair": "push_keys.apn_pair",
    "fcm_service_account": "push_keys.service_account",
    "intercept": "emulator",
}


def __getattr__(name: str) -> Any:
    """Import public names when they are first used, because every pytest run imports this package."""
    if name in _HOMES:
        return getattr(import_module(f"notify_mock.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'notify_mock' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
