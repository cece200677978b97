"""An offline emulator of Twilio's Notify v1 API, above all its Credential resource."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notify_mock.accounts import Account, ApiKey
    from notify_mock.call import Answer, Call
    from notify_mock.cassettes.cassette import Cassette
    from notify_mock.deliveries.delivery import Delivery
    from notify_mock.emulator import Emulator, intercept
    from notify_mock.errors import TwilioError
    from notify_mock.exchange import Exchange
    from notify_mock.faults.answers import RateLimit, Refuse, Status
    from notify_mock.faults.connections import Drop, Garble, Reset, Truncate
    from notify_mock.faults.deliveries import Undelivered
    from notify_mock.faults.states import Expire, Forget, Stale
    from notify_mock.faults.times import Delay, Dribble, Hang
    from notify_mock.journal import Journal
    from notify_mock.pairs import apn_pair
    from notify_mock.recorder import Recorder
    from notify_mock.records import Records
    from notify_mock.resources.binding import Binding
    from notify_mock.resources.credential import Credential
    from notify_mock.resources.notification import Notification
    from notify_mock.resources.service import Service
    from notify_mock.switchboard import EscapedRequest
    from notify_mock.upstream import Upstream
    from notify_mock.usage import UsageError

__version__ = "0.1.0"
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
    "Status",
    "Truncate",
    "TwilioError",
    "Undelivered",
    "Upstream",
    "UsageError",
    "apn_pair",
    "intercept",
]

_HOMES = {
    "Account": "accounts",
    "Answer": "call",
    "ApiKey": "accounts",
    "Binding": "resources.binding",
    "Call": "call",
    "Cassette": "cassettes.cassette",
    "Credential": "resources.credential",
    "Delay": "faults.times",
    "Delivery": "deliveries.delivery",
    "Dribble": "faults.times",
    "Drop": "faults.connections",
    "Emulator": "emulator",
    "EscapedRequest": "switchboard",
    "Exchange": "exchange",
    "Expire": "faults.states",
    "Forget": "faults.states",
    "Garble": "faults.connections",
    "Hang": "faults.times",
    "Journal": "journal",
    "Notification": "resources.notification",
    "RateLimit": "faults.answers",
    "Recorder": "recorder",
    "Records": "records",
    "Refuse": "faults.answers",
    "Reset": "faults.connections",
    "Service": "resources.service",
    "Stale": "faults.states",
    "Status": "faults.answers",
    "Truncate": "faults.connections",
    "TwilioError": "errors",
    "Undelivered": "faults.deliveries",
    "Upstream": "upstream",
    "UsageError": "usage",
    "apn_pair": "pairs",
    "intercept": "emulator",
}


def __getattr__(name: str) -> Any:
    """Names are imported when first used: every pytest run imports this package, used or not."""
    if name in _HOMES:
        return getattr(import_module(f"notify_mock.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'notify_mock' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
