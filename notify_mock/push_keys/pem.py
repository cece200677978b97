"""Read certificates and private keys in PEM, in every spelling that Twilio accepts, and write them in the plainest."""

from __future__ import annotations

import re
import warnings
from base64 import b64decode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from notify_mock.support.crypto import types, x509

_BLANKS = re.compile(r"(?:\s|\\r|\\n)+")
_KEY_LABELS = ("PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY")


def read_certificate(text: str) -> x509.Certificate:
    """Return the first X.509 certificate in ``text``. Raises ``ValueError`` if there is none that can be parsed.

    Accepts real newlines, ``\\n`` escapes and one line between the markers (documented). Without the markers, Twilio
    cannot parse it either (observed).
    """
    from notify_mock.support.crypto import x509

    der = _der(text, "CERTIFICATE")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return x509.load_der_x509_certificate(der)
    except x509.InvalidVersion as error:
        raise ValueError("a certificate of an unknown version") from error


def read_private_key(text: str) -> types.PrivateKeyTypes:
    """Return the first unencrypted private key in ``text``, PKCS#1 or PKCS#8. Raises ``ValueError`` without one."""
    from notify_mock.support.crypto import exceptions, serialization

    der = _der(text, *_KEY_LABELS)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return serialization.load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    except (TypeError, exceptions.InternalError, exceptions.UnsupportedAlgorithm) as error:
        raise ValueError("an encrypted or unsupported private key") from error


def write_certificate(certificate: x509.Certificate) -> str:
    """Return the certificate in PEM, and nothing else."""
    from notify_mock.support.crypto import serialization

    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def write_private_key(key: types.PrivateKeyTypes) -> str:
    """Return the private key in PEM: PKCS #1 as in Twilio's instructions, or PKCS #8 if the key has no such form."""
    from notify_mock.support.crypto import serialization

    style = serialization.PrivateFormat
    try:
        written = key.private_bytes(serialization.Encoding.PEM, style.TraditionalOpenSSL, serialization.NoEncryption())
    except ValueError:
        written = key.private_bytes(serialization.Encoding.PEM, style.PKCS8, serialization.NoEncryption())
    return written.decode()


def _der(text: str, *labels: str) -> bytes:
    """Return the DER between the first pair of markers. Each marker is searched once, so the cost stays linear."""
    for label in labels:
        _, begun, rest = text.partition(f"-----BEGIN {label}-----")
        body, ended, _ = rest.partition(f"-----END {label}-----")
        if begun and ended:
            return b64decode(_BLANKS.sub("", body), validate=True)
    raise ValueError("no BEGIN and END markers")
