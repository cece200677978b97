"""Certificates for impersonating Twilio's hosts to clients that trust the authority."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from notify_mock.twilio_api.hosts import TWILIO

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.x509 import CertificateBuilder, KeyUsage, Name

LIFETIME = timedelta(days=30)
_SKEW = timedelta(hours=1)


class Pair(NamedTuple):
    """A certificate and its private key, both PEM."""

    certificate: str
    private_key: str


def make_ca(now: datetime) -> Pair:
    """Create a certificate authority that can sign only for ``twilio.com`` and its subdomains."""
    from ipaddress import ip_network

    from cryptography import x509

    key = _key()
    name = _name(f"notify-mock CA for {TWILIO}, {now:%Y-%m-%d}")
    constraints = x509.NameConstraints(
        permitted_subtrees=[x509.DNSName(TWILIO)],
        excluded_subtrees=[x509.IPAddress(ip_network("0.0.0.0/0")), x509.IPAddress(ip_network("::/0"))],
    )
    builder = (
        _builder(name, name, key, now, now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(constraints, critical=True)
    )
    return _sign(builder, key, key)


def issue(ca: Pair, host: str, now: datetime) -> Pair:
    """Issue a server certificate for ``host`` that expires with the authority."""
    from cryptography import x509
    from cryptography.hazmat.primitives.serialization import load_pem_private_key
    from cryptography.x509.oid import ExtendedKeyUsageOID

    authority, key = x509.load_pem_x509_certificate(ca.certificate.encode()), _key()
    signer: EllipticCurvePrivateKey = load_pem_private_key(ca.private_key.encode(), None)  # type: ignore[assignment]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    builder = (
        _builder(_name("notify-mock"), authority.subject, key, now, authority.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(identifier, critical=False)
    )
    return _sign(builder, key, signer)


def fingerprint(certificate: str) -> str:
    """Return the SHA-256 fingerprint of a PEM certificate, as ``AB:CD:...``."""
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(certificate.encode()).fingerprint(SHA256()).hex(":").upper()


def _key() -> EllipticCurvePrivateKey:
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.generate_private_key(ec.SECP256R1())


def _name(common_name: str) -> Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _builder(
    subject: Name, issuer: Name, key: EllipticCurvePrivateKey, now: datetime, until: datetime
) -> CertificateBuilder:
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(until)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _usage(*, signs_certificates: bool) -> KeyUsage:
    from cryptography import x509

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


def _sign(builder: CertificateBuilder, key: EllipticCurvePrivateKey, signer: EllipticCurvePrivateKey) -> Pair:
    from cryptography.hazmat.primitives import hashes, serialization

    pem = serialization.Encoding.PEM
    return Pair(
        builder.sign(signer, hashes.SHA256()).public_bytes(pem).decode(),
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()).decode(),
    )
