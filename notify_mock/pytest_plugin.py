"""The pytest plugin: a fresh emulator for every test that asks for one, and its requests in the report of a failure."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator
    from notify_mock.shared_server import SharedServer

_SEED = pytest.StashKey[str]()
_EMULATOR = pytest.StashKey["Emulator"]()
_MARKER_KEYS = ("seed", "data", "accounts", "frozen", "scenario", "faults", "unused_faults")
_OPTION_KEYS = (*_MARKER_KEYS, "journal_limit", "fault_header", "callback_hosts", "host", "port")
_SHOWN = 50


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("notify-mock", "offline Twilio Notify")
    group.addoption(
        "--notify-mock-seed", metavar="SEED", help="repeat a run with the sids of the seed that its header names"
    )
    parser.addini("notify_mock_seed", "seed of the sids that notify_mock makes (default: another one each run)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "notify_mock(seed=..., data=..., accounts=..., frozen=..., scenario=..., faults=..., unused_faults=...): "
        "how the notify_mock fixture is made for this test",
    )
    config.addinivalue_line(
        "markers",
        "notify_fault(call, effect, **options): a fault rule in force from the start, with what faults.add takes",
    )
    given = config.getoption("--notify-mock-seed") or config.getini("notify_mock_seed")
    shared = getattr(config, "workerinput", {}).get("notify_mock_seed")
    config.stash[_SEED] = str(shared or given or int.from_bytes(os.urandom(4), "big"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist: every worker has a server of its own, and all have the seed of the run."""
    node.workerinput["notify_mock_seed"] = node.config.stash[_SEED]


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.stash[_SEED]
    return f"notify-mock: seed {seed} (--notify-mock-seed={seed} repeats it)"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A wrong marker is an error of the collection, so that it is seen before any test has run.

    Those on a single parameter set or a TestCase are seen when their test is set up.
    """
    wrong = _wrong_marker(metafunc.definition.iter_markers("notify_mock"))
    if wrong:
        raise pytest.Collector.CollectError(f"{metafunc.definition.nodeid}: {wrong}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """A fault for a test without an emulator would pass in silence."""
    own = any(mark.name == "notify_fault" for mark in item.own_markers)
    if own and "notify_mock" not in getattr(item, "fixturenames", ("notify_mock",)):
        pytest.fail("marker notify_fault: the test doesn't ask for the fixture notify_mock", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A fault that never struck fails the test, when nothing else has."""
    result = yield
    emulator = item.stash.get(_EMULATOR, None)
    if emulator is not None and item.get_closest_marker("xfail") is None:
        _check_unused(emulator)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    emulator = item.stash.get(_EMULATOR, None)
    if emulator is not None and report.failed:
        report.sections.append(("notify-mock requests", emulator.journal.show(_SHOWN)))
        if len(emulator.deliveries):
            report.sections.append(("notify-mock deliveries", emulator.deliveries.show(_SHOWN)))
    if report.when == "teardown" and emulator is not None:
        del item.stash[_EMULATOR]
    return report


@pytest.fixture(scope="session")
def notify_mock_options() -> Mapping[str, Any]:
    """Options for every emulator of the session; override it to return any of the marker's arguments, journal_limit,
    fault_header, callback_hosts, host or port. A marker's arguments win over it."""
    return {}


@pytest.fixture(scope="session")
def notify_mock_server(notify_mock_options: Mapping[str, Any]) -> Iterator[SharedServer]:
    """The session's server. Its ``url`` starts it, and is the same in every test."""
    from notify_mock.shared_server import SharedServer

    if not isinstance(notify_mock_options, Mapping):
        notify_mock_options = {}
    server = SharedServer(notify_mock_options.get("host", "127.0.0.1"), notify_mock_options.get("port", 0))
    yield server
    server.stop()


