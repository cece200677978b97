"""Certificates for impersonating Twilio's hosts to clients that trust the authority."""

from __future__ import annotations

import warnings
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from notify_mock.twilio_api.hosts import TWILIO

if TYPE_CHECKING:
    from notify_mock.support.crypto import ec, x509

LIFETIME = timedelta(days=30)
_SKEW = timedelta(hours=1)


class Pair(NamedTuple):
    """A certificate and its private key, both PEM."""

    certificate: str
    private_key: str


def make_ca(now: datetime) -> Pair:
    """Create a certificate authority that can sign only for ``twilio.com`` and its subdomains."""
    from ipaddress import ip_network

    from notify_mock.support.crypto import x509

    key = _key()
    name = _name(f"notify-mock CA for {TWILIO}, {now:%Y-%m-%d}")
    constraints = x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(TWILIO)],
        excluded_subtrees=[x509.IPAddress(ip_network("0.0.0.0/0")), x509.IPAddress(ip_network("::/0"))],
    )
    builder = (
        _builder(name, name, key, now - _SKEW, now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(constraints, critical=True)
    )
    return _sign(builder, key, key)


def validity(ca: Pair) -> tuple[datetime, datetime]:
    """Return when the authority's certificate begins and ends to be valid.

    Raises ``ValueError`` if these are not the certificate and key of an authority.
    """
    from notify_mock.support.crypto import exceptions, serialization, x509

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            certificate = x509.load_pem_x509_certificate(ca.certificate.encode())
        key = serialization.load_pem_private_key(ca.private_key.encode(), None)
        is_its_key = key.public_key() == certificate.public_key()
    except (ValueError, TypeError, exceptions.UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise ValueError("does not contain a certificate and key") from error
    if not is_its_key:
        raise ValueError("contains the key of another certificate")
    try:
        certificate.verify_directly_issued_by(certificate)
        is_ca = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, TypeError, exceptions.InvalidSignature, x509.ExtensionNotFound):
        is_ca = False
    if not is_ca:
        raise ValueError("contains a certificate that is not that of a certificate authority")
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def issue(ca: Pair, host: str) -> Pair:
    """Issue a server certificate for ``host`` that is valid as long as the authority is."""
    from notify_mock.support.crypto import serialization, x509

    authority, key = x509.load_pem_x509_certificate(ca.certificate.encode()), _key()
    signer: ec.EllipticCurvePrivateKey = serialization.load_pem_private_key(ca.private_key.encode(), None)  # type: ignore[assignment]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = (
        _builder(
            _name("notify-mock"), authority.subject, key, authority.not_valid_before_utc, authority.not_valid_after_utc
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
    )
    return _sign(builder, key, signer)


def fingerprint(certificate: str) -> str:
    """Return the SHA-256 fingerprint of a PEM certificate, as ``AB:CD:...``."""
    from notify_mock.support.crypto import hashes, x509

    return x509.load_pem_x509_certificate(certificate.encode()).fingerprint(hashes.SHA256()).hex(":").upper()


def _key() -> ec.EllipticCurvePrivateKey:
    from notify_mock.support.crypto import ec

    return ec.generate_private_key(ec.SECP256R1())


def _name(common_name: str) -> x509.Name:
    from notify_mock.support.crypto import x509

    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, begins: datetime, ends: datetime
) -> x509.CertificateBuilder:
    from notify_mock.support.crypto import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    from notify_mock.support.crypto import x509

    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, signer: ec.EllipticCurvePrivateKey
) -> Pair:
    from notify_mock.support.crypto import hashes, serialization

    pem = serialization.Encoding.PEM
    return Pair(
        builder.sign(signer, hashes.SHA256()).public_bytes(pem).decode(),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(),
    )
