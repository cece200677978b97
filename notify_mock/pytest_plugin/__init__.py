"""The pytest plugin: a new emulator for every test that uses it, and its requests in the report of a failed test."""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator
    from notify_mock.interception.interception import Interception
    from notify_mock.server.shared_server import SharedServer

    Made = tuple[Emulator, Interception | None]

_SEED = pytest.StashKey[str]()
_RUNNING = pytest.StashKey["Running"]()
_SHARED = pytest.StashKey[list["Running"]]()
_SERVER_OPTIONS = pytest.StashKey[Mapping[str, Any]]()
_LOGS = pytest.StashKey[Path]()
_HAS_LOG = pytest.StashKey[bool]()
_GUARD = pytest.StashKey["Interception"]()
_INSPECTS = pytest.StashKey[bool]()
_MARKERS = ("notify_mock", "notify_fault", "notify_cassette")
_MODES = ("none", "once", "new_episodes", "all", "rewrite")
_MAX_SHOWN = 50


class Running(NamedTuple):
    """An emulator in use by a test, or by several (see ``notify_mock_factory``), and its interception."""

    emulator: Emulator
    interception: Interception | None
    is_shared: bool = False


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("notify-mock", "offline Twilio Notify")
    group.addoption(
        "--notify-mock-seed", metavar="SEED", help="seed of the SIDs, to repeat a run (its header shows the seed)"
    )
    parser.addini("notify_mock_stubs", "answers of other Twilio hosts: HOST[/PATH]=STATUS[:BODY]", type="linelist")
    parser.addini("notify_mock_other_twilio", "404: answer Twilio hosts that are not emulated with error 20404")
    parser.addini("notify_mock_seed", "seed of the SIDs (default: a random seed for each run)")
    blocks = "block every request of this process to Twilio that is not made to an emulator"
    group.addoption("--notify-mock-block", action="store_true", help=blocks)
    parser.addini("notify_mock_block", blocks, type="bool", default=False)
    group.addoption(
        "--notify-mock-inspect",
        action="store_true",
        help="at the first failing test with an emulator, print the URL of its inspector and wait for Enter",
    )
    group.addoption(
        "--notify-mock-record",
        choices=_MODES,
        default="none",
        help="record the cassettes of the marker notify_cassette from Twilio, or from the option upstream. "
        "none (default): only replay. once: record cassettes that do not exist. new_episodes: replay what is recorded, "
        "record the rest. all: record every request, keep other entries. rewrite: record into empty cassettes",
    )
    group.addoption(
        "--notify-mock-cassette-max-age",
        metavar="AGE",
        help='warn of cassettes with entries that were recorded longer ago, such as "90d"',
    )
    group.addoption(
        "--notify-mock-log",
        metavar="DIR",
        help="write the log of the emulator of each failing test to a file in DIR; notify-mock serve --state opens it",
    )
    group.addoption(
        "--notify-mock-unused-cassettes",
        choices=("warn", "error"),
        help="list the files in the folders cassettes/ that no test of a complete run opened; error: fail the run",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Block requests before the first conftest.py is imported."""
    _start_guard(early_config)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "notify_mock(seed=..., accounts=..., default_account=..., data=..., frozen=..., faults=..., scenario=..., "
        "unused_faults=..., stubs=..., other_twilio=..., legacy_fcm=..., intercept=..., allow_real=...): "
        "set options of the fixture notify_mock for this test",
    )
    config.addinivalue_line(
        "markers",
        "notify_cassette(*names, on_miss=..., repeat=..., match_on=..., ignore=..., unused=..., max_age=...): "
        "replay or record a cassette from cassettes/<module>/ next to the test file, by default the one named like the "
        "test",
    )
    config.addinivalue_line(
        "markers",
        "notify_fault(call, effect, **options): add a fault rule for this test; the arguments are those of faults.add",
    )
    _start_guard(config)
    _start_cassette_checks(config)
    config.stash[_SHARED] = []
    if config.getoption("--notify-mock-log"):
        config.stash[_LOGS] = Path(config.getoption("--notify-mock-log")).absolute()  # tests may change the folder
    config.stash[_INSPECTS] = config.getoption("--notify-mock-inspect")
    if config.stash[_INSPECTS]:
        _inspecting().check_terminal(config)
    given = config.getoption("--notify-mock-seed") or config.getini("notify_mock_seed")
    shared = getattr(config, "workerinput", {}).get("notify_mock_seed")
    config.stash[_SEED] = str(shared or given or int.from_bytes(os.urandom(4), "big"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give every worker of pytest-xdist the seed of the run. Each worker has its own server."""
    node.workerinput["notify_mock_seed"] = node.config.stash[_SEED]


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.stash[_SEED]
    line = f"notify-mock: seed {seed} (repeat with --notify-mock-seed={seed})"
    account_sid = os.environ.get("TWILIO_ACCOUNT_SID")
    line += f", account {account_sid} (from TWILIO_ACCOUNT_SID)" if account_sid else ""
    return f"{line}, requests to Twilio are blocked" if _GUARD in config.stash else line


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Report an invalid marker as a collection error, before any test runs.

    Markers on a parameter set or a TestCase are checked in the setup of their test.
    """
    wrong = _wrong_marker(metafunc.definition)
    if wrong:
        raise pytest.Collector.CollectError(f"{metafunc.definition.nodeid}: {wrong}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, object, object]:
    """Fail a test that has one of our markers but no emulator: the marker would have no effect."""
    with _checking_guard(item):
        result = yield
    own = [mark.name for mark in item.own_markers if mark.name in _MARKERS]
    if own and item.stash.get(_RUNNING, None) is None:
        remedy = 'add it to the arguments, or use @pytest.mark.usefixtures("notify_mock")'
        pytest.fail(f"marker {own[0]}: the test does not use the fixture notify_mock; {remedy}", pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail an otherwise passing test for blocked requests, unused fault rules, and its cassette's misses."""
    running = [*item.config.stash[_SHARED], *filter(None, [item.stash.get(_RUNNING, None)])]
    if not running or item.get_closest_marker("xfail") is not None:
        with _checking_guard(item):
            return (yield)
    from notify_mock.pytest_plugin.checks import Checks

    max_age = item.config.getoption("--notify-mock-cassette-max-age")
    checks = [Checks(*one[:2], is_shared=one.is_shared, max_age=max_age) for one in running]
    with _checking_guard(item):
        result = yield
    for check in checks:
        check.run()
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, object, object]:
    with _checking_guard(item):
        result = yield
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    if call.excinfo is not None:
        _mistakes().hide_own_lines(item.config, call.excinfo.value)
    report = yield
    used = [one.emulator for one in item.config.stash[_SHARED] if len(one.emulator.journal)]
    own = item.stash.get(_RUNNING, None)
    emulator = own.emulator if own is not None else used[-1] if used else None
    remedies = _mistakes().remedies(report, emulator, is_blocked=_GUARD in item.config.stash) if report.failed else ""
    if remedies:
        report.sections.append(("notify-mock", remedies))
    if emulator is not None and report.failed:
        report.sections.append(("notify-mock requests", emulator.journal.show(_MAX_SHOWN)))
        if emulator.cassette is not None:
            report.sections.append(("notify-mock cassette", emulator.cassette.show()))
        if len(emulator.deliveries):
            report.sections.append(("notify-mock deliveries", emulator.deliveries.show(_MAX_SHOWN)))
        failing = _failing_credentials(emulator)
        if failing:
            report.sections.append(("notify-mock credentials", failing))
        errors = _mistakes().explained(emulator)
        if errors:
            report.sections.append(("notify-mock errors", errors))
        _leave_log(item, own, report)
        if report.when != "teardown" and item.config.stash[_INSPECTS]:
            item.config.stash[_INSPECTS] = False
            _inspecting().inspect_failure(item.config, emulator, report)
    if report.when == "teardown" and own is not None:
        del item.stash[_RUNNING]
    return report


