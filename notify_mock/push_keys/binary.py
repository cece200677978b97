"""What is in DER and PKCS #12: certificates and keys without PEM around them."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from notify_mock.push_keys.der import INTEGER, SEQUENCE, elements

if TYPE_CHECKING:
    from notify_mock.support.crypto import types, x509

Kind = Literal[
    "certificate",
    "private key",
    "encrypted key",
    "locked p12",
    "certificate request",
    "public key",
    "pkcs7",
    "openssh key",
    "service account",
    "google-services.json",
    "GoogleService-Info.plist",
    "OAuth client",
    "Firebase configuration",
    "other JSON",
    "broken JSON",
    "legacy key",
    "empty",
    "too large",
    "unknown",
]


class Part(NamedTuple):
    """One thing in a file. ``form`` is how a private key is written: ``pkcs1`` (as Twilio shows it) or ``pkcs8``.

    ``wrong_password``: a password was given, and it does not open this.
    """

    kind: Kind
    certificate: x509.Certificate | None = None
    key: types.PrivateKeyTypes | None = None
    form: str = ""
    wrong_password: bool = False


_PFX_VERSION = b"\x03"


def as_bytes(password: str) -> bytes:
    """Return the password in UTF-8. One that is not valid Unicode opens nothing: ``cryptography`` cannot read it."""
    return password.encode("utf-8", "replace")


def read_der(content: bytes, password: str | None) -> tuple[tuple[Part, ...], Any]:
    """Return the parts, and how they are wrapped: ``p12``, ``der``, or None if it is neither."""
    from notify_mock.support.crypto import exceptions

    (first, *_) = *elements(content), (0, b"")
    if first[0] != SEQUENCE:
        return (Part("unknown"),), None
    version = next(elements(first[1]), (0, b""))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if version == (INTEGER, _PFX_VERSION):
            return _read_p12(content, password), "p12"
        for read in (_certificate, _private_key, _request, _public_key):
            try:
                return (read(content, password),), "der"
            except (ValueError, exceptions.UnsupportedAlgorithm, exceptions.InternalError):
                continue
    return (Part("unknown"),), None


def _read_p12(content: bytes, password: str | None) -> tuple[Part, ...]:
    """Apple's Keychain can export without a password, which is either none or an empty one."""
    from notify_mock.support.crypto import exceptions, pkcs12

    for secret in (as_bytes(password),) if password else (None, b""):
        try:
            found = pkcs12.load_pkcs12(content, secret)
        except (ValueError, exceptions.UnsupportedAlgorithm, exceptions.InternalError):
            continue
        own = [] if found.cert is None else [found.cert]
        certificates = [Part("certificate", one.certificate) for one in (*own, *found.additional_certs)]
        return (*certificates, *([] if found.key is None else [Part("private key", key=found.key, form="pkcs1")]))
    return (Part("locked p12", wrong_password=password is not None),)


def _certificate(content: bytes, _: str | None) -> Part:
    from notify_mock.support.crypto import x509

    try:
        return Part("certificate", x509.load_der_x509_certificate(content))
    except x509.InvalidVersion as error:
        raise ValueError from error


def _private_key(content: bytes, password: str | None) -> Part:
    from notify_mock.support.crypto import serialization

    for secret in (None, as_bytes(password)) if password else (None,):
        try:
            key = serialization.load_der_private_key(content, secret, unsafe_skip_rsa_key_validation=True)
            return Part("private key", key=key, form="pkcs1")
        except TypeError:  # it is encrypted
            continue
        except ValueError:
            if secret is None:
                raise
    return Part("encrypted key", wrong_password=password is not None)


def _request(content: bytes, _: str | None) -> Part:
    from notify_mock.support.crypto import x509

    x509.load_der_x509_csr(content)
    return Part("certificate request")


def _public_key(content: bytes, _: str | None) -> Part:
    from notify_mock.support.crypto import serialization

    serialization.load_der_public_key(content)
    return Part("public key")
