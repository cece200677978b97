"""What is wrong with a file that is not what Twilio takes, in words, and where the right one comes from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Explanation(NamedTuple):
    """``text`` has ``{file}`` for the name of the file."""

    text: str
    remedy: str = ""


_ACCOUNT = (
    "Use the JSON of a service account: Firebase console, Project settings, Service accounts, Generate new private key."
)
_EXPORT = "Use the certificate that Apple made from it, and the private key that it was made with."

EXPLANATIONS: Mapping[str, Explanation] = {
    "der": Explanation("{file} is binary (DER)."),
    "p12": Explanation("{file} is PKCS #12 (.p12)."),
    "bom": Explanation("{file} starts with a byte order mark, so it is not valid JSON."),
    "rc2": Explanation("It is encrypted with RC2.", "With OpenSSL 3, add -legacy to openssl pkcs12."),
    "utf-16": Explanation("{file} is in UTF-16, not in UTF-8."),
    "bare base64": Explanation("{file} lacks the lines BEGIN and END."),
    "locked p12": Explanation("{file} is PKCS #12 (.p12), and needs its password to be read."),
    "encrypted key": Explanation("The private key in {file} has a passphrase, and Twilio has no parameter for it."),
    "pkcs7": Explanation("{file} is PKCS #7 (.p7b)."),
    "certificate request": Explanation("{file} is a certificate signing request (CSR).", _EXPORT),
    "public key": Explanation("{file} is a public key.", _EXPORT),
    "openssh key": Explanation("{file} is a key for OpenSSH.", "Use the private key of the push certificate."),
    "empty": Explanation("{file} is empty.", "Export it again."),
    "too large": Explanation("{file} is too large for a credential, and was not read."),
    "unknown": Explanation(
        "{file} has no certificate, no key and no service account that can be read.", "Export it again."
    ),
    "google-services.json": Explanation("{file} is the configuration of an Android app.", _ACCOUNT),
    "GoogleService-Info.plist": Explanation("{file} is the configuration of an iOS app.", _ACCOUNT),
    "OAuth client": Explanation("{file} is an OAuth client, not a service account.", _ACCOUNT),
    "Firebase configuration": Explanation("{file} is the configuration of a web app.", _ACCOUNT),
    "other JSON": Explanation("{file} is JSON, but not that of a service account.", _ACCOUNT),
    "broken JSON": Explanation("{file} starts like JSON, but cannot be read.", _ACCOUNT),
    "legacy key": Explanation("{file} is a legacy server key.", _ACCOUNT),
    "token key": Explanation(
        "{file} is a key for token-based authentication (.p8), and Notify only takes certificates.",
        'Create a certificate "Apple Push Notification service SSL (Sandbox & Production)" in Apple\'s developer'
        " account, and export it with its private key.",
    ),
    "wrong password": Explanation("The password does not open {file}."),
    "not first": Explanation(
        "The first certificate in {file} does not belong to the key, and Twilio reads the first (inferred).",
        "Move the certificate that belongs to the key to the top, or remove the others.",
    ),
    "swapped": Explanation("Certificate and private key are swapped.", "Exchange them."),
}
