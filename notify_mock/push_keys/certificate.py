"""Check a certificate and its private key as APNs does."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from notify_mock.push_keys.pem import read_certificate, read_private_key
from notify_mock.push_keys.push_certificate import describe_certificate
from notify_mock.twilio_api.delivery_errors import Problem

if TYPE_CHECKING:
    from notify_mock.support.crypto import types, x509

_CACHE_SIZE = 64
_FOR_CODE = (
    *("Apple Development: ", "Apple Distribution: ", "iPhone Developer: ", "iPhone Distribution: "),
    *("Mac Developer: ", "3rd Party Mac Developer ", "Developer ID "),
)


class _Pair(NamedTuple):
    """What the checks need to know. ``begins`` and ``ends`` bound the certificate's validity, in seconds since 1970;
    ``fits`` is true if the private key belongs to the certificate."""

    begins: float
    ends: float
    has_subject: bool
    for_code: bool
    fits: bool


def check_certificate(certificate: str, private_key: str, now: float) -> Problem | None:
    """Return the problem: expired, not yet valid, not for pushes, without a subject, or not matching the key, or None.

    The codes are documented; that the pair is checked only when sending is observed.
    """
    try:
        pair = _inspect(certificate, private_key)
    except ValueError as error:
        return Problem(52131, str(error))
    if not pair.has_subject:
        return Problem(52135, "the certificate has no subject")
    if pair.for_code:
        return Problem(52131, "the certificate is for signing code, not for pushes")
    if now >= pair.ends:
        return Problem(52131, "the certificate has expired")
    if now < pair.begins:
        return Problem(52131, "the certificate is not valid yet")
    return None if pair.fits else Problem(52145, "the private key does not match the certificate")


def belongs(certificate: x509.Certificate, key: types.PrivateKeyTypes) -> bool:
    """Whether the key is that of the certificate. A key of an unknown kind is not."""
    from notify_mock.support.crypto import exceptions

    try:
        return certificate.public_key() == key.public_key()
    except (ValueError, exceptions.UnsupportedAlgorithm):
        return False


def is_for_code(name: str) -> bool:
    """Whether a certificate of this name is one of Apple's for signing code. That a push with it fails is inferred."""
    return name.startswith(_FOR_CODE)


@lru_cache(maxsize=_CACHE_SIZE)
def _inspect(certificate: str, private_key: str) -> _Pair:
    """Raises ``ValueError`` if either cannot be parsed."""
    found = read_certificate(certificate)
    return _Pair(
        found.not_valid_before_utc.timestamp(),
        found.not_valid_after_utc.timestamp(),
        len(list(found.subject)) > 0,
        is_for_code(describe_certificate(found).name or ""),
        belongs(found, read_private_key(private_key)),
    )