def _leave_log(item: pytest.Item, own: Running | None, report: pytest.TestReport) -> None:
    """Write the log of a failing test's own emulator, if the options ask for it, the first time that it fails."""
    if own is not None and _LOGS in item.config.stash and _HAS_LOG not in item.stash:
        from notify_mock.pytest_plugin.logs_of_tests import leave

        item.stash[_HAS_LOG] = True
        shown = Path(item.config.getoption("--notify-mock-log"))
        report.sections.append(("notify-mock log", leave(own.emulator, item.nodeid, item.config.stash[_LOGS], shown)))


@pytest.fixture(scope="session")
def notify_mock_options() -> Mapping[str, Any]:
    """Options for every emulator. Override it, with any scope, to return any of the marker's arguments, cassette,
    hydrate, upstream, journal_limit, keep_bodies, fault_header, callback_hosts, and, with scope="session", host, port,
    other_hosts or tls. Markers override them."""
    return {}


@pytest.fixture(scope="session")
def notify_mock_server(request: pytest.FixtureRequest) -> Iterator[SharedServer]:
    """The server of the session. Its ``url`` is the same in every test; the first access starts the server."""
    from notify_mock.pytest_plugin.emulator_marker import server_options
    from notify_mock.server.shared_server import SharedServer

    options = server_options(_session_options(request))
    server = SharedServer(**options)
    request.config.stash[_SERVER_OPTIONS] = options
    yield server
    server.stop()


