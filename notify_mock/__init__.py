"""An offline emulator of Twilio's Notify v1 API, above all its Credential resource."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from notify_mock.accounts import Account, ApiKey
    from notify_mock.call import Answer, Call
    from notify_mock.emulator import Emulator
    from notify_mock.errors import TwilioError
    from notify_mock.journal import Exchange, Journal
    from notify_mock.records import Records
    from notify_mock.resources.credential import Credential
    from notify_mock.usage import UsageError

__version__ = "0.1.0"
__all__ = [
    "Account",
    "Answer",
    "ApiKey",
    "Call",
    "Credential",
    "Emulator",
    "Exchange",
    "Journal",
    "Records",
    "TwilioError",
    "UsageError",
]

_HOMES = {
    "Account": "accounts",
    "Answer": "call",
    "ApiKey": "accounts",
    "Call": "call",
    "Credential": "resources.credential",
    "Emulator": "emulator",
    "Exchange": "journal",
    "Journal": "journal",
    "Records": "records",
    "TwilioError": "errors",
    "UsageError": "usage",
}


def __getattr__(name: str) -> Any:
    """Names are imported when first used: every pytest run imports this package, used or not."""
    if name in _HOMES:
        return getattr(import_module(f"notify_mock.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'notify_mock' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
