"""APNs: ``aps`` with the alert, custom keys next to it, headers, a limit of 4 KB, and topics and environments."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from notify_mock.deliveries.channel import Channel, Rendered, merged, present, size
from notify_mock.deliveries.delivery import Rendering
from notify_mock.resources.credential import Credential
from notify_mock.resources.notification import Notification
from notify_mock.resources.service import Service
from notify_mock.support.counted import counted
from notify_mock.support.usage import UsageError, only_known, shown
from notify_mock.twilio_api.delivery_errors import Problem

if TYPE_CHECKING:
    from notify_mock.push_keys.push_certificate import PushCertificate

LIMIT = 4096
"""Maximum size of a payload in bytes. Source: Apple's documentation."""

_TOKEN = re.compile(r"[0-9a-fA-F]{64}")
_HEX = re.compile(r"[0-9a-fA-F]+")
_PRIORITY = {"high": "10", "low": "5"}
_VISIBLE = ("alert", "badge", "sound")
_ENVIRONMENTS = {True: "sandbox", False: "production"}


class App(NamedTuple):
    """What a device token is for: an app by its topic, which is its bundle ID, and the sandbox or production.

    None means any.
    """

    topic: str | None = None
    sandbox: bool | None = None


def _render(notification: Notification, _service: Service, now: float) -> Rendered:
    """Source: the descriptions of the parameters in Twilio's OpenAPI file (documented)."""
    alert = present(title=notification.title, body=notification.body)
    aps = present(alert=alert or None, sound=notification.sound, category=notification.action)
    payload = merged({**(notification.data or {}), "aps": aps}, notification.apn)
    headers = (
        ("apns-priority", _PRIORITY[notification.priority]),
        ("apns-expiration", _expiration(notification, now)),
        ("apns-push-type", _push_type(payload["aps"])),
    )
    return Rendering(json.dumps(payload), headers), _refused(payload)


def _expiration(notification: Notification, now: float) -> str:
    """Return seconds since 1970, or 0 for "deliver now or discard" (Apple's documentation)."""
    return str(int(now) + notification.ttl) if notification.ttl else "0"


def _push_type(aps: object) -> str:
    """Return ``background`` for a push that shows nothing (Apple's documentation; inferred for Twilio)."""
    if not isinstance(aps, dict) or any(name in aps for name in _VISIBLE):
        return "alert"
    return "background" if aps.get("content-available") == 1 else "alert"


def with_topic(rendering: Rendering, credential: Credential) -> Rendering:
    """Return the rendering with the ``apns-topic`` of the credential's certificate.

    Twilio sends "only to the certificate's main topic" (documented). A push to a VoIP topic has a type of its own
    (Apple's documentation).
    """
    certificate = _certificate(credential)
    if certificate is None or certificate.topic is None:
        return rendering
    headers = {**dict(rendering.headers), "apns-topic": certificate.topic}
    if certificate.topic.endswith(".voip"):
        headers["apns-push-type"] = "voip"
    return rendering._replace(headers=tuple(headers.items()))


def check_environment(credential: Credential) -> Problem | None:
    """Return the problem if the certificate is not for the environment that ``Sandbox`` names.

    The code is inferred: Twilio's page 52134 names a development certificate for a production app, and the reverse.
    """
    certificate, environment = _certificate(credential), _environment(credential)
    if certificate is None or not certificate.environments or environment in certificate.environments:
        return None
    sides = f"the certificate is for {certificate.environments[0]}, the credential has Sandbox={credential.sandbox}"
    return Problem(52134, sides)


def check_app(app: App, credential: Credential) -> Problem | None:
    """Return why APNs rejects a token of this app with the credential, or None.

    Codes: Twilio's pages (documented). The rejection leaves the binding as it is (observed for 52134).
    """
    if app.sandbox is not None and _ENVIRONMENTS[app.sandbox] != _environment(credential):
        sides = f"the device token is for {_ENVIRONMENTS[app.sandbox]}, the credential has Sandbox={credential.sandbox}"
        return Problem(52134, sides)
    certificate = _certificate(credential)
    if app.topic is None or certificate is None or certificate.topic in (None, app.topic):
        return None
    return Problem(52143, f"the device token is for {app.topic}, the certificate for {certificate.topic}")


def one_spelling(address: str) -> str:
    """Return a device token in lower case, and other text as it is: upper and lower case are the same hex digits."""
    return address.lower() if _TOKEN.fullmatch(address) else address


def read_app(given: Any, where: str) -> App:
    """Return the app that ``{"topic": ..., "sandbox": ...}`` describes. Raises ``UsageError``."""
    if not isinstance(given, Mapping):
        raise UsageError(where, f"expected a topic and sandbox, got {shown(given)}")
    only_known(where, given, App._fields)
    app = App(**given)
    if app.topic is not None and (not isinstance(app.topic, str) or not app.topic):
        raise UsageError(f"{where}, topic", f"expected a bundle ID, got {shown(app.topic)}")
    if app.sandbox is not None and not isinstance(app.sandbox, bool):
        raise UsageError(f"{where}, sandbox", f"expected true or false, got {shown(app.sandbox)}")
    return app


def _environment(credential: Credential) -> str:
    return _ENVIRONMENTS[credential.sandbox == "True"]


def _certificate(credential: Credential) -> PushCertificate | None:
    """Return None for a credential without a certificate that can be read, such as seed data."""
    if credential.certificate is None:
        return None
    from notify_mock.push_keys.push_certificate import read_push_certificate

    try:
        return read_push_certificate(credential.certificate)
    except ValueError:
        return None


def _refused(payload: dict[str, object]) -> Problem | None:
    if payload == {"aps": {}}:
        return Problem(52136, "nothing to show and no data")
    length = size(payload)
    return Problem(52138, f"{length} bytes, the limit is {LIMIT}") if length > LIMIT else None


def _check(address: str) -> Problem | None:
    """A device token is 32 bytes in hex. The error codes for invalid tokens are inferred."""
    if _TOKEN.fullmatch(address):
        return None
    if _HEX.fullmatch(address):
        return Problem(52133, f"the device token has {counted(len(address), 'hex digit')} instead of 64")
    return Problem(52134, "a device token must be 64 hex digits")


APN = Channel("apn", True, _render, _check)
