"""Creates the emulator of a test from the session's options and the test's markers."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from notify_mock.accounts.account import generate_account, with_account, with_environment
from notify_mock.emulator import Emulator
from notify_mock.options import BY_NAME, MARKER_KEYS, SESSION_KEYS, of_part
from notify_mock.pytest_plugin.cassette_marker import TWILIO, CassetteOfTest, read_marker
from notify_mock.support.ids import Sids
from notify_mock.support.usage import UsageError, nearest, only_known, shown

if TYPE_CHECKING:
    import pytest

    from notify_mock.interception.interception import Interception
    from notify_mock.server.shared_server import SharedServer

    Made = tuple[Emulator, Interception | None]


_INI = ("stubs", "other_twilio")
"""Options that the ini file can set, as ``notify_mock_stubs``."""


def make(
    item: pytest.Item,
    seed: str,
    given: Mapping[str, Any],
    server: SharedServer,
    server_options: Mapping[str, Any],
) -> Made:
    """Return the emulator for a test, mounted on ``server``, and its interception unless ``intercept`` is False.

    ``seed`` is the seed of the run, ``given`` the value of the fixture notify_mock_options for this test, and
    ``server_options`` those that the server has. Raises ``UsageError``, which names the fixture or marker with the
    invalid option.
    """
    _check_options(given)
    for name, value in of_part("server", given).items():
        if value != server_options.get(name, BY_NAME[name].default):
            remedy = 'give notify_mock_options scope="session"'
            raise UsageError(f"notify_mock_options, {name}", "is an option of the session's server", remedy)
    options, origins = _options(item, seed, given)
    with _naming(origins):
        marker = item.get_closest_marker("notify_cassette")
        cassette = read_marker(item, marker, options.get("upstream", TWILIO)) if marker is not None else None
        made = _make(options, server, cassette, keep_log=bool(item.config.getoption("--notify-mock-log")))
        for mark in _faults_of(item):
            _add_fault(made[0], mark)
        return made


def make_shared(
    config: pytest.Config, seed: str, session: Mapping[str, Any], options: Mapping[str, Any], server: SharedServer
) -> Made:
    """Return an emulator for several tests like ``make``, with the given ``options`` of the marker."""
    _check_options(session)
    only_known("notify_mock_factory", options, MARKER_KEYS)
    ini = _of_ini(config)
    origins = {**dict.fromkeys(ini, "ini file"), **dict.fromkeys(session, "notify_mock_options")}
    origins |= dict.fromkeys(options, "notify_mock_factory")
    resolved = _resolved({"seed": seed, **ini, **session, **options}, config.rootpath)
    with _naming(origins):
        return _make(with_environment(resolved, os.environ), server)


def _check_options(given: object) -> None:
    if not isinstance(given, Mapping):
        raise UsageError("notify_mock_options", f"expected a mapping, got {shown(given)}", "return {} for no options")
    only_known("notify_mock_options", given, SESSION_KEYS)


@contextmanager
def _naming(origins: Mapping[str, str]) -> Iterator[None]:
    """Let errors name the fixture or marker with the invalid option."""
    try:
        yield
    except UsageError as error:
        origin = origins.get(error.option)
        raise error.inside(origin) if origin else error from error


def _make(
    options: Mapping[str, Any], server: SharedServer, cassette: CassetteOfTest | None = None, *, keep_log: bool = False
) -> Made:
    interception = {"intercept": True, **of_part("interception", options)}
    intercept = interception.pop("intercept")
    if not isinstance(intercept, bool):
        raise UsageError("intercept", f"expected True or False, got {shown(intercept)}")
    own = {"keep_bodies": True, **of_part("emulator", options), "upstream": None}
    if cassette is None and keep_log:
        from notify_mock.pytest_plugin.logs_of_tests import make_logged

        emulator = make_logged(own, server)
    elif cassette is None:
        emulator = Emulator(**own, server=server)
    else:
        emulator = cassette.make({name: value for name, value in own.items() if name != "cassette"}, server)
    return emulator, emulator.intercept(**interception) if intercept else None


def _of_ini(config: pytest.Config) -> dict[str, Any]:
    """Return the options in the ini file."""
    return {name: value for name in _INI if (value := config.getini(f"notify_mock_{name}"))}


def server_options(session: object) -> dict[str, Any]:
    """Return the session's options for its server. The first test reports errors in the other options."""
    return of_part("server", session) if isinstance(session, Mapping) else {}


def wrong_marker(marks: Iterable[pytest.Mark]) -> str:
    """Describe what is wrong with the markers ``notify_mock``, or return an empty string."""
    for mark in marks:
        if mark.args:
            return f"marker notify_mock takes only keyword arguments, such as notify_mock({MARKER_KEYS[0]}=...)"
        unknown = [key for key in mark.kwargs if key not in MARKER_KEYS]
        if unknown:
            return f"marker notify_mock: unknown argument {unknown[0]!r}; {nearest(unknown[0], MARKER_KEYS)}"
    return ""


def _options(item: pytest.Item, seed: str, session: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the options of the ini file, overridden by those of the session and of the markers from module to
    function, and where each was given."""
    ini, own_seed = _of_ini(item.config), f"{seed}/{item.nodeid}"
    options = _resolved({"seed": own_seed, **ini, **session}, item.config.rootpath)
    origins = {**dict.fromkeys(ini, "ini file"), **dict.fromkeys(session, "notify_mock_options")}
    for mark in reversed(list(item.iter_markers("notify_mock"))):
        options |= _resolved(mark.kwargs, item.path.parent)
        origins |= dict.fromkeys(mark.kwargs, "marker notify_mock")
    options = with_environment(options, os.environ)
    if options["seed"] == own_seed and options.get("hydrate") is None:
        # All tests share the account of the run, so that a client may outlive the first test.
        options = with_account(options, *generate_account(Sids(seed)))
    return options, origins


def _resolved(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Resolve relative paths against ``folder``: the test's folder (marker) or the root folder (session)."""
    return {
        name: folder / value if name in BY_NAME and BY_NAME[name].is_path and isinstance(value, (str, Path)) else value
        for name, value in options.items()
    }


def _faults_of(item: pytest.Item) -> list[pytest.Mark]:
    """Return the markers ``notify_fault`` from module to function, and those of one node in their order."""
    by_node: dict[Any, list[pytest.Mark]] = {}
    for node, mark in item.iter_markers_with_node("notify_fault"):
        by_node.setdefault(node, []).append(mark)
    return [mark for marks in reversed(by_node.values()) for mark in marks]


def _add_fault(emulator: Emulator, mark: pytest.Mark) -> None:
    """Raises ``UsageError`` that names the marker."""
    try:
        if len(mark.args) != 2:
            wrong = f"expected 2 positional arguments (call name and effect), got {len(mark.args)}"
            raise UsageError("arguments", wrong)
        emulator.add_permanent_fault(*mark.args, **mark.kwargs)
    except UsageError as error:
        raise error.inside("marker notify_fault") from error
