"""Keeps the APNs certificate fresh: a job that runs once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography.x509 import load_pem_x509_certificate
from twilio.rest import Client

EARLY = timedelta(days=14)
"""So long before its end a certificate is replaced."""


class Certificate(NamedTuple):
    """PEM texts."""

    certificate: str
    private_key: str

    def ends(self) -> datetime:
        return load_pem_x509_certificate(self.certificate.encode()).not_valid_after_utc


def rotate(
    client: Client, credential_sid: str, current: Certificate, order: Callable[[], Certificate], now: datetime
) -> Certificate:
    """The certificate to go on with: the current one, or a new one that Twilio has already got.

    The credential keeps its sid, so no service or binding has to change.
    """
    if current.ends() - now > EARLY:
        return current
    fresh = order()
    client.notify.v1.credentials(credential_sid).update(certificate=fresh.certificate, private_key=fresh.private_key)
    return fresh
