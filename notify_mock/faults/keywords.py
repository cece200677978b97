"""The options of ``faults.add``: those of all effects and calls.

Generated from the tables by ``make docs``. For type checkers: which call takes which of them is checked at run time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TypedDict

from notify_mock.faults import Unused
from notify_mock.faults.connections import What
from notify_mock.faults.decision import Phase
from notify_mock.faults.deliveries import ProviderOutcome
from notify_mock.faults.match import Predicate
from notify_mock.support.clock import Moment, Span


class FaultOptions(TypedDict, total=False):
    """The options of ``faults.add``: those of all effects and calls."""

    name: str
    phase: Phase
    unused: Unused
    times: int | None
    skip: int
    every: int
    chance: float
    after: Moment | timedelta | None
    until: Moment | timedelta | None
    account_sid: str | None
    api: str | None
    sid: str | None
    form: dict[str, str]
    headers: dict[str, str]
    predicate: Predicate | None
    code: int
    message: str | None
    detail: str | None
    retry_after: Span | bool | None
    status: int
    body: str
    content_type: str
    location: str | None
    limit: int | None
    window: Span
    concurrent: int | None
    seconds: Span | None
    low: Span | None
    high: Span | None
    median: Span | None
    p99: Span | None
    pieces: int
    bytes: int | None
    what: What
    new_token: str | None
    outcome: ProviderOutcome
    error: int | None
    Action: str
    Address: str
    Alexa: str
    AlexaSkillId: str
    ApiKey: str
    Apn: str
    ApnCredentialSid: str
    BindingType: str
    Body: str
    Certificate: str
    CredentialSid: str
    Data: str
    DefaultAlexaNotificationProtocolVersion: str
    DefaultApnNotificationProtocolVersion: str
    DefaultFcmNotificationProtocolVersion: str
    DefaultGcmNotificationProtocolVersion: str
    DeliveryCallbackEnabled: str
    DeliveryCallbackUrl: str
    EndDate: str
    Endpoint: str
    FacebookMessenger: str
    FacebookMessengerPageId: str
    Fcm: str
    FcmCredentialSid: str
    FriendlyName: str
    Gcm: str
    GcmCredentialSid: str
    Identity: str
    LogEnabled: str
    MessagingServiceSid: str
    NotificationProtocolVersion: str
    NotificationSid: str
    Page: str
    PageSize: str
    PageToken: str
    Priority: str
    PrivateKey: str
    Sandbox: str
    Secret: str
    Segment: str
    ServiceSid: str
    Sms: str
    Sound: str
    StartDate: str
    Tag: str
    Title: str
    ToBinding: str
    Ttl: str
    Type: str
