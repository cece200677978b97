"""Files that people take for push credentials, good and bad, made with ``openssl`` and ``cryptography``."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any, NamedTuple
from unittest import mock

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs7, pkcs12
from cryptography.x509.oid import NameOID

from notify_mock import apn_pair, fcm_service_account
from notify_mock.push_keys.apn_pair import ApnPair

PASSWORD = "correct horse"
LEGACY_KEY = "AAAA0123abc:" + "APA91b" + "x" * 134

_PEM, _DER = serialization.Encoding.PEM, serialization.Encoding.DER
_PLAIN = serialization.NoEncryption()
_LOCKED = serialization.BestAvailableEncryption(PASSWORD.encode())
_AUTHORITY = x509.Name(
    [
        x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Apple Inc."),
        x509.NameAttribute(NameOID.COMMON_NAME, "Apple Worldwide Developer Relations Certification Authority"),
    ]
)


class Sample(NamedTuple):
    """Files by name, and the password that the user gives for them."""

    files: Mapping[str, bytes]
    password: str | None = None


class Pair(NamedTuple):
    certificate: x509.Certificate
    key: Any

    @property
    def cert(self) -> bytes:
        return self.certificate.public_bytes(_PEM)

    @property
    def pkcs1(self) -> bytes:
        return self.key.private_bytes(_PEM, serialization.PrivateFormat.TraditionalOpenSSL, _PLAIN)  # type: ignore[no-any-return]

    def pkcs8(self, lock: Any = _PLAIN, encoding: Any = _PEM) -> bytes:
        return self.key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, lock)  # type: ignore[no-any-return]

    def p12(self, lock: Any = _LOCKED) -> bytes:
        return pkcs12.serialize_key_and_certificates(b"push", self.key, self.certificate, None, lock)


@cache
def _one_key() -> rsa.RSAPrivateKey:
    """Return the key of all good samples: generating one takes longer than anything else here."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def authority() -> Pair:
    return _signed(ec.generate_private_key(ec.SECP256R1()), _AUTHORITY, timedelta(days=-1), 365, ())


def issued(
    name: str | None = None,
    *,
    subject: x509.Name | None = None,
    start: timedelta = timedelta(days=-1),
    days: int = 365,
    **options: Any,
) -> Pair:
    """Return a certificate that is like one of ``apn_pair``, in the name of Apple's authority."""
    like = x509.load_pem_x509_certificate(own(name, **options).certificate.encode())
    values = tuple(extension.value for extension in like.extensions)
    return _signed(_one_key(), like.subject if subject is None else subject, start, days, values)


def own(name: str | None = None, **options: Any) -> ApnPair:
    """Return ``apn_pair(name, **options)``, made with the one key."""
    with mock.patch.object(rsa, "generate_private_key", return_value=_one_key()):
        return apn_pair(name, **options)


def _signed(
    key: Any, subject: x509.Name, start: timedelta, days: int, extensions: tuple[x509.ExtensionType, ...]
) -> Pair:
    begins = datetime.now(timezone.utc) + start
    builder = x509.CertificateBuilder(
        issuer_name=_AUTHORITY,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=begins,
        not_valid_after=begins + timedelta(days=days),
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    signer = key if subject is _AUTHORITY else authority().key
    return Pair(builder.sign(signer, hashes.SHA256()), key)


def openssl(*words: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *words], input=given, capture_output=True, timeout=30, check=True).stdout


@cache
def samples() -> dict[str, Sample]:
    """Return the samples by what they are. Made once per process."""
    return {**_pairs(), **_from_openssl(), **_apple_kinds(), **_wrong_parts(), **_google(), **_others()}


