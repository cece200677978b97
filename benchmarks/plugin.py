"""The plugin in whole pytest runs: tests that don't use it, and tests that create and fetch a record."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.calls import HOST, LIST, create_fcm, play
from benchmarks.measure import Sample, in_turns, once
from benchmarks.processes import output
from benchmarks.table import Row, at_most
from notify_mock import Emulator

_ROUNDS = 30
_ROUNDS_WITH_CALLS = 12
_TESTS = 500
_PLUGIN = "notify_mock.pytest_plugin"
_NO_SUCH_PLUGIN = "notify_mock.no_such_plugin"


_HEAD = """\
import responses
from twilio.rest import Client

client = Client("AC00000000000000000000000000000001", "token")


def create_and_fetch():
    made = client.notify.v1.credentials.create(type="fcm", friendly_name="Android app", secret="server-key")
    assert client.notify.v1.credentials(made.sid).fetch().friendly_name == "Android app"


"""
_WITH_FIXTURE = """\
def test_{number}(notify_mock):
    create_and_fetch()


"""
_WITH_STUB = """\
@responses.activate
def test_{number}():
    responses.post(URL, body=BODY, status=201, content_type="application/json")
    responses.get(f"{{URL}}/{{SID}}", body=BODY, content_type="application/json")
    create_and_fetch()


"""


def plugin() -> list[Row]:
    """Run the tests of both kinds."""
    return [_unused(), _used()]


def _used() -> Row:
    """Run 500 tests that create and fetch, with the fixture and with a stub. Both use the SDK's client, unchanged."""
    emulator = Emulator()
    sid = create_fcm(emulator, 0)
    body = play(emulator, "GET", f"{LIST}/{sid}").body.decode().replace("Android app 0", "Android app")
    stub = f"URL, SID = {f'https://{HOST}{LIST}'!r}, {sid!r}\nBODY = {body!r}\n\n\n"
    with tempfile.TemporaryDirectory() as ours, tempfile.TemporaryDirectory() as theirs:
        _write(ours, _HEAD + "".join(_WITH_FIXTURE.format(number=number) for number in range(_TESTS)))
        _write(theirs, _HEAD + stub + "".join(_WITH_STUB.format(number=number) for number in range(_TESTS)))
        _check_passed(_NO_SUCH_PLUGIN, ours)
        _check_passed(_PLUGIN, theirs)
        pair = in_turns(_run(_NO_SUCH_PLUGIN, ours), _run(_PLUGIN, theirs), _ROUNDS_WITH_CALLS)
    return at_most(f"{_TESTS} tests that create and fetch, with the fixture / with a stub of responses", pair, 0.8)


def _unused() -> Row:
    """Run 500 empty tests with and without the plugin."""
    with tempfile.TemporaryDirectory() as folder:
        _write(folder, "".join(f"def test_{n}(): pass\n\n\n" for n in range(_TESTS)))
        _check(folder)
        pair = in_turns(_run(_NO_SUCH_PLUGIN, folder), _run(_PLUGIN, folder), _ROUNDS)
    return at_most("500 empty tests with the plugin unused / without it", pair, 1.03)


def _run(blocked: str, folder: str) -> Sample:
    return lambda: once(lambda: output(_arguments(blocked), folder))


def _arguments(blocked: str) -> list[str]:
    """Return the command line. Both sides block one plugin, so that their command lines have the same form."""
    return ["-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", f"no:{blocked}", "-q"]


def _write(folder: str, tests: str) -> None:
    Path(folder, "pytest.ini").write_text("[pytest]\n")
    Path(folder, "test_it.py").write_text(tests)


def _check_passed(blocked: str, folder: str) -> None:
    if f"{_TESTS} passed" not in output(_arguments(blocked), folder):
        raise RuntimeError("the tests did not pass")


def _check(folder: str) -> None:
    """Run each side once, which also warms the caches, and check that only the right side has the plugin."""
    for blocked, expected in ((_NO_SUCH_PLUGIN, True), (_PLUGIN, False)):
        _check_passed(blocked, folder)
        if ("--notify-mock-seed" in output([*_arguments(blocked), "--help"], folder)) != expected:
            raise RuntimeError(f"with no:{blocked} the plugin is {'missing' if expected else 'still there'}")