@pytest.fixture(scope="session")
def notify_mock_factory(
    request: pytest.FixtureRequest, notify_mock_server: SharedServer
) -> Callable[..., AbstractContextManager[Emulator]]:
    """Make an emulator for several tests: ``with notify_mock_factory(data="seed.yaml") as emulator:`` in a fixture of
    any scope. Takes the options of the marker, which override those of a notify_mock_options of scope "session".

    Use ``emulator.checkpoint()`` to undo what a test does. Every Twilio client of the process is redirected to the
    emulator, except in tests that use ``notify_mock``.
    """

    @contextmanager
    def make(**options: Any) -> Iterator[Emulator]:
        from notify_mock.pytest_plugin.emulator_marker import make_shared

        config = request.config
        session = _session_options(request)
        made = _or_fail(lambda: make_shared(config, config.stash[_SEED], session, options, notify_mock_server))
        running = Running(*made, is_shared=True)
        running.emulator.terminal = partial(_inspecting().terminal, config)
        with pytest.MonkeyPatch.context() as patch, _open(running, patch):
            config.stash[_SHARED].append(running)
            try:
                yield running.emulator
            finally:
                config.stash[_SHARED].remove(running)

    return make


@pytest.fixture
def notify_mock(
    request: pytest.FixtureRequest,
    notify_mock_options: Mapping[str, Any],
    notify_mock_server: SharedServer,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Emulator]:
    """An ``Emulator`` for this test. Every Twilio client of the process is redirected to it while the test runs.

    During the test, TWILIO_REGION and TWILIO_EDGE are unset, because the SDK would insert them into ``.url``. If
    TWILIO_ACCOUNT_SID or TWILIO_AUTH_TOKEN is missing, it is set from ``.auth``.
    """
    from notify_mock.pytest_plugin.emulator_marker import make

    item: pytest.Item = request.node
    wrong, config = _wrong_marker(item), item.config
    if wrong:
        pytest.fail(wrong, pytrace=False)
    server_options = config.stash[_SERVER_OPTIONS]
    made = _or_fail(lambda: make(item, config.stash[_SEED], notify_mock_options, notify_mock_server, server_options))
    running = item.stash[_RUNNING] = Running(*made)
    running.emulator.terminal = partial(_inspecting().terminal, config)
    with _open(running, monkeypatch) as emulator:
        yield emulator


