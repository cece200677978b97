"""The credential for a push: the binding's or the service's, and whether it is valid."""

from __future__ import annotations

import json

from notify_mock.deliveries.channel import Channel
from notify_mock.push_keys.certificate import check_certificate
from notify_mock.resources.credential import Credential
from notify_mock.resources.service import Service
from notify_mock.store.collections import Key, Store
from notify_mock.twilio_api.delivery_errors import Problem


def credential_sid_for(channel: Channel, own: str | None, service: Service) -> str | None:
    """Return the SID of the credential to use: the binding's ``own`` takes precedence (documented)."""
    sid: str | None = own or getattr(service, f"{channel.name}_credential_sid", None)
    return sid if channel.is_push else None


def check_credential(store: Store, channel: Channel, sid: str | None, service: Service, now: float) -> Problem | None:
    """Return why the credential cannot be used, or None. A secret that seed data left out is not checked."""
    if not channel.is_push:
        return None
    if sid is None:
        return Problem(52004, f"neither the binding nor the service has a credential for {channel.name}")
    credential = store.collection(Key("credential", service.account_sid, service.region)).get(sid)
    if credential is None:
        return _missing(store, sid)
    if credential.type != channel.name:
        text = f"Can not use credentialType='{credential.type}' credentials for {channel.name.upper()} notifications"
        return Problem(52003, text)
    return content_problem(credential, now)


def _missing(store: Store, sid: str) -> Problem:
    if any(collection.get(sid) for collection in store.collections("credential")):
        return Problem(52162, f"{sid} belongs to another account or region")
    return Problem(52002, f"there is no credential {sid}")


def content_problem(credential: Credential, now: float) -> Problem | None:
    """Return why a push with this credential fails, whatever the notification, or None."""
    if credential.certificate is not None and credential.private_key is not None:
        return check_certificate(credential.certificate, credential.private_key, now)
    if credential.secret is not None and credential.secret.lstrip().startswith("{"):
        return _service_account(credential.secret)
    return None


def _service_account(secret: str) -> Problem | None:
    """FCM v1 needs the JSON of a service account (documented). Twilio only warns about a legacy key, so it passes."""
    try:
        found = json.loads(secret)
    except (ValueError, RecursionError):
        return Problem(52005, "the Secret starts like JSON but is not valid JSON")
    if not all(isinstance(found.get(name), str) for name in ("private_key", "client_email")):
        return Problem(52005, "the Secret has no private_key and client_email of a service account")
    return None
