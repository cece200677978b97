"""Certificates and private keys as Twilio takes them: PEM between its markers, in any of the spellings in use."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
    from cryptography.x509 import Certificate

_BLOCK = r"-----BEGIN (?P<label>{label})-----(?P<base64>.*?)-----END (?P=label)-----"
_CERTIFICATE = re.compile(_BLOCK.format(label="CERTIFICATE"), re.DOTALL)
_PRIVATE_KEY = re.compile(_BLOCK.format(label="(?:RSA |EC )?PRIVATE KEY"), re.DOTALL)
_BLANKS = re.compile(r"(?:\s|\\r|\\n)+")


def read_certificate(text: str) -> Certificate:
    """The first X.509 certificate in ``text``. Raises ``ValueError`` when there is none that can be parsed.

    Real newlines, ``\\n`` escapes and one line between the markers (documented) are all taken; without the markers
    Twilio could not parse it either (observed).
    """
    from cryptography.x509 import load_der_x509_certificate

    return load_der_x509_certificate(_der(_CERTIFICATE, text))


def read_private_key(text: str) -> PrivateKeyTypes:
    """The first unencrypted private key in ``text``, PKCS#1 or PKCS#8. Raises ``ValueError`` when there is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.serialization import load_der_private_key

    try:
        return load_der_private_key(_der(_PRIVATE_KEY, text), None, unsafe_skip_rsa_key_validation=True)
    except (TypeError, UnsupportedAlgorithm) as error:
        raise ValueError("an encrypted or unsupported private key") from error


def _der(block: re.Pattern[str], text: str) -> bytes:
    found = block.search(text)
    if found is None:
        raise ValueError("no BEGIN and END markers")
    return b64decode(_BLANKS.sub("", found["base64"]), validate=True)
