"""What Apple's push certificates say about themselves: kind, topics, and sandbox or production."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from notify_mock.push_keys import topics_extension
from notify_mock.push_keys.pem import read_certificate

if TYPE_CHECKING:
    from notify_mock.support.crypto import x509

SANDBOX, PRODUCTION = "sandbox", "production"
ENVIRONMENT_OIDS = {SANDBOX: "1.2.840.113635.100.6.3.1", PRODUCTION: "1.2.840.113635.100.6.3.2"}
"""Extensions of a certificate that APNs accepts in that environment. Source: Apple's WWDR certification practice
statement ("Apple Push Notification Service Development" and "Production")."""

KINDS = {
    "Apple Push Services": ("push", (SANDBOX, PRODUCTION)),
    "Apple Development IOS Push Services": ("push", (SANDBOX,)),
    "Apple Sandbox Push Services": ("push", (SANDBOX,)),
    "Apple Production IOS Push Services": ("push", (PRODUCTION,)),
    "VoIP Services": ("voip", (SANDBOX, PRODUCTION)),
    "Apple Development Mac Push Services": ("mac", (SANDBOX,)),
    "Apple Production Mac Push Services": ("mac", (PRODUCTION,)),
    "WatchKit Services": ("watchkit", (SANDBOX, PRODUCTION)),
    "Website Push ID": ("website", (PRODUCTION,)),
    "Pass Type ID": ("pass", (PRODUCTION,)),
}
"""The common name of Apple's certificates before the colon -> kind, and environments if no extension says them."""

_CACHE_SIZE = 64


class PushCertificate(NamedTuple):
    """``topic`` is the main one (the ``apns-topic`` of a push that names none), ``topics`` are all of them.

    ``kind`` is one of those in ``KINDS``, or None if Apple's naming is not followed. Then ``environments`` is empty,
    unless the certificate has Apple's extensions. ``name`` is the common name, and None without one.
    """

    name: str | None
    kind: str | None
    topic: str | None
    topics: tuple[str, ...]
    environments: tuple[str, ...]


@lru_cache(maxsize=_CACHE_SIZE)
def read_push_certificate(certificate: str) -> PushCertificate:
    """Return what the first certificate in the PEM text says. Raises ``ValueError`` if it cannot be parsed."""
    return describe_certificate(read_certificate(certificate))


def describe_certificate(certificate: x509.Certificate) -> PushCertificate:
    """Return the same for a certificate that has been parsed already.

    The topic is the subject's UID (observed in Apple's certificates), then the first of the extension, then what
    follows the colon in the common name.
    """
    from notify_mock.support.crypto import x509

    extensions = _extensions(certificate)
    name, uid = (_first(certificate, oid) for oid in (x509.NameOID.COMMON_NAME, x509.NameOID.USER_ID))
    prefix, _, rest = (name or "").partition(": ")
    kind, environments = KINDS.get(prefix, (None, ()))
    listed = topics_extension.decode(extensions.get(topics_extension.OID, b""))
    topics = tuple(dict.fromkeys((*filter(None, (uid,)), *listed))) or ((rest,) if kind and rest else ())
    marked = tuple(one for one, oid in ENVIRONMENT_OIDS.items() if oid in extensions)
    return PushCertificate(name, kind, topics[0] if topics else None, topics, marked or environments)


def _first(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str | None:
    for attribute in certificate.subject.get_attributes_for_oid(oid):
        return str(attribute.value)
    return None


def _extensions(certificate: x509.Certificate) -> dict[str, bytes]:
    """Return Apple's extensions by OID. A certificate whose extensions cannot be read has none."""
    from notify_mock.support.crypto import x509

    try:
        found = list(certificate.extensions)
    except (ValueError, x509.DuplicateExtension, x509.UnsupportedGeneralNameType):
        return {}
    values = (one.value for one in found)
    return {one.oid.dotted_string: one.value for one in values if isinstance(one, x509.UnrecognizedExtension)}
