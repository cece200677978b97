"""The key of a project's pseudonyms: given, in the environment, or in a file beside the cassettes."""

from __future__ import annotations

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from notify_mock.support.usage import UsageError

KEY_FILE = ".notify-mock-key"
VARIABLE = "NOTIFY_MOCK_CASSETTE_KEY"
_PROJECT = (".git", "pyproject.toml", "setup.cfg", "package.json")
_HEX = re.compile(r"[0-9a-f]{32,128}")
_NO_KEY = b"notify-mock: no key"


def find_key(path: Path, given: str | None = None, *, make: bool = False) -> bytes:
    """The key for the cassettes at ``path``: ``given``, else that of the environment, else of the nearest key file in
    its folder or above, as far as the project reaches.

    With ``make``, where there is none one is made, in the project's folder (or else beside the cassette). Without it,
    a key that everyone knows stands in: enough to compare secrets that a cassette has in clear. Raises ``UsageError``.
    """
    named = given or os.environ.get(VARIABLE)
    if named:
        return _read(named, VARIABLE if not given else "key")
    folders = _folders(path)
    for folder in folders:
        file = folder / KEY_FILE
        if file.is_file():
            return _read_file(file)
    return _make(folders[-1] / KEY_FILE) if make else _NO_KEY


def _folders(path: Path) -> list[Path]:
    """The cassette's folder and those above it up to the project's; only its own where no project is found."""
    own = path.resolve() if path.is_dir() else path.resolve().parent
    above = [own, *own.parents]
    for number, folder in enumerate(above):
        if any((folder / name).exists() for name in _PROJECT):
            return above[: number + 1]
    return [own]


def _read(text: str, where: str) -> bytes:
    if not _HEX.fullmatch(text.strip()):
        raise UsageError(where, "is no key", "it is 32 to 128 lower-case hex digits")
    return bytes.fromhex(text.strip()[: len(text.strip()) // 2 * 2])


def _read_file(file: Path) -> bytes:
    try:
        return _read(file.read_text("utf-8"), str(file))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(str(file), "can't be read as a key", "it is 32 to 128 lower-case hex digits") from error


def _make(file: Path) -> bytes:
    """Another process may have been quicker: then its key is the key. Nobody sees half of one."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", encoding="utf-8", dir=file.parent, prefix=f"{KEY_FILE}.") as made:  # of mode 0600
            made.write(secrets.token_hex(32) + "\n")
            made.flush()
            with suppress(FileExistsError):
                os.link(made.name, file)
    except OSError as error:
        raise UsageError(str(file), f"can't be written: {error.strerror}", f"or set {VARIABLE}") from error
    return _read_file(file)
