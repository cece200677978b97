"""The certificate authority of this machine: files in the user's data folder, created on first use."""

from __future__ import annotations

import atexit
import errno
import logging
import os
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from notify_mock.certificate_authority.certificates import Pair, make_ca, validity
from notify_mock.certificate_authority.permissions import check_folder, check_key_file, is_writable_by_others
from notify_mock.support import files
from notify_mock.support.usage import UsageError, shown

_LOG = logging.getLogger("notify_mock.ca")

FOLDER_VARIABLE = "NOTIFY_MOCK_CA_DIR"

CERTIFICATE_FILE, BUNDLE_FILE, PHP_FILE = "ca.pem", "bundle.pem", "notify-mock.ini"
NODE_FILE = "notify-mock-fetch.cjs"
TRUST_STORE_FILE, DIGEST_FILE = "truststore.p12", "truststore.sha256"
PYTHON_FOLDER = "python"
MAX_BYTES = 16 * files.MIB
"""The limit of each file."""

_KEY_FILE, _LOCK_FILE = "ca-key.pem", ".lock"
_FILES = (_KEY_FILE, CERTIFICATE_FILE, BUNDLE_FILE, TRUST_STORE_FILE, DIGEST_FILE, PHP_FILE, NODE_FILE, _LOCK_FILE)
_RENEW_BEFORE = timedelta(days=1)
"""An authority that expires within this time is replaced, so that it does not expire during a run."""
_END = "-----END CERTIFICATE-----\n"
_RENEW = "run notify-mock ca renew"
_USE_ANOTHER = f"set {FOLDER_VARIABLE} to another folder"


