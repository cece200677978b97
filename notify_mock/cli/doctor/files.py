"""Reads the files that ``notify-mock doctor`` is given, from folders and standard input, too, and their password."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import click

from notify_mock.doctor.contents import MAX_BYTES, Contents, looks_like_a_legacy_key, read_contents
from notify_mock.doctor.groups import Group, group
from notify_mock.doctor.mending import STANDARD_INPUT
from notify_mock.support.files import MAX_KEY_BYTES, read_bytes
from notify_mock.support.usage import UsageError
from notify_mock.twilio_api.masking import show_text

PASSWORD_VARIABLE = "NOTIFY_MOCK_CREDENTIAL_PASSWORD"  # noqa: S105 - the name of a variable
_MAX_FILES = 500
_MAX_SHOWN = 30
_BASE64 = re.compile(r"[\w+=-]{40}|[\w+=/-]{100}", re.ASCII)
"""What a secret without line breaks has in it, and few paths have."""
_ON_COMMAND_LINE = (
    "notify-mock: a secret on the command line stays in the shell's history, and other users of this machine can see"
    " it; give a file, or - for standard input"
)


class Given(NamedTuple):
    """``named`` are files that were named, ``found`` those in a folder, ``skipped`` the names of unreadable ones."""

    named: Mapping[str, bytes]
    found: Mapping[str, bytes]
    skipped: tuple[str, ...]


def read_given(arguments: tuple[str, ...]) -> Given:
    """Read the arguments of the command. Raises ``UsageError`` for one that is not a readable file or folder."""
    named: dict[str, bytes] = {}
    found: dict[str, bytes] = {}
    skipped: list[str] = []
    for argument in arguments:
        if argument == STANDARD_INPUT:
            named[argument] = named.get(argument, b"") + sys.stdin.buffer.read(MAX_BYTES + 1)
        elif _is_secret(argument):
            click.echo(_ON_COMMAND_LINE, err=True)
            before = named.get(STANDARD_INPUT, b"")
            named[STANDARD_INPUT] = before + argument.encode("utf-8", "surrogateescape") + b"\n"
        elif _checked(argument).is_dir():
            for path in _inside(Path(argument)):
                try:
                    found[str(path)] = read_bytes(path, MAX_BYTES)
                except UsageError:
                    skipped.append(str(path))
        else:
            named[argument] = read_bytes(Path(argument), MAX_BYTES)
    return Given(named, found, tuple(skipped))


def group_given(given: Given, password_file: Path | None) -> tuple[list[Group], list[str]]:
    """Return the files of each credential, and the names of those in folders that are for none.

    Raises ``UsageError`` if folders have no credential.
    """
    named, found = (_parsed(files, None) for files in (given.named, given.found))
    password = _password([*named, *found], password_file)
    if password is not None:
        named, found = (_parsed(files, password) for files in (given.named, given.found))
    groups, others = group([*named, *found])
    if not found and len(groups) <= 1:
        return [tuple(named)], []
    wrong = [one for one in others if one.name in given.named]
    groups += [(one,) for one in wrong]
    if not groups:
        folders = dict.fromkeys(str(Path(name).parent) for name in (*given.found, *given.skipped))
        raise UsageError(", ".join(map(show_text, folders)), "no file for a credential was found")
    return groups, [one.name for one in others if one not in wrong]


def _is_secret(argument: str) -> bool:
    """Whether an argument is the content of a file instead of its name. It is not shown then."""
    looks_so = "-----BEGIN " in argument or argument.lstrip().startswith("{") or looks_like_a_legacy_key(argument)
    return looks_so and not _exists(argument)


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL character
        return False


def _checked(name: str) -> Path:
    """Return the path. Raises ``UsageError`` if there is no such file, without showing what may be a secret."""
    if _exists(name):
        return Path(name)
    if name.startswith("-"):
        raise UsageError(show_text(name, _MAX_SHOWN), "is not an option of this command", "see --help")
    is_name = len(name) < _MAX_SHOWN or "." in name or ("/" in name and not _BASE64.search(name))
    where = show_text(name) if is_name else f"an argument of {len(name)} characters"
    raise UsageError(where, "there is no such file", "a secret is given in a file, or as - on standard input")


def _inside(folder: Path) -> Iterator[Path]:
    """Yield the files of a folder, without those of the folders in it."""
    try:
        paths = sorted(path for path in folder.iterdir() if path.is_file())
    except OSError as error:
        raise UsageError(str(folder), f"cannot be read: {error.strerror or error}") from error
    if not paths:
        raise UsageError(str(folder), "has no files")
    if len(paths) > _MAX_FILES:
        raise UsageError(str(folder), f"has {len(paths)} files, the limit is {_MAX_FILES}", "name the files")
    yield from paths


def _parsed(files: Mapping[str, bytes], password: str | None) -> list[Contents]:
    return [read_contents(name, content, password) for name, content in files.items()]


def _password(contents: list[Contents], file: Path | None) -> str | None:
    """Return the password of the option, the environment variable or the user, in this order, or None."""
    if file is not None:
        lines = read_bytes(file, MAX_KEY_BYTES).decode("utf-8", "replace").splitlines()
        return lines[0] if lines else ""
    if PASSWORD_VARIABLE in os.environ:
        return os.environ[PASSWORD_VARIABLE]
    locked = next((one.name for one in contents if one.has("locked p12", "encrypted key")), None)
    if locked is None or not sys.stdin.isatty():
        return None
    prompt = f"Password of {show_text(locked)}"
    try:
        return str(click.prompt(prompt, hide_input=True, default="", show_default=False, err=True))
    except click.Abort as error:  # which would exit with 0, as if all were well
        raise UsageError(show_text(locked), "its password was not given") from error