def _pairs() -> dict[str, Sample]:
    good = _good()
    both = good.cert + good.pkcs1
    modern = good.p12()
    old = serialization.PrivateFormat.PKCS12.encryption_builder().key_cert_algorithm(
        pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC
    )
    legacy = good.p12(old.hmac_hash(hashes.SHA1()).build(PASSWORD.encode()))

    def pair(cert: bytes, key: bytes, password: str | None = None) -> Sample:
        return Sample({"cert.pem": cert, "key.pem": key}, password)

    return {
        "certificate and key": pair(good.cert, good.pkcs1),
        "key in PKCS #8": pair(good.cert, good.pkcs8()),
        "the other order": Sample({"key.pem": good.pkcs1, "cert.pem": good.cert}),
        "both in one file": Sample({"push.pem": both}),
        "`\\n` for line ends": pair(good.cert.replace(b"\n", b"\\n"), good.pkcs1.replace(b"\n", b"\\n")),
        "Windows line ends": pair(good.cert.replace(b"\n", b"\r\n"), good.pkcs1.replace(b"\n", b"\r\n")),
        "byte order mark": pair(b"\xef\xbb\xbf" + good.cert, good.pkcs1),
        "UTF-16": pair(good.cert.decode().encode("utf-16"), good.pkcs1.decode().encode("utf-16")),
        "no BEGIN and END": pair(_bare(good.cert), _bare(good.pkcs1)),
        "certificate in DER": Sample({"aps.cer": good.certificate.public_bytes(_DER), "key.pem": good.pkcs1}),
        "key in DER": Sample({"cert.pem": good.cert, "key.der": good.pkcs8(encoding=_DER)}),
        "p12 with its password": Sample({"push.p12": modern}, PASSWORD),
        "p12 of 2010 (3DES, SHA-1)": Sample({"push.p12": legacy}, PASSWORD),
        "p12 without a password": Sample({"push.p12": good.p12(_PLAIN)}),
        "p12, password not given": Sample({"push.p12": modern}),
        "p12, wrong password": Sample({"push.p12": modern}, "wrong"),
        "key with a passphrase": pair(good.cert, good.pkcs8(_LOCKED)),
        "key with a passphrase, given": pair(good.cert, good.pkcs8(_LOCKED), PASSWORD),
        "key with a wrong passphrase": pair(good.cert, good.pkcs8(_LOCKED), "wrong"),
        "chain, own certificate first": pair(good.cert + authority().cert, good.pkcs1),
        "chain, own certificate last": pair(authority().cert + good.cert, good.pkcs1),
        "PKCS #7 and key": Sample(
            {"push.p7b": pkcs7.serialize_certificates([good.certificate], _PEM), "key.pem": good.pkcs1}
        ),
    }


def _from_openssl() -> dict[str, Sample]:
    """Return what the instructions of Twilio and others produce. Nothing where openssl is not installed."""
    if shutil.which("openssl") is None:
        return {}
    good = _good()
    bags = openssl("pkcs12", "-nodes", "-passin", f"pass:{PASSWORD}", given=good.p12())
    des = openssl("rsa", "-des3", "-passout", f"pass:{PASSWORD}", given=good.pkcs1)
    return {
        "bag attributes": Sample({"push.pem": bags}),
        "key with a passphrase (DES)": Sample({"cert.pem": good.cert, "key.pem": des}),
        "key of `openssl rsa`": Sample({"cert.pem": good.cert, "key.pem": openssl("rsa", given=good.pkcs1)}),
    }


@cache
def _good() -> Pair:
    return issued()


def _apple_kinds() -> dict[str, Sample]:
    def sample(name: str | None = None, **options: Any) -> Sample:
        found = issued(name, **options)
        return Sample({"cert.pem": found.cert, "key.pem": found.pkcs1})

    pair = own()
    return {
        "sandbox only": sample(topic="com.example.app", sandbox=True),
        "production only": sample(topic="com.example.app", sandbox=False),
        "VoIP": sample("VoIP Services: com.example.app"),
        "for signing code": sample("Apple Distribution: Example (ABCDE12345)"),
        "no subject": sample(subject=x509.Name([])),
        "expired": sample(start=timedelta(days=-400)),
        "expires soon": sample(start=timedelta(days=-360)),
        "not valid yet": sample(start=timedelta(days=2)),
        "self-signed (`apn_pair()`)": Sample(
            {"cert.pem": pair.certificate.encode(), "key.pem": pair.private_key.encode()}
        ),
    }


