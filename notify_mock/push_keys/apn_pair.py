"""Generate certificates and keys for tests: real PEM that no push service accepts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from notify_mock.support.masked_url import MASK


class ApnPair(NamedTuple):
    """PEM texts for the ``certificate`` and ``private_key`` of an apn credential. The ``repr`` masks them."""

    certificate: str
    private_key: str

    def __repr__(self) -> str:
        return f"ApnPair(certificate={MASK}, private_key={MASK})"


def apn_pair(name: str = "Apple Push Services: com.example.app", *, days: int = 365) -> ApnPair:
    """Return a self-signed certificate for ``name``, valid from yesterday for ``days``, and its RSA key."""
    from notify_mock.support.crypto import hashes, rsa, serialization, x509

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start = datetime.now(timezone.utc) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=subject, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    return ApnPair(
        certificate.public_bytes(serialization.Encoding.PEM).decode(),
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        ).decode(),
    )
