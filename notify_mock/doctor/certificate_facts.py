"""The certificate of a case that belongs to its key, and what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from notify_mock.doctor.case import Case
from notify_mock.push_keys.certificate import belongs
from notify_mock.push_keys.push_certificate import PushCertificate, describe_certificate

if TYPE_CHECKING:
    from notify_mock.support.crypto import types, x509


class CertificateFacts(NamedTuple):
    """What a certificate says. ``issuer`` is its issuer's name, and ``is_apples`` whether that is Apple. ``begins`` and
    ``ends`` are seconds since 1970. ``fits``: the private key belongs to it, or None if that is not known."""

    claims: PushCertificate
    issuer: str
    is_apples: bool
    begins: float
    ends: float
    fits: bool | None


class Pair(NamedTuple):
    """Certificate and key that belong together, or else the first of each."""

    certificate: x509.Certificate | None
    key: types.PrivateKeyTypes | None


def pair_of(case: Case) -> Pair:
    certificates = [part.certificate for part in case.parts("certificate") if part.certificate is not None]
    keys = [part.key for kind in ("private key", "encrypted key") for part in case.parts(kind) if part.key is not None]
    for certificate in certificates:
        for key in keys:
            if belongs(certificate, key):
                return Pair(certificate, key)
    return Pair(next(iter(certificates), None), next(iter(keys), None))


def read_facts(pair: Pair) -> CertificateFacts | None:
    """Return what the certificate says, or None if there is none, or its subject or dates cannot be read."""
    certificate, key = pair
    if certificate is None:
        return None
    try:
        return CertificateFacts(
            describe_certificate(certificate),
            _issuer(certificate),
            certificate.issuer != certificate.subject and "Apple " in _issuer(certificate),
            certificate.not_valid_before_utc.timestamp(),
            certificate.not_valid_after_utc.timestamp(),
            None if key is None else belongs(certificate, key),
        )
    except ValueError:
        return None


def _issuer(certificate: x509.Certificate) -> str:
    from notify_mock.support.crypto import x509

    names = certificate.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(names[0].value) if names else certificate.issuer.rfc4514_string()


def has_own_certificate_first(case: Case) -> bool:
    """Whether the first certificate is the one that belongs to the key, or none of them does."""
    certificates = case.parts("certificate")
    return not certificates or certificates[0].certificate == pair_of(case).certificate