def _wrong_parts() -> dict[str, Sample]:
    good = _good()
    other = json.loads(fcm_service_account())["private_key"].encode()
    token = ec.generate_private_key(ec.SECP256R1())
    p8 = token.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, _PLAIN)
    request = x509.CertificateSigningRequestBuilder().subject_name(_AUTHORITY).sign(good.key, hashes.SHA256())
    public = good.key.public_key().public_bytes(_PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    ssh = good.key.private_bytes(_PEM, serialization.PrivateFormat.OpenSSH, _PLAIN)
    return {
        "key of another certificate": Sample({"cert.pem": good.cert, "key.pem": other}),
        "certificate alone": Sample({"cert.pem": good.cert}),
        "key alone": Sample({"key.pem": good.pkcs1}),
        "empty key file": Sample({"cert.pem": good.cert, "key.pem": b"\n"}),
        "certificate cut off": Sample({"cert.pem": good.cert[:-40], "key.pem": good.pkcs1}),
        "certificate damaged": Sample({"cert.pem": good.cert.replace(b"MII", b"MIX", 1), "key.pem": good.pkcs1}),
        "signing request and key": Sample(
            {"push.certSigningRequest": request.public_bytes(_PEM), "key.pem": good.pkcs1}
        ),
        "public key for the key": Sample({"cert.pem": good.cert, "key.pem": public}),
        "OpenSSH key for the key": Sample({"cert.pem": good.cert, "key.pem": ssh}),
        "token key (.p8)": Sample({"AuthKey_ABC123DEFG.p8": p8}),
    }


def _google() -> dict[str, Sample]:
    account = fcm_service_account()
    without = {name: value for name, value in json.loads(account).items() if name != "private_key"}
    android = {
        "project_info": {"project_id": "example-app"},
        "client": [{"api_key": [{"current_key": "AIza" + "x" * 35}]}],
    }
    plist = b'<?xml version="1.0"?>\n<plist version="1.0"><dict><key>API_KEY</key><string>x</string></dict></plist>\n'

    def text(content: str) -> Sample:
        return Sample({"service-account.json": content.encode()})

    return {
        "service account": text(account),
        "service account, byte order mark": Sample({"service-account.json": b"\xef\xbb\xbf" + account.encode()}),
        "service account, UTF-16": Sample({"service-account.json": account.encode("utf-16")}),
        "service account, cut off": text(account[:900]),
        "service account, no key": text(json.dumps(without)),
        "service account, unreadable key": text(json.dumps({**without, "private_key": "-----BEGIN PRIVATE KEY-----"})),
        "google-services.json": Sample({"google-services.json": json.dumps(android).encode()}),
        "GoogleService-Info.plist": Sample({"GoogleService-Info.plist": plist}),
        "OAuth client": Sample({"client_secret.json": b'{"installed": {"client_secret": "x"}}'}),
        "Firebase web app": Sample({"firebase.json": b'{"apiKey": "AIzax", "projectId": "example-app"}'}),
        "other JSON": Sample({"package.json": b'{"name": "example"}'}),
        "legacy server key": Sample({"server-key.txt": LEGACY_KEY.encode() + b"\n"}),
    }


def _others() -> dict[str, Sample]:
    return {
        "empty file": Sample({"cert.pem": b""}),
        "large file": Sample({"dump.bin": b"x" * 300_000}),
        "other text": Sample({"README.md": b"# Push\n"}),
        "other binary file": Sample({"icon.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256))}),
    }


def _bare(pem: bytes) -> bytes:
    return b"".join(line for line in pem.splitlines(keepends=True) if not line.startswith(b"-----"))


def now() -> float:
    """Return the time that the samples are made for."""
    return time.time()
