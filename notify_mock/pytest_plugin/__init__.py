"""The pytest plugin: a new emulator for every test that uses it, and its requests in the report of a failed test."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator
    from notify_mock.interception.interception import Interception
    from notify_mock.server.shared_server import SharedServer

_SEED = pytest.StashKey[str]()
_EMULATOR = pytest.StashKey["Emulator"]()
_INTERCEPTION = pytest.StashKey["Interception"]()
_MAX_SHOWN = 50


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("notify-mock", "offline Twilio Notify")
    group.addoption(
        "--notify-mock-seed", metavar="SEED", help="seed of the SIDs, to repeat a run (its header shows the seed)"
    )
    parser.addini("notify_mock_stubs", "answers of other Twilio hosts: HOST[/PATH]=STATUS[:BODY]", type="linelist")
    parser.addini("notify_mock_other_twilio", "404: answer Twilio hosts that are not emulated with error 20404")
    parser.addini("notify_mock_seed", "seed of the SIDs (default: a random seed for each run)")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line(
        "markers",
        "notify_mock(seed=..., accounts=..., data=..., frozen=..., faults=..., scenario=..., unused_faults=..., "
        "stubs=..., other_twilio=..., intercept=..., allow_real=...): "
        "set options of the fixture notify_mock for this test",
    )
    config.addinivalue_line(
        "markers",
        "notify_cassette(*names, on_miss=..., repeat=..., match_on=..., ignore=..., unused=...): replay a cassette "
        "from cassettes/<module>/ next to the test file, by default the one named like the test",
    )
    config.addinivalue_line(
        "markers",
        "notify_fault(call, effect, **options): add a fault rule for this test; the arguments are those of faults.add",
    )
    given = config.getoption("--notify-mock-seed") or config.getini("notify_mock_seed")
    shared = getattr(config, "workerinput", {}).get("notify_mock_seed")
    config.stash[_SEED] = str(shared or given or int.from_bytes(os.urandom(4), "big"))


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Give every worker of pytest-xdist the seed of the run. Each worker has its own server."""
    node.workerinput["notify_mock_seed"] = node.config.stash[_SEED]


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.stash[_SEED]
    return f"notify-mock: seed {seed} (repeat with --notify-mock-seed={seed})"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Report an invalid marker as a collection error, before any test runs.

    Markers on a parameter set or a TestCase are checked in the setup of their test.
    """
    wrong = _wrong_marker(metafunc.definition)
    if wrong:
        raise pytest.Collector.CollectError(f"{metafunc.definition.nodeid}: {wrong}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fail a test that has a fault or a cassette but no emulator: the marker would have no effect."""
    own = [mark.name for mark in item.own_markers if mark.name in ("notify_fault", "notify_cassette")]
    if own and "notify_mock" not in getattr(item, "fixturenames", ("notify_mock",)):
        pytest.fail(f"marker {own[0]}: the test does not use the fixture notify_mock", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """Fail an otherwise passing test for blocked requests, unused fault rules, and its cassette's misses."""
    result = yield
    emulator = item.stash.get(_EMULATOR, None)
    if emulator is not None and item.get_closest_marker("xfail") is None:
        _check_escaped(item.stash.get(_INTERCEPTION, None))
        _check_unused(emulator)
        _check_cassette(emulator)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    emulator = item.stash.get(_EMULATOR, None)
    if emulator is not None and report.failed:
        report.sections.append(("notify-mock requests", emulator.journal.show(_MAX_SHOWN)))
        if emulator.cassette is not None:
            report.sections.append(("notify-mock cassette", emulator.cassette.show()))
        if len(emulator.deliveries):
            report.sections.append(("notify-mock deliveries", emulator.deliveries.show(_MAX_SHOWN)))
    if report.when == "teardown" and emulator is not None:
        del item.stash[_EMULATOR]
        if _INTERCEPTION in item.stash:
            del item.stash[_INTERCEPTION]
    return report


@pytest.fixture(scope="session")
def notify_mock_options() -> Mapping[str, Any]:
    """Options for every emulator of the session. Override it to return any of the marker's arguments, cassette,
    hydrate, journal_limit, keep_bodies, fault_header, callback_hosts, host, port, other_hosts or tls. Markers
    override them."""
    return {}


@pytest.fixture(scope="session")
def notify_mock_server(notify_mock_options: Mapping[str, Any]) -> Iterator[SharedServer]:
    """The server of the session. Its ``url`` is the same in every test; the first access starts the server."""
    from notify_mock.pytest_plugin.emulator_marker import server_options
    from notify_mock.server.shared_server import SharedServer

    server = SharedServer(**server_options(notify_mock_options))
    yield server
    server.stop()


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
    emulator, interception = _make(request.node, notify_mock_options, notify_mock_server)
    for name in ("TWILIO_REGION", "TWILIO_EDGE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in zip(("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"), emulator.auth, strict=True):
        monkeypatch.setenv(name, os.environ.get(name, value))
    request.node.stash[_EMULATOR] = emulator
    with ExitStack() as stack:
        stack.callback(emulator.close)
        if interception is not None:
            request.node.stash[_INTERCEPTION] = stack.enter_context(interception)
        yield emulator


def _make(item: pytest.Item, session: Mapping[str, Any], server: SharedServer) -> tuple[Emulator, Interception | None]:
    """Create the emulator of a test and its interception. An invalid option or marker fails the test."""
    from notify_mock.pytest_plugin.emulator_marker import make
    from notify_mock.support.usage import UsageError

    wrong = _wrong_marker(item)
    if not wrong:
        try:
            return make(item, item.config.stash[_SEED], session, server)
        except UsageError as error:
            wrong = f"notify_mock: {error}"
    pytest.fail(wrong, pytrace=False)


def _wrong_marker(item: pytest.Item) -> str:
    """Describe what is wrong with the markers ``notify_mock``, or return an empty string."""
    marks = list(item.iter_markers("notify_mock"))
    if not marks:
        return ""
    from notify_mock.pytest_plugin.emulator_marker import wrong_marker

    return wrong_marker(marks)


def _check_escaped(interception: Interception | None) -> None:
    """Fail the test for blocked requests, even if its code caught the error."""
    if interception is not None and interception.escaped:
        pytest.fail(f"blocked requests: {'; '.join(interception.escaped)}", pytrace=False)


def _check_unused(emulator: Emulator) -> None:
    unused = emulator.faults.unused
    warned = [str(rule) for rule in unused if rule.unused == "warn"]
    failed = [str(rule) for rule in unused if rule.unused == "error"]
    if warned:
        import warnings

        warnings.warn(pytest.PytestWarning(f"fault rules that were never applied: {', '.join(warned)}"), stacklevel=2)
    if failed:
        rules = ", ".join(failed)
        pytest.fail(f"fault rules that were never applied: {rules} (unused='ignore' allows this)", pytrace=False)


def _check_cassette(emulator: Emulator) -> None:
    playback = emulator.cassette
    if playback is None or playback.cassette is None:
        return
    if playback.misses:
        pytest.fail("\n".join(map(str, playback.misses)), pytrace=False)
    if playback.unused and playback.cassette.unused == "warn":
        import warnings

        warnings.warn(pytest.PytestWarning(str(playback)), stacklevel=2)
    if playback.unused and playback.cassette.unused == "error":
        pytest.fail(f"{playback} (unused='ignore' allows this)", pytrace=False)