def _session_options(request: pytest.FixtureRequest) -> Mapping[str, Any]:
    """Return the value of notify_mock_options, or {} if it is overridden with a smaller scope than the session's."""
    try:
        return request.getfixturevalue("notify_mock_options")  # type: ignore[no-any-return]
    except pytest.fail.Exception:  # ScopeMismatch
        return {}


@contextmanager
def _open(running: Running, patch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Set the environment variables and redirect the clients until the end of the block, then close the emulator."""
    for name in ("TWILIO_REGION", "TWILIO_EDGE"):
        patch.delenv(name, raising=False)
    for name, value in zip(("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"), running.emulator.auth, strict=True):
        patch.setenv(name, os.environ.get(name, value))
    with closing(running.emulator), running.interception or nullcontext():
        yield running.emulator


def _or_fail(make: Callable[[], Made]) -> Made:
    """Return what ``make`` returns. An invalid option fails the test, without a traceback, and so does a cassette that
    is too old where warnings are errors."""
    from notify_mock.cassettes.age import StaleCassetteWarning
    from notify_mock.support.usage import UsageError

    try:
        return make()
    except (UsageError, StaleCassetteWarning) as error:
        wrong = f"notify_mock: {error}"
    pytest.fail(wrong, pytrace=False)


def _wrong_marker(item: pytest.Item) -> str:
    """Describe what is wrong with the markers ``notify_mock``, or return an empty string."""
    marks = list(item.iter_markers("notify_mock"))
    if not marks:
        return ""
    from notify_mock.pytest_plugin.emulator_marker import wrong_marker

    return wrong_marker(marks)


def _failing_credentials(emulator: Emulator) -> str:
    from notify_mock.pytest_plugin.credentials import show_failing

    return show_failing(emulator)


def _mistakes() -> ModuleType:
    from notify_mock.pytest_plugin import mistakes

    return mistakes


def _inspecting() -> ModuleType:
    from notify_mock.pytest_plugin import inspecting

    return inspecting


def _start_cassette_checks(config: pytest.Config) -> None:
    """Check the options for cassettes, and note which files are opened if they ask for it."""
    max_age, unused = (config.getoption(f"--notify-mock-{name}") for name in ("cassette-max-age", "unused-cassettes"))
    if max_age is not None:
        from notify_mock.support.clock import span
        from notify_mock.support.usage import UsageError

        try:
            span(max_age, "--notify-mock-cassette-max-age")
        except UsageError as error:
            raise pytest.UsageError(str(error)) from error
    if unused is not None:
        from notify_mock.pytest_plugin.unused_cassettes import UnusedCassettes

        config.pluginmanager.register(UnusedCassettes(config, unused))


def _start_guard(config: pytest.Config) -> None:
    """Block requests to Twilio outside of emulators until the end of the run, if the options say so."""
    parsed = (config.known_args_namespace, config.option)  # the second is complete only after the first conftest.py
    is_wanted = config.getini("notify_mock_block") or any(getattr(one, "notify_mock_block", False) for one in parsed)
    if is_wanted and _GUARD not in config.stash:
        from notify_mock.interception.interception import guard

        config.stash[_GUARD] = guard().__enter__()
        config.add_cleanup(config.stash[_GUARD].__exit__)


@contextmanager
def _checking_guard(item: pytest.Item) -> Iterator[None]:
    """Fail a phase of a test for requests that were blocked outside of an emulator, even if its code caught the error.
    A phase that fails anyway shows its own error."""
    guard = item.config.stash.get(_GUARD, None)
    if guard is None:
        yield
        return
    from notify_mock.pytest_plugin.checks import fail_for_blocked

    blocked: list[str] = []
    try:
        yield
        blocked += guard.escaped
    finally:
        guard.escaped.clear()
    if item.get_closest_marker("xfail") is None:
        fail_for_blocked(blocked)