@pytest.fixture
def notify_mock(
    request: pytest.FixtureRequest,
    notify_mock_options: Mapping[str, Any],
    notify_mock_server: SharedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Emulator]:
    """An ``Emulator`` of this test's own: ``.client()`` needs no socket, ``.url`` serves it on the session's server.

    TWILIO_REGION and TWILIO_EDGE are unset meanwhile, since the SDK would build them into ``.url``.
    """
    monkeypatch.delenv("TWILIO_REGION", raising=False)
    monkeypatch.delenv("TWILIO_EDGE", raising=False)
    made = _make(request.node, notify_mock_options, notify_mock_server)
    if isinstance(made, str):
        pytest.fail(f"notify_mock: {made}", pytrace=False)
    request.node.stash[_EMULATOR] = made
    yield made
    made.close()


def _make(item: pytest.Item, session: Mapping[str, Any], server: SharedServer) -> Emulator | str:
    """The test's emulator, or what is wrong with its options and markers."""
    from notify_mock.emulator import Emulator
    from notify_mock.usage import UsageError, only_known

    try:
        if not isinstance(session, Mapping):
            raise UsageError("notify_mock_options", "returns no mapping", "return {} for no option")
        only_known("notify_mock_options", session, _OPTION_KEYS)
        emulator = Emulator(**_options(item, session), server=server)
        for mark in _faults_of(item):
            _add_fault(emulator, mark)
    except UsageError as error:
        return str(error)
    return emulator


def _options(item: pytest.Item, session: Mapping[str, Any]) -> dict[str, Any]:
    """The session's options, then the markers' from module to function; the nearest wins."""
    marks = list(item.iter_markers("notify_mock"))
    wrong = _wrong_marker(marks)
    if wrong:
        pytest.fail(wrong, pytrace=False)
    options: dict[str, Any] = {"seed": f"{item.config.stash[_SEED]}/{item.nodeid}", **session}
    options = _beside(options, item.config.rootpath)
    for mark in reversed(marks):
        options.update(_beside(mark.kwargs, item.path.parent))
    return {key: value for key, value in options.items() if key not in ("host", "port")}


def _faults_of(item: pytest.Item) -> list[pytest.Mark]:
    """From module to function, and those of one node in their own order."""
    by_node: dict[Any, list[pytest.Mark]] = {}
    for node, mark in item.iter_markers_with_node("notify_fault"):
        by_node.setdefault(node, []).append(mark)
    return [mark for marks in reversed(by_node.values()) for mark in marks]


def _add_fault(emulator: Emulator, mark: pytest.Mark) -> None:
    """Raises ``UsageError`` that names the marker."""
    from notify_mock.usage import UsageError

    try:
        if len(mark.args) != 2:
            raise UsageError("arguments", f"{len(mark.args)} given", "give a call's name and an effect, then keywords")
        emulator.arm(*mark.args, **mark.kwargs)
    except UsageError as error:
        raise error.inside("marker notify_fault") from error


def _check_unused(emulator: Emulator) -> None:
    unused = emulator.faults.unused
    warned = [str(rule) for rule in unused if rule.unused == "warn"]
    failed = [str(rule) for rule in unused if rule.unused == "error"]
    if warned:
        import warnings

        warnings.warn(pytest.PytestWarning(f"faults that never fired: {', '.join(warned)}"), stacklevel=2)
    if failed:
        pytest.fail(f"faults that never fired: {', '.join(failed)} (unused='ignore' allows it)", pytrace=False)


def _beside(options: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """A path is meant from the test's folder (marker) or the root folder (options)."""
    files = {key: folder / options[key] for key in ("data", "faults") if isinstance(options.get(key), (str, Path))}
    return {**options, **files}


def _wrong_marker(marks: Iterable[pytest.Mark]) -> str:
    """What is wrong with a marker, or nothing."""
    for mark in marks:
        if mark.args:
            return f"marker notify_mock takes keywords only, as in notify_mock({_MARKER_KEYS[0]}=...)"
        unknown = [key for key in mark.kwargs if key not in _MARKER_KEYS]
        if unknown:
            from notify_mock.usage import nearest

            return f"marker notify_mock has no argument {unknown[0]!r}; {nearest(unknown[0], _MARKER_KEYS)}"
    return ""
