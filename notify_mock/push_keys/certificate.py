"""What APNs would say to a certificate and its key."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from notify_mock.push_keys.pem import read_certificate, read_private_key
from notify_mock.twilio_api.delivery_errors import Problem

_CACHE_SIZE = 64


class _Pair(NamedTuple):
    """Seconds since 1970 between which the certificate is valid, whether it names a subject, and whether the key is
    its own."""

    begins: float
    ends: float
    has_subject: bool
    fits: bool


def check_certificate(certificate: str, private_key: str, now: float) -> Problem | None:
    """Expired, not yet valid, nameless, or with another's key. The codes are documented; that APNs is only asked at
    send time is observed."""
    try:
        pair = _inspect(certificate, private_key)
    except ValueError as error:
        return Problem(52131, str(error))
    if not pair.has_subject:
        return Problem(52135, "the certificate has no subject")
    if now >= pair.ends:
        return Problem(52131, "the certificate has expired")
    if now < pair.begins:
        return Problem(52131, "the certificate isn't valid yet")
    return None if pair.fits else Problem(52145, "certificate and private key don't belong together")


@lru_cache(maxsize=_CACHE_SIZE)
def _inspect(certificate: str, private_key: str) -> _Pair:
    """Raises ``ValueError`` for what can't be parsed."""
    found = read_certificate(certificate)
    return _Pair(
        found.not_valid_before_utc.timestamp(),
        found.not_valid_after_utc.timestamp(),
        len(list(found.subject)) > 0,
        found.public_key() == read_private_key(private_key).public_key(),
    )
