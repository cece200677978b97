"""Generate certificates and keys for tests: real PEM that no push service accepts."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, NamedTuple

from notify_mock.push_keys import topics_extension
from notify_mock.push_keys.pem import write_certificate, write_private_key
from notify_mock.push_keys.push_certificate import ENVIRONMENT_OIDS, KINDS, PRODUCTION, SANDBOX
from notify_mock.support.clock import Moment, moment
from notify_mock.support.masked_url import MASK
from notify_mock.support.usage import UsageError, shown

if TYPE_CHECKING:
    from notify_mock.support.crypto import x509

_MAX_COMMON_NAME = 64  # X.520
_NULL = b"\x05\x00"
_NAMES = {
    None: "Apple Push Services",
    True: "Apple Development IOS Push Services",
    False: "Apple Production IOS Push Services",
}


class ApnPair(NamedTuple):
    """PEM texts for the ``certificate`` and ``private_key`` of an apn credential. The ``repr`` masks them."""

    certificate: str
    private_key: str

    def __repr__(self) -> str:
        return f"ApnPair(certificate={MASK}, private_key={MASK})"


def apn_pair(
    name: str | None = None,
    *,
    topic: str | None = None,
    sandbox: bool | None = None,
    expired: bool = False,
    days: int = 365,
    at: Moment | None = None,
) -> ApnPair:
    """Return a self-signed certificate in the shape of Apple's, and its RSA key.

    ``topic`` is the bundle ID, ``com.example.app`` by default. ``sandbox`` is True for a certificate of the sandbox,
    False for one of production, and None for Apple's current kind, which is for both. ``name`` is the common name,
    by default as Apple would name it; a topic in it (``"VoIP Services: com.example.app"``) is the certificate's topic.
    It is valid for ``days`` from the day before ``at``, or if ``expired``, for ``days`` until then. ``at`` is now by
    default; an emulator whose clock stands in the past needs its time. Raises ``UsageError`` for a name, topic or time
    that no certificate can have.
    """
    from notify_mock.support.crypto import hashes, rsa, x509

    _check(name, topic, sandbox)
    if name is None:
        topic = topic or "com.example.app"
        name = f"{_NAMES[sandbox]}: {topic}"[:_MAX_COMMON_NAME]
    topics, environments = _claims(name, topic, sandbox)
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    uid = [x509.NameAttribute(x509.NameOID.USER_ID, topics[0])] if topics else []
    subject = x509.Name([*uid, x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    start, end = _validity(at, days, expired)
    builder = x509.CertificateBuilder(
        issuer_name=subject,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=start,
        not_valid_after=end,
    )
    for extension in _extensions(topics, environments):
        builder = builder.add_extension(extension, critical=False)
    return ApnPair(write_certificate(builder.sign(key, hashes.SHA256())), write_private_key(key))


def _check(name: object, topic: object, sandbox: object) -> None:
    if name is not None and not (isinstance(name, str) and 0 < len(name) <= _MAX_COMMON_NAME):
        raise UsageError("apn_pair, name", f"expected 1 to {_MAX_COMMON_NAME} characters, got {shown(name)}")
    if topic is not None and not isinstance(topic, str):
        raise UsageError("apn_pair, topic", f"expected a bundle ID, got {shown(topic)}")
    if sandbox is not None and not isinstance(sandbox, bool):
        raise UsageError("apn_pair, sandbox", f"expected True, False or None, got {shown(sandbox)}")


def _validity(at: Moment | None, days: int, expired: bool) -> tuple[datetime, datetime]:
    """Return when a certificate begins and ends. X.509 has no times before 1950 (RFC 5280, 4.1.2.5)."""
    now = datetime.now(timezone.utc) if at is None else datetime.fromtimestamp(moment(at, "apn_pair, at"), timezone.utc)
    try:
        start = now - timedelta(days=1 + days * expired)
        end = start + timedelta(days=days)
    except (OverflowError, TypeError):
        raise UsageError("apn_pair, days", f"expected a number of days, got {shown(days)}") from None
    if start.year < 1950 or end < start:
        wrong = f"no certificate is valid from {start:%Y-%m-%d} to {end:%Y-%m-%d}"
        raise UsageError("apn_pair", wrong, "give an at after 1950, and days above 0")
    return start, end


def _claims(name: str, topic: str | None, sandbox: bool | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return topics and environments. A name that is not Apple's has none of either, unless they are given."""
    prefix, _, rest = name.partition(": ")
    kind, environments = KINDS.get(prefix, (None, (SANDBOX, PRODUCTION) if topic else ()))
    if sandbox is not None:
        environments = (SANDBOX,) if sandbox else (PRODUCTION,)
    topic = topic or (rest if kind else None)
    if not topic:
        return (), environments
    if kind == "voip":
        return (f"{topic.removesuffix('.voip')}.voip",), environments
    return (topic, f"{topic}.voip", f"{topic}.complication") if len(environments) == 2 else (topic,), environments


def _extensions(topics: tuple[str, ...], environments: tuple[str, ...]) -> list[x509.UnrecognizedExtension]:
    """Apple's current kind lists its topics, the kinds for one environment do not."""
    from notify_mock.support.crypto import x509

    values = {ENVIRONMENT_OIDS[one]: _NULL for one in environments}
    if len(topics) > 1:
        values[topics_extension.OID] = topics_extension.encode(topics)
    return [x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value) for oid, value in values.items()]
