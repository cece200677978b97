"""Cassettes on the disk: found, read whatever their format, and written so that a crash leaves no half of one."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from notify_mock.cassettes import har, vcr, wiremock
from notify_mock.cassettes.interaction import Interaction, check
from notify_mock.support.files import read_file
from notify_mock.support.usage import UsageError, shown

MAX_FILE_BYTES = 256 * 1024 * 1024
MAX_ENTRIES = 200_000
SUFFIXES = (".yaml", ".yml", ".json", ".har")

_STRANGE = re.compile(r"[<>?%*:|\"'/\\]")
"""What pytest-recording replaces in the name of a test."""


def find_files(paths: Iterable[str | Path]) -> list[Path]:
    """The cassettes that ``paths`` name: files, and whatever is in folders, sorted. Raises ``UsageError`` for none."""
    found: list[Path] = []
    for path in map(Path, paths):
        inside = sorted(one for one in path.rglob("*") if one.suffix in SUFFIXES and _is_seen(one, path))
        if path.is_dir() and not inside:
            raise UsageError(str(path), "has no cassette in it", f"their names end in {', '.join(SUFFIXES)}")
        found += inside if path.is_dir() else [path]
    return found


def _is_seen(path: Path, folder: Path) -> bool:
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)


def read_interactions(path: Path) -> list[Interaction]:
    """What a cassette holds, in VCR's format, HAR or WireMock's. Raises ``UsageError`` with file, line and key."""
    try:
        size = path.stat().st_size
    except OSError as error:
        wrong = f"can't be read: {error.strerror}"
        raise UsageError(str(path), wrong, "name a cassette or a folder of them") from error
    except ValueError as error:
        raise UsageError(shown(str(path)), f"is no path: {error}") from error
    if size > MAX_FILE_BYTES:
        raise UsageError(str(path), f"has {size} bytes", f"the limit of a cassette is {MAX_FILE_BYTES}")
    content = read_file(path)
    if har.is_har(content):
        interactions = har.read_har(content)
    elif wiremock.is_wiremock(content):
        interactions = wiremock.read_wiremock(content)
    else:
        return _not_too_many(path, vcr.read_vcr(content))
    for interaction in interactions:
        check(interaction)
    return _not_too_many(path, interactions)


def _not_too_many(path: Path, interactions: list[Interaction]) -> list[Interaction]:
    if len(interactions) > MAX_ENTRIES:
        raise UsageError(str(path), f"has {len(interactions)} entries", f"the limit is {MAX_ENTRIES}")
    return interactions


def write_text(path: Path, text: str) -> None:
    """Put ``text`` into the file at ``path``: written beside it, synced, and then put in its place.

    Raises ``UsageError`` where the disk doesn't let it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        target = path.resolve()
        with NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, prefix=".", delete=False) as beside:
            try:
                beside.write(text)
                beside.flush()
                os.fsync(beside.fileno())
                Path(beside.name).chmod(target.stat().st_mode if target.exists() else 0o644)
                Path(beside.name).replace(target)
            except BaseException:
                Path(beside.name).unlink(missing_ok=True)
                raise
        _sync_folder(target.parent)
    except OSError as error:
        raise UsageError(str(path), f"can't be written: {error.strerror or error}") from error


def _sync_folder(folder: Path) -> None:
    """So that the new name survives a loss of power; not every system lets a folder be synced."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def inside(folder: Path, name: str) -> Path:
    """The cassette ``name`` in ``folder``. Raises ``UsageError`` for a name that leads out of it."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or path == folder.resolve():
        raise UsageError(shown(name), f"leads out of {folder}", "name a cassette in that folder")
    return folder / name


def safe_name(test: str) -> str:
    """The name that pytest-recording gives the cassette of ``test``."""
    return _STRANGE.sub("-", test) + ".yaml"
