"""The key of a project's pseudonyms: an option, an environment variable, or a file in the project."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from notify_mock.support.files import MAX_KEY_BYTES, create_bytes, read_bytes
from notify_mock.support.usage import UsageError

KEY_FILE = ".notify-mock-key"
VARIABLE = "NOTIFY_MOCK_CASSETTE_KEY"
_PROJECT = (".git", "pyproject.toml", "setup.cfg", "package.json")
_EXPECTED = "32 to 128 lower-case hex digits"
_HEX = re.compile(r"[0-9a-f]{32,128}")
_NO_KEY = b"notify-mock: no key"


def find_key(path: Path, given: str | None = None, *, make: bool = False) -> bytes:
    """Return the key for the cassettes at ``path``: ``given``, or the environment variable, or the nearest key file,
    in the folder of ``path`` or above it up to the project folder.

    If there is none, ``make`` creates a key file in the project folder (or next to the cassette). Without ``make``, a
    constant key is used, which is enough to compare secrets that a cassette contains in clear. Raises ``UsageError``.
    """
    named = given or os.environ.get(VARIABLE)
    if named:
        return _read(named, VARIABLE if not given else "key")
    folders = _folders(path)
    for folder in folders:
        file = folder / KEY_FILE
        if os.path.lexists(file):
            return _read_file(file)
    return _make(folders[-1] / KEY_FILE) if make else _NO_KEY


def _folders(path: Path) -> list[Path]:
    """Return the cassette's folder and its parents up to the project folder; only its own folder outside a project."""
    own = path.resolve() if path.is_dir() else path.resolve().parent
    above = [own, *own.parents]
    for number, folder in enumerate(above):
        if any((folder / name).exists() for name in _PROJECT):
            return above[: number + 1]
    return [own]


def _read(text: str, where: str) -> bytes:
    if not _HEX.fullmatch(text.strip()):
        raise UsageError(where, "is not a key", f"expected {_EXPECTED}")
    return bytes.fromhex(text.strip()[: len(text.strip()) // 2 * 2])


def _read_file(file: Path) -> bytes:
    try:
        text = read_bytes(file, MAX_KEY_BYTES).decode("ascii", "replace")
    except UsageError as error:
        raise UsageError(error.where, error.wrong, f"expected {_EXPECTED}") from error
    return _read(text, str(file))


def _make(file: Path) -> bytes:
    """Create the key file and return its key, which may come from another process that was faster."""
    try:
        create_bytes(file, f"{secrets.token_hex(32)}\n".encode(), mode=0o600)
    except UsageError as error:
        raise UsageError(error.where, error.wrong, f"set {VARIABLE} instead") from error
    return _read_file(file)
