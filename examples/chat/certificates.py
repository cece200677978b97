"""Replace the APNs certificate before it expires: a job that runs once a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple

from cryptography.x509 import load_pem_x509_certificate
from twilio.rest import Client

RENEW_BEFORE = timedelta(days=14)
"""How long before its expiry a certificate is replaced."""


class Certificate(NamedTuple):
    """A certificate and its private key, both in PEM."""

    certificate: str
    private_key: str

    def expires(self) -> datetime:
        return load_pem_x509_certificate(self.certificate.encode()).not_valid_after_utc


def rotate(
    client: Client, credential_sid: str, current: Certificate, issue: Callable[[], Certificate], now: datetime
) -> Certificate:
    """Return the certificate to use: the current one, or a new one that has already been uploaded to Twilio.

    The credential keeps its SID, so services and bindings do not change.
    """
    if current.expires() - now > RENEW_BEFORE:
        return current
    new = issue()
    client.notify.v1.credentials(credential_sid).update(certificate=new.certificate, private_key=new.private_key)
    return new
