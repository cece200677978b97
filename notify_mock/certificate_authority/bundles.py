"""Files that make clients of all kinds trust the authority of this machine as well as the usual roots."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from notify_mock.certificate_authority.authority import (
    BUNDLE_FILE,
    CERTIFICATE_FILE,
    DIGEST_FILE,
    MAX_BYTES,
    NODE_FILE,
    PHP_FILE,
    PYTHON_FOLDER,
    TRUST_STORE_FILE,
    Authority,
)
from notify_mock.certificate_authority.permissions import is_writable_by_others
from notify_mock.support import files
from notify_mock.support.usage import UsageError

TRUST_STORE_PASSWORD = "changeit"  # noqa: S105 - Java's default; the store contains no secret

_STARTUP = Path(__file__).parent / "startup"
_PYTHON = _STARTUP / "sitecustomize.py"
_PHP = b"curl.cainfo = ${SSL_CERT_FILE}\nopenssl.cafile = ${SSL_CERT_FILE}\n"
_GIVEN = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_USUAL = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class Bundles(NamedTuple):
    """The files, all in one folder.

    ``certificate``: only the authority. ``bundle``: the system's roots and the authority, PEM. ``trust_store``: the
    same for Java, PKCS 12. ``php``: settings for PHP. ``python`` and ``node``: the code that they run at startup.
    """

    certificate: Path
    bundle: Path
    trust_store: Path
    php: Path
    python: Path
    node: Path

    def at(self, folder: str) -> Bundles:
        """Return the files with their paths on another machine or in a container."""
        return Bundles(*(folder / path.relative_to(self.certificate.parent) for path in self))


def make_bundles(authority: Authority) -> Bundles:
    """Return the files for ``authority``, written where they aren't up to date. Raises ``UsageError``."""
    bundle = f"{_roots(authority.folder).rstrip()}\n{authority.pair().certificate}".lstrip()
    return Bundles(
        authority.folder / CERTIFICATE_FILE,
        authority.keep(BUNDLE_FILE, bundle.encode()),
        _keep_trust_store(authority, bundle),
        authority.keep(PHP_FILE, _PHP),
        authority.keep(f"{PYTHON_FOLDER}/{_PYTHON.name}", _PYTHON.read_bytes()),
        authority.keep(NODE_FILE, (_STARTUP / NODE_FILE).read_bytes()),
    )


def _roots(own: Path) -> str:
    """Return the root certificates of this machine, PEM: those the user has set, or else the system's.

    Settings that point into the folder ``own`` are ignored: they come from an enclosing ``notify-mock exec``.
    """
    given = [os.environ[name] for name in _GIVEN if os.environ.get(name)]
    for name in (*given, ssl.get_default_verify_paths().cafile, *_USUAL):
        if name and os.path.isfile(name) and own not in Path(name).parents:  # noqa: PTH113 - never raises
            text = files.read_bytes(Path(name), MAX_BYTES).decode("utf-8", "replace")
            if _BEGIN in text:
                return "\n".join(_certificates(text))
    loaded = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "\n".join(ssl.DER_cert_to_PEM_cert(der).strip() for der in loaded)


def _certificates(text: str) -> Iterable[str]:
    """Return the PEM blocks of a bundle, without comments."""
    for part in text.split(_BEGIN)[1:]:
        yield _BEGIN + part.partition(_END)[0] + _END


def _keep_trust_store(authority: Authority, bundle: str) -> Path:
    """Return the Java trust store of ``bundle``, written if it is missing, damaged or that of another bundle.

    Its bytes differ each time it is made, and reading it is slow, so the digest of both is kept beside it.
    """
    path = authority.folder / TRUST_STORE_FILE
    with suppress(UsageError):
        known = files.read_bytes(authority.folder / DIGEST_FILE, MAX_BYTES)
        if known == _digest(bundle, files.read_bytes(path, MAX_BYTES)) and not is_writable_by_others(path):
            return path
    store = _trust_store(bundle)
    authority.write(TRUST_STORE_FILE, store)
    authority.write(DIGEST_FILE, _digest(bundle, store))
    return path


def _digest(bundle: str, store: bytes) -> bytes:
    return sha256(bundle.encode() + store).hexdigest().encode()


def _trust_store(bundle: str) -> bytes:
    """Return a Java trust store, without roots that ``cryptography`` rejects or warns about (serial number 0...)."""
    import warnings

    from notify_mock.support.crypto import pkcs12, serialization, x509

    entries = []
    for number, pem in enumerate(_certificates(bundle)):
        with warnings.catch_warnings(), suppress(ValueError, UserWarning):
            warnings.simplefilter("error")
            certificate = x509.load_pem_x509_certificate(pem.encode())
            entries.append(pkcs12.PKCS12Certificate(certificate, f"ca-{number}".encode()))
    encryption = serialization.BestAvailableEncryption(TRUST_STORE_PASSWORD.encode())
    return pkcs12.serialize_java_truststore(entries, encryption)
