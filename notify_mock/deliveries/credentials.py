"""The credential for a push: the binding's or the service's, and whether it is valid."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from functools import lru_cache
from typing import NamedTuple

from notify_mock.deliveries.apn import check_environment
from notify_mock.deliveries.channel import Channel
from notify_mock.push_keys.certificate import check_certificate
from notify_mock.resources.credential import Credential
from notify_mock.resources.service import Service
from notify_mock.store.collections import Key, Store
from notify_mock.twilio_api.delivery_errors import Problem

LEGACY_END = 1718928000.0
"""The end of 20 June 2024, in seconds since 1970: Google's legacy API for server keys (documented: June 2024)."""

_JSON_BEGINS = ("{", "[", '"')
_NEEDED = ("project_id", "private_key", "client_email")


def credential_sid_for(channel: Channel, own: str | None, service: Service) -> str | None:
    """Return the SID of the credential to use: the binding's ``own`` takes precedence (documented)."""
    sid: str | None = own or getattr(service, f"{channel.name}_credential_sid", None)
    return sid if channel.is_push else None


def find_credential(store: Store, sid: str | None, service: Service) -> Credential | None:
    """Return the credential of the service's account and region with this SID, or None."""
    found: Credential | None = store.collection(Key("credential", service.account_sid, service.region)).get(sid or "")
    return found


class Use(NamedTuple):
    """How a credential is used: ``problem`` is why it cannot be. A ``legacy`` key of FCM needs the payload of the API
    that it is for; ``project`` is the Firebase project of a service account."""

    problem: Problem | None = None
    legacy: bool = False
    project: str | None = None


def use_credential(
    store: Store,
    channel: Channel,
    sid: str | None,
    credential: Credential | None,
    now: float,
    *,
    accept_legacy: bool = False,
) -> Use:
    """Return how the credential with this SID is used at the time ``now``; None if ``find_credential`` found none. A
    secret that seed data left out is not checked, nor one that a recording has replaced with a pseudonym.

    ``accept_legacy``: server keys of FCM's legacy API work after its end, too.
    """
    if not channel.is_push:
        return Use()
    if sid is None:
        return Use(Problem(52004, f"neither the binding nor the service has a credential for {channel.name}"))
    if credential is None:
        return Use(_missing(store, sid))
    if credential.type != channel.name:
        text = f"Can not use credentialType='{credential.type}' credentials for {channel.name.upper()} notifications"
        return Use(Problem(52003, text))
    return use_of(credential, now, accept_legacy=accept_legacy)


def use_of(credential: Credential, now: float, *, accept_legacy: bool = False) -> Use:
    """Return how this credential is used, whatever the notification."""
    if _has_pseudonym(credential):
        return Use()
    if credential.certificate is not None and credential.private_key is not None:
        problem = check_certificate(credential.certificate, credential.private_key, now)
        return Use(problem or check_environment(credential))
    return _use_of_google(credential, now, accept_legacy)


def _missing(store: Store, sid: str) -> Problem:
    if any(collection.get(sid) for collection in store.collections("credential")):
        return Problem(52162, f"{sid} belongs to another account or region")
    return Problem(52002, f"there is no credential {sid}")


def _has_pseudonym(credential: Credential) -> bool:
    secrets = credential.certificate, credential.private_key, credential.secret, credential.api_key
    if not any(secret is not None and secret.startswith("redacted-") for secret in secrets):
        return False
    from notify_mock.redaction.pseudonyms import is_pseudonym

    return any(secret is not None and is_pseudonym(secret) for secret in secrets)


def _use_of_google(credential: Credential, now: float, accept_legacy: bool) -> Use:
    if credential.secret is not None and not is_legacy_key(credential.secret):
        return read_service_account(credential.secret)
    name = "Secret" if credential.secret is not None else "ApiKey"
    if credential.secret is None and credential.api_key is None:
        return Use()
    works = accept_legacy or now < LEGACY_END
    return Use(None if works else _ended(name, now), legacy=credential.type == "fcm")


def is_legacy_key(secret: str) -> bool:
    """Whether the ``Secret`` of an fcm credential is a server key: it does not begin like JSON (inferred)."""
    return not secret.lstrip("\ufeff").lstrip().startswith(_JSON_BEGINS)


@lru_cache(maxsize=64)
def read_service_account(secret: str) -> Use:
    """Return how the JSON of a service account is used. FCM v1 needs one (documented); 52005 for anything else is
    inferred from its causes and a user's log."""
    try:
        found = json.loads(secret)
    except (ValueError, RecursionError):
        return Use(Problem(52005, "the Secret starts like JSON but is not valid JSON"))
    known = found if isinstance(found, dict) else {}
    missing = [name for name in _NEEDED if not known.get(name) or not isinstance(known[name], str)]
    if missing:
        return Use(Problem(52005, f"the Secret is not the JSON of a service account: it has no {', '.join(missing)}"))
    return Use(project=found["project_id"])


def _ended(name: str, now: float) -> Problem:
    today = datetime.fromtimestamp(now, timezone.utc).date()
    wrong = f"the {name} is a legacy server key: those work until 20 June 2024, the emulator's clock is at {today}"
    return Problem(52117, f"{wrong}. Use the JSON of a service account, or start with the option legacy_fcm")