class Authority:
    """The certificate authority that clients trust through ``certificate``.

    ``folder`` defaults to NOTIFY_MOCK_CA_DIR, else the user's data folder. ``ca-key.pem`` (mode 0600) contains the
    private key and the certificate, ``ca.pem`` only the certificate. Files are created when first needed. Raises
    ``UsageError`` if the folder can't be used, or if ``ca-key.pem`` is damaged or can be read by other users. Safe to
    use from several processes.

    ``or_temporary``: if the user's data folder can't be written, use a private folder that is deleted at the end of
    this process, and log a line that says so.
    """

    def __init__(self, folder: Path | None = None, *, or_temporary: bool = False) -> None:
        self.folder = folder or _folder()
        self._or_temporary = or_temporary and folder is None and not os.environ.get(FOLDER_VARIABLE)

    def __repr__(self) -> str:
        return f"<Authority in {self.folder}>"

    @property
    def exists_already(self) -> bool:
        try:
            return self._key_file.exists()
        except OSError as error:
            raise self._unusable(error) from error

    @property
    def certificate(self) -> Path:
        """The file with the certificate."""
        self.pair()
        return self.folder / CERTIFICATE_FILE

    @property
    def expires(self) -> datetime:
        """When the certificate expires."""
        return validity(self.pair())[1]

    def pair(self) -> Pair:
        """Return certificate and key. Creates them if they are missing, about to expire or not valid yet."""
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
        try:
            gone = [self.folder / name for name in _FILES if (self.folder / name).exists()]
            gone += [path for found in startup for path in found]
            for path in gone:
                files.remove_leftovers(path)
                path.unlink()
        except OSError as error:
            raise self._unusable(error) from error
        for folder in (self.folder / PYTHON_FOLDER / "__pycache__", self.folder / PYTHON_FOLDER):
            with suppress(OSError):  # missing, or not empty
                folder.rmdir()
        return gone

    def keep(self, name: str, content: bytes) -> Path:
        """Return the file ``name`` in the folder, written if it is missing, damaged, outdated or not only ours to
        write. Raises ``UsageError``."""
        path = self.folder / name
        files.remove_leftovers(path)
        with suppress(UsageError):
            if files.read_bytes(path, MAX_BYTES) == content and not is_writable_by_others(path):
                return path
        return self.write(name, content)

    def write(self, name: str, content: bytes, mode: int = 0o644) -> Path:
        """Write a file in the folder atomically. Raises ``UsageError``."""
        path = self.folder / name
        try:
            path.parent.mkdir(mode=0o700, exist_ok=True)
            files.write_bytes(path, content, mode=mode)
        except OSError as error:
            raise self._unusable(error) from error
        except UsageError as error:
            raise UsageError(error.where, error.wrong, _delete_or(_USE_ANOTHER, path)) from error
        return path

    @property
    def _key_file(self) -> Path:
        return self.folder / _KEY_FILE

    def _make(self, *, renew: bool) -> Pair:
        from filelock import FileLock

        try:
            self._make_folder()
            with FileLock(self.folder / _LOCK_FILE):
                for folder in (self.folder, self.folder / PYTHON_FOLDER):
                    check_folder(folder, _RENEW)
                files.remove_leftovers(self._key_file)
                now = self._now()
                pair = None if renew else self._read(now)
                if pair is None:
                    pair = make_ca(now)
                    self.write(_KEY_FILE, "".join(pair).encode(), 0o600)
                self.keep(CERTIFICATE_FILE, pair.certificate.encode())
                return pair
        except OSError as error:
            raise self._unusable(error) from error

    def _make_folder(self) -> None:
        """Create the folder, or a temporary one instead. Raises ``OSError``."""
        try:
            if self.folder.parts[0] == "~":
                raise FileNotFoundError(errno.ENOENT, "the home folder of this user is unknown", "~")
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self.folder / _LOCK_FILE).touch()
        except OSError as error:
            if not self._or_temporary:
                raise
            self.folder, self._or_temporary = _temporary_folder(), False
            _LOG.error(
                "%s cannot be used (%s): the certificate authority of this run is in %s; %s to keep it",
                *(error.filename, error.strerror, self.folder, _USE_ANOTHER),
            )

    def _now(self) -> datetime:
        """Return the file system's time, since TLS uses the real time and a test may have frozen Python's."""
        path = self.folder / _LOCK_FILE
        path.touch()
        return datetime.fromtimestamp(path.stat().st_mtime, timezone.utc)

    def _read(self, now: datetime) -> Pair | None:
        """Return the stored pair, or None if it is missing, about to expire or not valid yet."""
        if not self._key_file.exists():
            return None
        try:
            check_key_file(self._key_file)
            certificate, end, private_key = files.read_bytes(self._key_file, MAX_BYTES).decode().partition(_END)
            pair = Pair(certificate + end, private_key)
            begins, ends = validity(pair)
        except UsageError as error:
            raise UsageError(error.where, error.wrong, _delete_or(_RENEW, self._key_file)) from error
        except UnicodeDecodeError as error:
            raise UsageError(str(self._key_file), "is not UTF-8 text", _RENEW) from error
        except ValueError as error:
            raise UsageError(str(self._key_file), str(error), _RENEW) from error
        return pair if begins <= now < ends - _RENEW_BEFORE else None

    def _unusable(self, error: OSError) -> UsageError:
        place = error.filename or self.folder
        return UsageError(str(place), f"cannot be used: {error.strerror or error}", _USE_ANOTHER)


def _delete_or(otherwise: str, path: Path) -> str:
    """Return the remedy for a file that can't be used. What is not a file is the user's to delete."""
    is_other = os.path.lexists(path) and not os.path.isfile(path)  # noqa: PTH113 - these never raise
    return f"delete it, then {_RENEW}" if is_other else otherwise


@cache
def _temporary_folder() -> Path:
    """Return the same folder each time. It is deleted when the process ends, but not by its forked children."""
    folder, owner = Path(mkdtemp(prefix="notify-mock-ca-")), os.getpid()

    def delete() -> None:
        if os.getpid() == owner:
            rmtree(folder, ignore_errors=True)

    atexit.register(delete)
    return folder


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
