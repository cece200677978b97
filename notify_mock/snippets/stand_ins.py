"""What takes the place of secrets in snippets: values that Twilio would accept, and that the emulator does."""

from __future__ import annotations

import json
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from notify_mock.journal.exchange import Exchange
from notify_mock.support.masked_url import MASK, masked_url
from notify_mock.twilio_api.errors import TwilioError, UnreadableCertificate, UnreadablePrivateKey
from notify_mock.twilio_api.masking import PLAIN, show_text

LEGACY_KEY, API_KEY, BROKEN_ACCOUNT = "legacy-server-key", "api-key", '{"type": "service_account"}'


_SECRET = ("Certificate", "PrivateKey", "Secret", "ApiKey")


class File(NamedTuple):
    """A secret that is read from a file, or made by an expression of Python."""

    name: str
    python: str


CERTIFICATE, PRIVATE_KEY = File("certificate.pem", "pair.certificate"), File("key.pem", "pair.private_key")
SERVICE_ACCOUNT = File("service-account.json", "fcm_service_account()")


def stand_in(name: str, value: str, refusal: type[TwilioError] | None = None) -> str | File | None:
    """Return the value of a parameter for a snippet: itself, or what takes the place of a secret.

    None for a parameter that Twilio does not know. ``refusal`` is the error that the call got, to get it again.
    """
    if name == "Certificate" and value:
        return "not a certificate" if refusal is UnreadableCertificate else CERTIFICATE
    if name == "PrivateKey" and value:
        return "not a private key" if refusal is UnreadablePrivateKey else PRIVATE_KEY
    if name == "Secret" and value:
        return secret_like(value)
    if name == "ApiKey" and value:
        return API_KEY
    if name == "DeliveryCallbackUrl":
        return without_secrets(value)
    if name not in PLAIN and name not in _SECRET:
        return None  # not even the name: without a value, it may be the rest of a secret with an unencoded "&"
    return "text" if MASK in show_text(value, len(value) + 1) else value


def secret_like(value: str) -> str | File:
    """Return a secret of the same kind: a service account, one that is broken, or a legacy server key."""
    if not value.lstrip(" \t\r\n\ufeff").startswith(("{", "[", '"')):
        return LEGACY_KEY
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return '{"type": '
    needed = ("private_key", "client_email", "project_id")
    is_whole = isinstance(found, dict) and all(isinstance(found.get(name), str) for name in needed)
    return SERVICE_ACCOUNT if is_whole else BROKEN_ACCOUNT


def without_secrets(url: str) -> str:
    """Return a callback URL without password, query and fragment."""
    if masked_url(url) == url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return "text"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def sent_values(exchange: Exchange) -> dict[str, Any]:
    """Return the parameters of a request for a snippet: the value of each, or the list of its values."""
    values: dict[str, list[Any]] = {}
    for name, value in exchange.call.parameters.pairs:
        shown = stand_in(name, value, exchange.refusal)
        if shown is not None:
            values.setdefault(name, []).append(shown)
    return {name: several if len(several) > 1 else several[0] for name, several in values.items()}
