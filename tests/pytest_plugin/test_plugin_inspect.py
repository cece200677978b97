"""``--notify-mock-inspect`` and ``notify_mock.inspect()``: a test waits while somebody looks at its emulator."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from notify_mock import Emulator, UsageError

pty = pytest.importorskip("pty", reason="Windows has no pseudo-terminals")

PLAIN = ["-p", "no:randomly", "-p", "no:cacheprovider", "-q"]
FAILING = """
import pytest

def test_first(notify_mock):
    notify_mock.client().notify.v1.credentials.create(type="fcm", secret="x", friendly_name="alice")
    print("captured")
    assert len(notify_mock.credentials) == 2

def test_second(notify_mock):
    assert not notify_mock.url
"""


class Terminal:
    """What a program in a terminal shows, and the keys that are pressed there."""

    def __init__(self, descriptor: int, process: int) -> None:
        self._descriptor, self.process, self.text = descriptor, process, ""

    def read_until(self, pattern: str) -> re.Match[str]:
        while (found := re.search(pattern, self.text)) is None:
            read = self._read()
            assert read, self.text
            self.text += read
        return found

    def read_rest(self) -> str:
        while read := self._read():
            self.text += read
        return self.text

    def press_enter(self) -> None:
        os.write(self._descriptor, b"\n")

    def _read(self) -> str:
        try:
            return os.read(self._descriptor, 65536).decode()
        except OSError:  # Linux: the other end is closed
            return ""


@contextmanager
def in_terminal(pytester: pytest.Pytester, *arguments: str) -> Iterator[Terminal]:
    """Run pytest in a terminal."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "pytest", *PLAIN, *arguments]
    with subprocess.Popen(
        command,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=pytester.path,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a run in the background ignores Ctrl-C
    ) as process:
        os.close(theirs)
        try:
            yield Terminal(ours, process.pid)
        finally:
            process.kill()
            os.close(ours)


def state_of(page: str) -> str:
    with urllib.request.urlopen(page + "state", timeout=20) as response:
        return str(response.read().decode())


@pytest.mark.parametrize("capture", ["fd", "sys", "no"])
def test_the_emulator_of_the_first_failing_test_waits_for_enter(pytester: pytest.Pytester, capture: str) -> None:
    pytester.makepyfile(test_failing=FAILING)
    with in_terminal(pytester, "--notify-mock-inspect", f"--capture={capture}") as terminal:
        page = terminal.read_until(r"inspector on (http://\S+/_mock/)")[1]
        terminal.read_until("press Enter")
        assert "test_failing.py::test_first: AssertionError: assert 1 == 2" in terminal.text
        assert "alice" in state_of(page)
        terminal.press_enter()
        rest = terminal.read_rest()
    assert rest.count("inspector on") == 1
    assert "2 failed" in rest


@pytest.mark.parametrize("capture", ["fd", "sys", "no"])
def test_ctrl_c_while_it_waits_ends_the_run_as_anywhere_else(pytester: pytest.Pytester, capture: str) -> None:
    pytester.makepyfile(test_failing=FAILING)
    with in_terminal(pytester, "--notify-mock-inspect", f"--capture={capture}") as terminal:
        terminal.read_until("press Enter")
        os.kill(terminal.process, signal.SIGINT)
        rest = terminal.read_rest()
    assert "KeyboardInterrupt !!!" in rest
    assert "Traceback" not in rest


def test_what_pytest_reports_is_shown_before_the_first_test_waits(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_failing=FAILING)
    with in_terminal(pytester, "--notify-mock-inspect", "-v") as terminal:
        terminal.read_until("press Enter")
    assert "test session starts" in terminal.text


@pytest.mark.parametrize("capture", ["fd", "no"])
def test_a_test_can_stop_to_be_inspected(pytester: pytest.Pytester, capture: str) -> None:
    pytester.makepyfile(
        """
        def test_stops(notify_mock, capsys):
            notify_mock.credentials.add(type="fcm", friendly_name="bob")
            notify_mock.inspect()
            print("still captured")
            assert capsys.readouterr().out == "still captured\\n"
        """
    )
    with in_terminal(pytester, f"--capture={capture}") as terminal:
        page = terminal.read_until(r"inspector on (http://\S+/_mock/)")[1]
        assert "bob" in state_of(page)
        terminal.press_enter()
        assert "1 passed" in terminal.read_rest()


def test_the_time_that_a_test_waits_is_no_timeout(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import signal, pytest

        @pytest.mark.timeout(3600)
        def test_stops(notify_mock):
            notify_mock.inspect()
            signal.raise_signal(signal.SIGALRM)
        """
    )
    with in_terminal(pytester) as terminal:
        terminal.read_until("press Enter")
        terminal.press_enter()
        assert "1 passed" in terminal.read_rest()


def test_a_passing_test_does_not_wait(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("def test_passes(notify_mock): pass\n\ndef test_without(): assert 0")
    with in_terminal(pytester, "--notify-mock-inspect") as terminal:
        rest = terminal.read_rest()
    assert "1 failed, 1 passed" in rest
    assert "inspector on" not in rest


def test_without_a_terminal_the_option_is_refused_at_the_start(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_failing=FAILING)
    result = pytester.runpytest_subprocess(*PLAIN, "--notify-mock-inspect")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "--notify-mock-inspect: needs a terminal to wait for Enter, and stdin is not one" in result.stderr.str()


def test_with_xdist_the_option_is_refused_at_the_start(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_failing=FAILING)
    with in_terminal(pytester, "--notify-mock-inspect", "-n", "1") as terminal:
        assert "without a terminal; add -n 0" in terminal.read_rest()
    with in_terminal(pytester, "--notify-mock-inspect", "-n", "0") as terminal:
        terminal.read_until("press Enter")


def test_inspect_without_a_terminal_is_an_error(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        with pytest.raises(UsageError, match="inspect: needs a terminal to wait for Enter; run pytest in a terminal"):
            emulator.inspect()
    emulator.close()
