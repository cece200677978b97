"""Cassette files: finding them, and reading all formats."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from notify_mock.cassettes import har, vcr, wiremock
from notify_mock.cassettes.interaction import Interaction, check
from notify_mock.support.documents import read_file
from notify_mock.support.files import MAX_CASSETTE_BYTES
from notify_mock.support.usage import UsageError, shown

MAX_ENTRIES = 200_000
SUFFIXES = (".yaml", ".yml", ".json", ".har")

_STRANGE = re.compile(r"[<>?%*:|\"'/\\]")
"""The characters that pytest-recording replaces in test names."""


def find_files(paths: Iterable[str | Path]) -> list[Path]:
    """Return the files in ``paths``, and the cassettes in its folders, sorted.

    Raises ``UsageError`` for a folder without cassettes.
    """
    found: list[Path] = []
    for path in map(Path, paths):
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(file for file in path.rglob("*") if file.suffix in SUFFIXES and _is_seen(file, path))
        if not inside:
            raise UsageError(str(path), "contains no cassette", f"expected files that end in {', '.join(SUFFIXES)}")
        found += inside
    return found


def _is_seen(path: Path, folder: Path) -> bool:
    return path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)


def read_interactions(path: Path) -> list[Interaction]:
    """Return the entries of a VCR, HAR or WireMock file. Raises ``UsageError`` with file, line and key."""
    content = read_file(path, MAX_CASSETTE_BYTES)
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


def inside(folder: Path, name: str) -> Path:
    """Return the path of the cassette ``name`` in ``folder``. Raises ``UsageError`` if it is outside the folder."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or path == folder.resolve():
        raise UsageError(shown(name), f"is outside {folder}", "give the name of a cassette in that folder")
    return folder / name


def safe_name(test: str) -> str:
    """Return the file name that pytest-recording uses for the cassette of ``test``."""
    return _STRANGE.sub("-", test) + ".yaml"
