"""How a test's emulator is made: from the session's options and the test's markers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notify_mock.emulator import Emulator
from notify_mock.pytest_plugin.cassette_marker import read_marker
from notify_mock.support.usage import UsageError, nearest, only_known, shown

if TYPE_CHECKING:
    import pytest

    from notify_mock.interception.interception import Interception
    from notify_mock.server.shared_server import SharedServer

_INTERCEPTION_KEYS = ("intercept", "allow_real")
_SERVER_KEYS = ("host", "port", "other_hosts", "tls")
MARKER_KEYS = ("seed", "data", "accounts", "frozen", "scenario", "faults", "unused_faults", *_INTERCEPTION_KEYS)
_OPTION_KEYS = (*MARKER_KEYS, "cassette", "hydrate", "journal_limit", "fault_header", "callback_hosts", *_SERVER_KEYS)
_FILE_KEYS = ("data", "faults", "cassette", "hydrate")


def make(
    item: pytest.Item, seed: str, session: Mapping[str, Any], server: SharedServer
) -> tuple[Emulator, Interception | None]:
    """The emulator, on ``server``, and what leads clients to it unless that isn't wanted. ``seed`` is the run's, and
    ``session`` what the fixture notify_mock_options returns. Raises ``UsageError``."""
    if not isinstance(session, Mapping):
        raise UsageError("notify_mock_options", "returns no mapping", "return {} for no option")
    only_known("notify_mock_options", session, _OPTION_KEYS)
    options = _options(item, seed, session)
    intercept, allow_real = options.pop("intercept", True), options.pop("allow_real", ())
    if not isinstance(intercept, bool):
        raise UsageError("intercept", f"{shown(intercept)} is neither True nor False")
    marker = item.get_closest_marker("notify_cassette")
    if marker is not None:
        options["cassette"] = read_marker(item, marker)
    emulator = Emulator(**options, server=server)
    for mark in _faults_of(item):
        _add_fault(emulator, mark)
    return emulator, emulator.intercept(allow_real=allow_real) if intercept else None


def server_options(session: object) -> dict[str, Any]:
    """Those of the session's options that are its server's; what is wrong with others is seen in the first test."""
    return {key: session[key] for key in _SERVER_KEYS if key in session} if isinstance(session, Mapping) else {}


def wrong_marker(marks: Iterable[pytest.Mark]) -> str:
    """What is wrong with a marker notify_mock, or nothing."""
    for mark in marks:
        if mark.args:
            return f"marker notify_mock takes keywords only, as in notify_mock({MARKER_KEYS[0]}=...)"
        unknown = [key for key in mark.kwargs if key not in MARKER_KEYS]
        if unknown:
            return f"marker notify_mock has no argument {unknown[0]!r}; {nearest(unknown[0], MARKER_KEYS)}"
    return ""


def _options(item: pytest.Item, seed: str, session: Mapping[str, Any]) -> dict[str, Any]:
    """The session's options, then the markers' from module to function; the nearest wins."""
    options: dict[str, Any] = {"seed": f"{seed}/{item.nodeid}", **session}
    options = _beside(options, item.config.rootpath)
    for mark in reversed(list(item.iter_markers("notify_mock"))):
        options.update(_beside(mark.kwargs, item.path.parent))
    return {key: value for key, value in options.items() if key not in _SERVER_KEYS}


def _beside(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A path is meant from the test's folder (marker) or the root folder (options)."""
    files = {key: folder / options[key] for key in _FILE_KEYS if isinstance(options.get(key), (str, Path))}
    return {**options, **files}


def _faults_of(item: pytest.Item) -> list[pytest.Mark]:
    """From module to function, and those of one node in their own order."""
    by_node: dict[Any, list[pytest.Mark]] = {}
    for node, mark in item.iter_markers_with_node("notify_fault"):
        by_node.setdefault(node, []).append(mark)
    return [mark for marks in reversed(by_node.values()) for mark in marks]


def _add_fault(emulator: Emulator, mark: pytest.Mark) -> None:
    """Raises ``UsageError`` that names the marker."""
    try:
        if len(mark.args) != 2:
            raise UsageError("arguments", f"{len(mark.args)} given", "give a call's name and an effect, then keywords")
        emulator.add_permanent_fault(*mark.args, **mark.kwargs)
    except UsageError as error:
        raise error.inside("marker notify_fault") from error
