"""The criteria of ``journal.calls`` and ``journal.expect``.

Generated from the tables by ``make docs``. For type checkers: which call takes which of them is checked at run time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict


class CallCriteria(TypedDict, total=False):
    """The criteria of ``journal.calls`` and ``journal.expect``."""

    account_sid: str | None
    api: str | None
    code: int | None
    region: str | None
    sid: str | None
    status: int | None
    form: Mapping[str, str | None]
    AccountSid: str | None
    Action: str | None
    Address: str | None
    Alexa: str | None
    AlexaSkillId: str | None
    ApiKey: str | None
    Apn: str | None
    ApnCredentialSid: str | None
    BindingType: str | None
    Body: str | None
    Certificate: str | None
    Count: str | None
    CredentialSid: str | None
    Data: str | None
    DefaultAlexaNotificationProtocolVersion: str | None
    DefaultApnNotificationProtocolVersion: str | None
    DefaultFcmNotificationProtocolVersion: str | None
    DefaultGcmNotificationProtocolVersion: str | None
    DeliveryCallbackEnabled: str | None
    DeliveryCallbackUrl: str | None
    DeliveryState: str | None
    EndDate: str | None
    Endpoint: str | None
    FacebookMessenger: str | None
    FacebookMessengerPageId: str | None
    Fcm: str | None
    FcmCredentialSid: str | None
    FriendlyName: str | None
    Gcm: str | None
    GcmCredentialSid: str | None
    Identity: str | None
    IsFinal: str | None
    LogEnabled: str | None
    MessagingServiceSid: str | None
    NotificationProtocolVersion: str | None
    NotificationSid: str | None
    Page: str | None
    PageSize: str | None
    PageToken: str | None
    Priority: str | None
    PrivateKey: str | None
    Sandbox: str | None
    Secret: str | None
    Segment: str | None
    SequenceId: str | None
    ServiceSid: str | None
    Sms: str | None
    Sound: str | None
    StartDate: str | None
    Tag: str | None
    Title: str | None
    ToBinding: str | None
    Ttl: str | None
    Type: str | None
