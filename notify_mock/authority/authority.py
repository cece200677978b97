"""The certificate authority of this machine: one file in the user's data folder, made on first use."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from tempfile import NamedTemporaryFile

from notify_mock.authority.certificates import Pair, make_ca
from notify_mock.support.usage import UsageError, shown

FOLDER_VARIABLE = "NOTIFY_MOCK_CA_DIR"

BUNDLE_FILE, TRUST_STORE_FILE, PHP_FILE = "bundle.pem", "truststore.p12", "notify-mock.ini"
PYTHON_FOLDER = "python"
_KEY_FILE, _CERTIFICATE_FILE, _LOCK_FILE = "ca-key.pem", "ca.pem", ".lock"
_FILES = (_KEY_FILE, _CERTIFICATE_FILE, BUNDLE_FILE, TRUST_STORE_FILE, PHP_FILE, _LOCK_FILE)
_RENEW_BEFORE = timedelta(days=1)
"""An authority that ends within this time is made anew, so that no run ends in the middle of an expiry."""
_END = "-----END CERTIFICATE-----\n"


class Authority:
    """Makes certificates for Twilio's hosts, for clients that trust ``certificate``.

    ``folder`` is NOTIFY_MOCK_CA_DIR, else the user's data folder. Private key and certificate stand together in
    ``ca-key.pem`` (mode 0600); ``ca.pem`` has the certificate alone. Nothing is made before it is needed. Raises
    ``UsageError`` where the folder can't be used. Safe to use from several processes.
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
        """When its certificate ends to be valid."""
        return _expires(self.pair())

    def pair(self) -> Pair:
        """Certificate and key; made where there are none, or none that still hold."""
        return self._make(renew=False)

    def renew(self) -> Pair:
        """A new certificate and key in place of what is there. Servers that are running keep the old."""
        return self._make(renew=True)

    def remove(self) -> list[Path]:
        """Delete its files, and say which they were. What else is in the folder stays."""
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
            with suppress(OSError):  # it isn't there, or there is more in it
                folder.rmdir()
        return gone

    def write(self, name: str, content: bytes, mode: int = 0o644) -> Path:
        """Put a file in the folder, whole or not at all. Raises ``UsageError``."""
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
        """The time by the file system, since TLS goes by the real one: a test may have frozen Python's."""
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
        """What the file holds, if it still holds."""
        if not self._key_file.exists():
            return None
        certificate, end, private_key = self._key_file.read_text().partition(_END)
        pair = Pair(certificate + end, private_key)
        try:
            return pair if _expires(pair) > now + _RENEW_BEFORE else None
        except ValueError as error:
            raise UsageError(
                str(self._key_file), "holds no certificate and key", "notify-mock ca renew makes new ones"
            ) from error

    def _unusable(self, error: OSError) -> UsageError:
        return UsageError(str(self.folder), f"can't be used: {error.strerror or error}", f"set {FOLDER_VARIABLE}")


def _folder() -> Path:
    given = os.environ.get(FOLDER_VARIABLE)
    if given:
        if os.pathsep in given or not given.isprintable() or set(given) & set("'\""):
            raise UsageError(FOLDER_VARIABLE, f"{shown(given)} can't stand in a list of folders", "name another one")
        return Path(given).expanduser().absolute()
    from platformdirs import user_data_path

    return user_data_path("notify-mock", appauthor=False) / "ca"


def _expires(pair: Pair) -> datetime:
    """Raises ``ValueError`` where the certificate is none."""
    from cryptography.x509 import load_pem_x509_certificate

    return load_pem_x509_certificate(pair.certificate.encode()).not_valid_after_utc
