"""Files that make clients of all kinds trust the authority of this machine as well as the usual roots."""

from __future__ import annotations

import os
import ssl
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from notify_mock.certificate_authority.authority import (
    BUNDLE_FILE,
    PHP_FILE,
    PYTHON_FOLDER,
    TRUST_STORE_FILE,
    Authority,
)

TRUST_STORE_PASSWORD = "changeit"  # noqa: S105 - Java's default; the store contains no secret

_STARTUP = Path(__file__).parent / "startup" / "sitecustomize.py"
_PHP = b"curl.cainfo = ${SSL_CERT_FILE}\nopenssl.cafile = ${SSL_CERT_FILE}\n"
_GIVEN = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
_USUAL = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
_BEGIN, _END = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"


class Bundles(NamedTuple):
    """The files, all in one folder.

    ``certificate``: only the authority. ``bundle``: the system's roots and the authority, PEM. ``trust_store``: the
    same for Java, PKCS 12. ``php``: settings for PHP. ``python``: the code that Python runs at startup.
    """

    certificate: Path
    bundle: Path
    trust_store: Path
    php: Path
    python: Path

    def at(self, folder: str) -> Bundles:
        """Return the files with their paths on another machine or in a container."""
        return Bundles(*(folder / path.relative_to(self.certificate.parent) for path in self))


def make_bundles(authority: Authority) -> Bundles:
    """Return the files for ``authority``, written where they aren't up to date. Raises ``UsageError``."""
    certificate = authority.certificate
    own, roots = certificate.read_text(), _roots(authority.folder)
    bundle = f"{roots.rstrip()}\n{own}".lstrip()
    bundle_file, store_file = authority.folder / BUNDLE_FILE, authority.folder / TRUST_STORE_FILE
    if not bundle_file.exists() or bundle_file.read_text() != bundle or not store_file.exists():
        authority.write(TRUST_STORE_FILE, _trust_store(bundle))
        authority.write(BUNDLE_FILE, bundle.encode())
    php_file = _keep(authority, PHP_FILE, _PHP)
    python_file = _keep(authority, f"{PYTHON_FOLDER}/{_STARTUP.name}", _STARTUP.read_bytes())
    return Bundles(certificate, bundle_file, store_file, php_file, python_file)


def _keep(authority: Authority, name: str, content: bytes) -> Path:
    """Return the file ``name``, written if it isn't up to date."""
    path = authority.folder / name
    return path if path.exists() and path.read_bytes() == content else authority.write(name, content)


def _roots(own: Path) -> str:
    """Return the root certificates of this machine, PEM: those the user has set, or else the system's.

    Settings that point into the folder ``own`` are ignored: they come from an enclosing ``notify-mock exec``.
    """
    given = [os.environ[name] for name in _GIVEN if os.environ.get(name)]
    for name in (*given, ssl.get_default_verify_paths().cafile, *_USUAL):
        if name and Path(name).is_file() and own not in Path(name).parents:
            text = Path(name).read_text(encoding="utf-8", errors="replace")
            if _BEGIN in text:
                return "\n".join(_certificates(text))
    loaded = ssl.create_default_context().get_ca_certs(binary_form=True)
    return "\n".join(ssl.DER_cert_to_PEM_cert(der).strip() for der in loaded)


def _certificates(text: str) -> Iterable[str]:
    """Return the PEM blocks of a bundle, without comments."""
    for part in text.split(_BEGIN)[1:]:
        yield _BEGIN + part.partition(_END)[0] + _END


def _trust_store(bundle: str) -> bytes:
    """Return a Java trust store, without roots that ``cryptography`` rejects or warns about (serial number 0...)."""
    import warnings

    from notify_mock.support.crypto import pkcs12, serialization, x509

    entries = []
    for number, pem in enumerate(_certificates(bundle)):
        with warnings.catch_warnings(), suppress(ValueError, UserWarning):
            warnings.simplefilter("error")
            entries.append(
                pkcs12.PKCS12Certificate(x509.load_pem_x509_certificate(pem.encode()), f"ca-{number}".encode())
            )
    return pkcs12.serialize_java_truststore(
        entries, serialization.BestAvailableEncryption(TRUST_STORE_PASSWORD.encode())
    )
