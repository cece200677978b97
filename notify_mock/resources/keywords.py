"""The fields of all records that can be added.

Generated from the tables by ``make docs``. For type checkers: which call takes which of them is checked at run time.
"""

from __future__ import annotations

from typing import TypedDict

from notify_mock.support.clock import Moment


class RecordFields(TypedDict, total=False):
    """The fields of all records that can be added."""

    sid: str | None
    account_sid: str | None
    region: str | None
    date_created: Moment | None
    date_updated: Moment | None
    type: str
    friendly_name: str | None
    sandbox: str | bool | None
    certificate: str | None
    private_key: str | None
    api_key: str | None
    secret: str | None
    apn_credential_sid: str | None
    gcm_credential_sid: str | None
    fcm_credential_sid: str | None
    messaging_service_sid: str | None
    facebook_messenger_page_id: str | None
    alexa_skill_id: str | None
    default_apn_notification_protocol_version: str
    default_gcm_notification_protocol_version: str
    default_fcm_notification_protocol_version: str
    default_alexa_notification_protocol_version: str
    log_enabled: bool
    delivery_callback_url: str | None
    delivery_callback_enabled: bool
    callback_origin: str
    service_sid: str | None
    identity: str | None
    binding_type: str
    address: str
    tags: list[str] | tuple[str, ...] | None
    notification_protocol_version: str
    credential_sid: str | None
    endpoint: str | None
    disabled: bool
