"""The logs of failing tests, each a file that ``notify-mock serve --state`` opens."""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notify_mock.command_log.stores.memory import MemoryStore
from notify_mock.emulator import Emulator
from notify_mock.support.usage import UsageError

if TYPE_CHECKING:
    from notify_mock.server.shared_server import SharedServer

_UNSAFE = re.compile(r"[^A-Za-z0-9_.-]+")
_MAX_LENGTH = 100
_WITHOUT_LOG = ("cassette", "hydrate", "upstream", "record")


def make_logged(options: Mapping[str, Any], server: SharedServer) -> Emulator:
    """Return an emulator that keeps a log in memory, if its options allow it. Raises ``UsageError``."""
    if all(options.get(name) is None for name in _WITHOUT_LOG):
        try:
            return Emulator(**options, server=server, state=MemoryStore())  # type: ignore[arg-type]
        except UsageError as error:
            if error.option != "state":
                raise
    return Emulator(**options, server=server)


def leave(emulator: Emulator, nodeid: str, folder: Path, shown: Path) -> str:
    """Write the log of a failing test to ``folder``, and return what to say about it. ``shown`` is the folder as the
    user wrote it."""
    name = file_name(nodeid)
    try:
        emulator.write_log(folder / name)
    except UsageError as error:
        return f"the log of this test was not written: {error}"
    argument = f'"{shown / name}"' if " " in str(shown) else shown / name
    return f"the emulator as the test left it: notify-mock serve --state {argument}"


def file_name(nodeid: str) -> str:
    """Return a name that every file system accepts, and that no other test has."""
    digest = blake2b(nodeid.encode(errors="backslashreplace"), digest_size=4).hexdigest()
    return f"{_UNSAFE.sub('-', nodeid).strip('-.')[-_MAX_LENGTH:].strip('-.')}-{digest}.db"
