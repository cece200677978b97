"""What a case is, in a few words."""

from __future__ import annotations

from notify_mock.doctor.case import Case
from notify_mock.doctor.certificate_facts import CertificateFacts
from notify_mock.doctor.mending import CERTIFICATE, PRIVATE_KEY

_CERTIFICATES = {
    "push": "an APNs certificate",
    "voip": "a VoIP certificate",
    "mac": "an APNs certificate for macOS",
    "watchkit": "a WatchKit certificate",
    "website": "a certificate for pushes of a website",
    "pass": "a certificate for passes",
    None: "a certificate",
}
_OTHERS = {
    "service account": "a Google service account, for FCM",
    "legacy key": "a legacy server key, for FCM or GCM",
    "locked p12": "a .p12 file that is locked",
    "certificate request": "a certificate signing request",
    "pkcs7": "a PKCS #7 file",
    "OAuth client": "an OAuth client of Google's",
    "Firebase configuration": "the configuration of a web app",
    "google-services.json": "the configuration of an Android app",
    "GoogleService-Info.plist": "the configuration of an iOS app",
    "other JSON": "JSON of something else",
    "broken JSON": "JSON that cannot be read",
    "openssh key": "an OpenSSH key",
    "public key": "a public key",
    "empty": "an empty file",
    "too large": "a large file",
    "unknown": "a file that cannot be read",
}


def what_it_is(case: Case, facts: CertificateFacts | None) -> str:
    """Return a line such as "an APNs certificate and its private key"."""
    kind = next(iter(case.sources.values())).parts[0].kind
    if not case.has_files and kind in ("unknown", "empty"):
        return stored(str(case.type))
    if case.type != "apn":
        return _named(kind)
    first, second = (case.sources.get(role) for role in (CERTIFICATE, PRIVATE_KEY))
    has_key = bool(case.parts("private key") or case.parts("encrypted key"))
    if facts is not None:
        certificate = _CERTIFICATES[facts.claims.kind]
        if has_key:
            return f"{certificate} and {'its' if facts.fits else 'a'} private key"
        return f"{certificate} and {_named(second.parts[0].kind) if second else 'no private key'}"
    if has_key:
        return f"a private key and {_named(first.parts[0].kind) if first else 'no certificate'}"
    return _named(kind)


def stored(kind: str) -> str:
    """Return what a credential is of which nothing but the type is known."""
    return f"{'a' if kind == 'gcm' else 'an'} {kind} credential"


def _named(kind: str) -> str:
    return _OTHERS.get(kind, kind)
