"""What the reference describes: which classes, which of their members, and on which page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import notify_mock as public
from notify_mock.accounts.accounts import Accounts
from notify_mock.callbacks.sender import Callbacks
from notify_mock.deliveries.callback import Callback
from notify_mock.deliveries.inbox import Alert, Deliveries
from notify_mock.deliveries.keywords import DeliveryCriteria
from notify_mock.deliveries.providers import Fcm, Provider, Providers
from notify_mock.doctor.diagnosis import Finding
from notify_mock.faults.keywords import FaultOptions
from notify_mock.faults.rule import Rule
from notify_mock.faults.rules import AddedRule, Faults
from notify_mock.interception.interception import Interception
from notify_mock.journal.keywords import CallCriteria
from notify_mock.push_keys.apn_pair import ApnPair
from notify_mock.replay.playback import Playback
from notify_mock.resources.keywords import RecordFields
from notify_mock.server.shared_server import SharedServer
from notify_mock.support.clock import Clock
from notify_mock.twilio_api.delivery_errors import Problem


@dataclass(frozen=True)
class Entry:
    """One name of the reference. ``members`` are those for users, by heading; ``internal`` are the others.

    ``made`` says whether users call the class themselves, so that its parameters matter.
    """

    thing: Any
    members: tuple[str, ...] | dict[str, tuple[str, ...]] = ()
    internal: tuple[str, ...] = ()
    made: bool = False

    @property
    def name(self) -> str:
        return str(self.thing.__name__)

    def groups(self) -> dict[str, tuple[str, ...]]:
        """Return the members by heading, which is empty where there is only one group."""
        return self.members if isinstance(self.members, dict) else {"": self.members}


_STATE = ("reset", "snapshot", "restore")
_LISTENING = ("announce", "announce_held", "file", "hold", "remove_account")

EMULATOR = Entry(
    public.Emulator,
    {
        "Clients": ("url", "auth", "api_key", "client", "async_client", "intercept", "env", "app", "handle"),
        "What arrived, and what was delivered": ("journal", "keep_bodies", "deliveries", "callbacks"),
        "Assertions about the client": (
            "assert_attempts",
            "assert_backoff",
            "assert_honours_retry_after",
            "assert_no_duplicates",
            "assert_no_secret_in_query",
        ),
        "Records": ("credentials", "services", "bindings", "notifications", "records", "add_records", "doctor"),
        "Accounts, failures and time": (
            "accounts",
            "faults",
            "add_permanent_fault",
            "providers",
            "clock",
            "cassette",
        ),
        "State": (
            "reset",
            "checkpoint",
            "snapshot",
            "restore",
            "set_checkpoint",
            "restore_checkpoint",
            "drop_checkpoint",
            "checkpoints",
            "export",
            "load",
            "position",
            "write_log",
            "degraded",
        ),
        "Looking at it, and closing it": ("inspect", "close"),
    },
    internal=("attempts", "changes", "close_log", "events", "failed", "has_route", "is_lasting", "play"),
    made=True,
)

JOURNAL = Entry(
    public.Journal,
    ("calls", "expect", "last", "show", "subscribe"),
    (*_STATE, *_LISTENING, "close", "defer", "open", "search"),
)

DELIVERIES = Entry(
    Deliveries, ("find", "expect", "last", "alerts", "show", "subscribe"), (*_STATE, *_LISTENING, "alert")
)

PROVIDER = Entry(
    Provider,
    ("unregister", "register", "throttle", "revoke", "go_down", "slow_down", "recover"),
    ("app_of", "apps", "busy", "change", "describe", "is_ios", "outcome", "pause", "restore", "snapshot"),
)

_EFFECTS = [
    Entry(getattr(public, name), internal=("apply", "describe", "kind", "only", "phases"), made=True)
    for name in (
        *("Refuse", "Status", "RateLimit", "Delay", "Hang", "Dribble", "Drop", "Reset", "Truncate", "Garble"),
        *("Stale", "Forget", "Expire", "Undelivered"),
    )
]

PAGES: dict[str, tuple[str, str, list[Entry]]] = {
    "emulator": (
        "Python: Emulator and interception",
        "The emulator as an object, and how clients reach it. The fixture `notify_mock` is an `Emulator`.",
        [
            EMULATOR,
            Entry(public.intercept),
            Entry(Interception, ("escaped",)),
            Entry(public.EscapedRequest),
            Entry(public.UsageError, ("option",), ("inside",)),
            Entry(SharedServer, ("url", "is_started", "stop"), ("dismount", "mount", "server"), made=True),
            Entry(
                Clock, ("now", "time", "is_frozen", "freeze", "set", "advance", "resume"), (*_STATE, "at", "real_time")
            ),
        ],
    ),
    "journal": (
        "Python: requests",
        "The requests that arrived, with their responses, and the criteria of assertions about them.",
        [
            JOURNAL,
            Entry(CallCriteria),
            Entry(
                public.Exchange,
                ("parameter", "values", "response_body", "time", "outcome", "describe"),
                ("discard_body", "discard_defect", "keep_response"),
            ),
            Entry(public.Call, ("parameters", "reads_query", "not_read"), ("size",), made=True),
            Entry(public.Answer),
            Entry(public.TwilioError, ("body",)),
        ],
    ),
    "deliveries": (
        "Python: deliveries and providers",
        "What would have been delivered, the criteria of assertions about it, and failures of APNs, FCM, GCM and SMS.",
        [
            DELIVERIES,
            Entry(DeliveryCriteria),
            Entry(
                public.Delivery,
                (
                    "body",
                    "title",
                    "payload",
                    "headers",
                    "state",
                    "code",
                    "reason",
                    "binding_change",
                    "message_id",
                    "time",
                    "summary",
                    "describe",
                ),
            ),
            Entry(Problem),
            Entry(Alert),
            Entry(Providers, (), _STATE),
            PROVIDER,
            Entry(Fcm, ("accept_legacy",), PROVIDER.members + PROVIDER.internal),  # type: ignore[operator]
            Entry(Callbacks, ("mount", "drain", "waiting", "start", "stop")),
            Entry(Callback, ("form",), ("host", "next_attempt")),
        ],
    ),
    "records": (
        "Python: records and accounts",
        "Credentials, services, bindings and notifications as they are stored, and the accounts that they belong to.",
        [
            Entry(
                public.Records,
                ("add", "remove", "of", "values", "items", "page", "last_known", "counts"),
                ("get", "keys", "resource"),
            ),
            Entry(RecordFields),
            *(Entry(getattr(public, name)) for name in ("Credential", "Service")),
            Entry(public.Binding, ("endpoint",)),
            Entry(public.Notification),
            Entry(
                Accounts,
                ("default", "suspend", "activate", "expire", "expired"),
                (*_STATE, "identify", "is_new", "replace"),
            ),
            Entry(public.Account, made=True),
            Entry(public.ApiKey, made=True),
        ],
    ),
    "faults": (
        "Python: fault rules",
        "Rules that make calls fail or take longer, and their effects.",
        [
            Entry(
                Faults,
                ("add", "read", "remove", "clear", "fired", "unused"),
                (*_STATE, "apply", "discard", "for_one_call"),
            ),
            Entry(FaultOptions),
            Entry(AddedRule, ("fired", "remove")),
            Entry(Rule, ("describe",), ("fingerprint", "is_for")),
            *_EFFECTS,
        ],
    ),
    "recordings": (
        "Python: recordings",
        "Cassettes to replay, and how they are recorded.",
        [
            Entry(public.Cassette, ("of", "warn_of_age"), ("by_key", "entries", "key", "nearest"), made=True),
            Entry(Playback, ("played", "unused", "show", "rewind"), (*_STATE, "find", "insert")),
            Entry(public.Recorder, ("save", "close"), ("begin", "cassette", "end", "forwarding"), made=True),
            Entry(public.Upstream, ("close",), ("send",), made=True),
            Entry(public.StaleCassetteWarning),
        ],
    ),
    "credentials": (
        "Python: credentials for tests",
        "Credentials that Twilio would accept, and what is wrong with those that it would not.",
        [
            Entry(public.apn_pair),
            Entry(ApnPair),
            Entry(public.fcm_service_account),
            Entry(public.Diagnosis, ("ok", "code", "when", "days_left", "describe")),
            Entry(Finding),
        ],
    ),
}
"""The pages of Python names: title, introduction and entries."""

ALIASES: dict[str, str] = {
    "AccountsOption": "accounts.account",
    "BindingChange": "twilio_api.delivery_errors",
    "CassetteOption": "replay.cassette",
    "Consistency": "command_log.lasting",
    "DataOption": "engine.seed_data",
    "DeliveryState": "deliveries.delivery",
    "FaultsOption": "faults.readers",
    "HydrateOption": "engine.hydration",
    "Mode": "recording.recorder",
    "Moment": "support.clock",
    "OnMiss": "replay.cassette",
    "OtherHosts": "server.proxy",
    "OtherTwilio": "engine.stubs",
    "Phase": "faults.decision",
    "Predicate": "faults.match",
    "ProviderOutcome": "faults.deliveries",
    "RecordOption": "recording.backend",
    "Span": "support.clock",
    "StateOption": "command_log.lasting",
    "Unused": "faults",
    "UpstreamOption": "recording.backend",
    "What": "faults.connections",
    "When": "doctor.diagnosis",
}
"""Names for types of arguments, and the modules that define them."""
