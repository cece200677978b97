"""Generate real certificates and keys."""

from __future__ import annotations

import datetime
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

SERIAL = bytes(range(1, 21))
"""The serial number of all certificates here: 20 bytes that tests can find and damage."""


class Pair(NamedTuple):
    """A certificate and its key, in PEM; ``pkcs1`` is the same key in the older form."""

    certificate: str
    private_key: str
    pkcs1: str


def make_pair(*, expired: bool = False, host: str = "x.invalid") -> Pair:
    """Make a pair that is valid for an APNs topic, and for TLS at ``host``."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Apple Push Services: com.example.chat")])
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.timezone.utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(int.from_bytes(SERIAL, "big"))
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=1 if expired else 36500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )

    def pem(kind: serialization.PrivateFormat) -> str:
        return key.private_bytes(serialization.Encoding.PEM, kind, serialization.NoEncryption()).decode()

    return Pair(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        pem(serialization.PrivateFormat.PKCS8),
        pem(serialization.PrivateFormat.TraditionalOpenSSL),
    )


def apn(pair: Pair) -> dict[str, str]:
    """The secrets of an apn credential, as parameters."""
    return {"Certificate": pair.certificate, "PrivateKey": pair.private_key}
