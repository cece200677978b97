"""The certificate authority of this machine: files in the user's data folder, created on first use."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import NamedTemporaryFile

from notify_mock.certificate_authority.certificates import Pair, make_ca
from notify_mock.support.usage import UsageError, shown

FOLDER_VARIABLE = "NOTIFY_MOCK_CA_DIR"

BUNDLE_FILE, TRUST_STORE_FILE, PHP_FILE = "bundle.pem", "truststore.p12", "notify-mock.ini"
PYTHON_FOLDER = "python"
_KEY_FILE, _CERTIFICATE_FILE, _LOCK_FILE = "ca-key.pem", "ca.pem", ".lock"
_FILES = (_KEY_FILE, _CERTIFICATE_FILE, BUNDLE_FILE, TRUST_STORE_FILE, PHP_FILE, _LOCK_FILE)
_RENEW_BEFORE = timedelta(days=1)
"""An authority that expires within this time is replaced, so that it does not expire during a run."""
_END = "-----END CERTIFICATE-----\n"


class Authority:
    """The certificate authority that clients trust through ``certificate``.

    ``folder`` defaults to NOTIFY_MOCK_CA_DIR, else the user's data folder. ``ca-key.pem`` (mode 0600) contains the
    private key and the certificate, ``ca.pem`` only the certificate. Files are created when first needed. Raises
    ``UsageError`` if the folder can't be used. Safe to use from several processes.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or _folder()

    def __repr__(self) -> str:
        return f"<Authority in {self.folder}>"

    @property
    def exists_already(self) -> bool:
        return self._key_file.exists()

    @property
    def certificate(self) -> Path:
        """The file with the certificate."""
        self.pair()
        return self.folder / _CERTIFICATE_FILE

    @property
    def expires(self) -> datetime:
        """When the certificate expires."""
        return _expires(self.pair())

    def pair(self) -> Pair:
        """Return certificate and key. Creates them if they are missing or about to expire."""
        return self._make(renew=False)

    def renew(self) -> Pair:
        """Replace certificate and key. Running servers keep the old ones."""
        return self._make(renew=True)

    def remove(self) -> list[Path]:
        """Delete the authority's files and return their paths. Keeps other files in the folder."""
        if not self.exists_already:
            return []
        startup = (
            (self.folder / PYTHON_FOLDER).glob("sitecustomize.py"),
            self.folder.glob("python/__pycache__/sitecust*"),
        )
        gone = [self.folder / name for name in _FILES if (self.folder / name).exists()]
        gone += [path for found in startup for path in found]
        for path in gone:
            path.unlink()
        for folder in (self.folder / PYTHON_FOLDER / "__pycache__", self.folder / PYTHON_FOLDER):
            with suppress(OSError):  # missing, or not empty
                folder.rmdir()
        return gone

    def write(self, name: str, content: bytes, mode: int = 0o644) -> Path:
        """Write a file in the folder atomically. Raises ``UsageError``."""
        path = self.folder / name
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            with NamedTemporaryFile(dir=path.parent, prefix=".", suffix=path.name, delete=False) as file:
                file.write(content)
            made = Path(file.name)
            made.chmod(mode)
            return made.replace(path)
        except OSError as error:
            raise self._unusable(error) from error

    def now(self) -> datetime:
        """Return the file system's time, since TLS uses the real time and a test may have frozen Python's."""
        path = self.folder / _LOCK_FILE
        path.touch()
        return datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)

    @property
    def _key_file(self) -> Path:
        return self.folder / _KEY_FILE

    def _make(self, *, renew: bool) -> Pair:
        from filelock import FileLock

        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with FileLock(self.folder / _LOCK_FILE):
                now = self.now()
                pair = None if renew else self._read(now)
                made = pair is None
                pair = pair or make_ca(now)
                if made:
                    self.write(_KEY_FILE, "".join(pair).encode(), 0o600)
                public = self.folder / _CERTIFICATE_FILE
                if made or not public.exists() or public.read_text() != pair.certificate:
                    self.write(_CERTIFICATE_FILE, pair.certificate.encode())
                return pair
        except OSError as error:
            raise self._unusable(error) from error

    def _read(self, now: datetime) -> Pair | None:
        """Return the stored pair, or None if it is missing or about to expire."""
        if not self._key_file.exists():
            return None
        certificate, end, private_key = self._key_file.read_text().partition(_END)
        pair = Pair(certificate + end, private_key)
        try:
            return pair if _expires(pair) > now + _RENEW_BEFORE else None
        except ValueError as error:
            raise UsageError(
                str(self._key_file), "does not contain a certificate and key", "run notify-mock ca renew"
            ) from error

    def _unusable(self, error: OSError) -> UsageError:
        return UsageError(
            str(self.folder), f"cannot be used: {error.strerror or error}", f"set {FOLDER_VARIABLE} to another folder"
        )


def _folder() -> Path:
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        if os.pathsep in given or not given.isprintable() or set(given) & set("'\""):
            raise UsageError(
                FOLDER_VARIABLE, f"{shown(given)} contains characters that are not allowed", "use another folder"
            )
        return Path(given).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("notify-mock", appauthor=False) / "ca"


def _expires(pair: Pair) -> datetime:
    """Raises ``ValueError`` if the certificate can't be read."""
    from notify_mock.support.crypto import x509

    return x509.load_pem_x509_certificate(pair.certificate.encode()).not_valid_after_utc
