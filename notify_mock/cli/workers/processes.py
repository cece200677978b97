"""The processes of ``--workers``: started, replaced when they end, and stopped."""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from itertools import chain
from threading import Event, Lock, Thread
from typing import IO

from notify_mock.cli import logs
from notify_mock.cli.running import open_inspector
from notify_mock.support.address import Address
from notify_mock.support.usage import UsageError

_LOG = logging.getLogger("notify_mock.server")

_PAUSE_SECONDS = 1.0
"""Before a worker is started again that has ended before it was ready."""

_STOP_SECONDS = 10.0


class Workers:
    """Processes that run this command again, each as a worker on ``port``. They end if this process does.

    ``on_ready`` is called when all of them have started.
    """

    def __init__(self, count: int, port: int, on_ready: Callable[[], None] = lambda: None) -> None:
        self._command = [sys.executable, "-m", "notify_mock", *sys.argv[1:], "--worker", "--port", str(port)]
        self._on_ready = on_ready
        self._stopping = Event()
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * count
        self._exit_status = 0
        self._threads = [
            Thread(target=self._keep, args=(number,), name=f"notify-mock-worker-{number + 1}", daemon=True)
            for number in range(count)
        ]
        self._ready = [Event() for _ in self._threads]
        self._is_shown = Event()
        self._lock = Lock()

    def run(self) -> int:
        """Run until an interrupt, or until a worker can't start. Returns the exit status."""
        try:
            for thread in self._threads:
                thread.start()
            while not self._stopping.wait(_PAUSE_SECONDS):
                pass
        except KeyboardInterrupt:
            pass
        finally:
            self._stop()
        return self._exit_status

    def _keep(self, number: int) -> None:
        """Start a worker, and start it again when it ends."""
        while not self._stopping.is_set():
            process = subprocess.Popen(  # noqa: S603 - this command itself
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
            self._processes[number] = process
            if self._stopping.is_set():
                process.terminate()
            is_ready = self._show(number, process.stdout)
            status = process.wait()
            if self._stopping.is_set():
                return
            if not is_ready and not self._is_shown.is_set():
                self._exit_status = status
                self._stopping.set()
                return
            _LOG.error(
                "worker %d (process %d) has ended with %s; starting another", number + 1, process.pid, _why(status)
            )
            if not is_ready:
                self._stopping.wait(_PAUSE_SECONDS)

    def _show(self, number: int, output: IO[bytes] | None) -> bool:
        """Pass on what the last worker prints that becomes ready at the start. Returns whether this one did."""
        first = b"" if output is None else output.readline()
        if not first or output is None:
            return False
        with self._lock:
            self._ready[number].set()
            is_last = not self._is_shown.is_set() and all(one.is_set() for one in self._ready)
            if is_last:
                self._is_shown.set()
                self._on_ready()
        for line in chain([first], output):
            if is_last:
                with suppress(BrokenPipeError):
                    sys.stdout.write(line.decode())
                    sys.stdout.flush()
        return True

    def _stop(self) -> None:
        self._stopping.set()
        running = [process for process in self._processes if process is not None]
        for process in running:
            with suppress(ProcessLookupError):
                process.terminate()
        for process in running:
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def run_workers(count: int, host: str, port: int, *, open_page: bool = False) -> None:
    """Serve with several processes until Ctrl-C or SIGTERM, and open the inspector, if that is asked for.

    Raises ``UsageError`` if the port is in use.
    """
    reserved = _reserve(host, port)
    port = reserved.getsockname()[1]
    page = f"http://{Address(host, port)}/_mock/"
    try:
        status = Workers(count, port, (lambda: open_inspector(page)) if open_page else lambda: None).run()
    finally:
        reserved.close()
    if status:
        sys.exit(status)
    logs.log_stop()


def end_with_parent() -> None:
    """Let this worker stop, as after SIGTERM, when the process that has started it ends, even if that was killed."""
    Thread(target=_wait_for_end, name="notify-mock-parent", daemon=True).start()


def _wait_for_end() -> None:
    while os.read(0, 1):  # not sys.stdin, whose lock would disturb the end of the interpreter
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def _reserve(host: str, port: int) -> socket.socket:
    """Return a socket that keeps the port, and does not listen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    probe = socket.socket(family)
    try:
        if port:
            probe.bind((host, port))  # fails if another program listens, even one that shares the port
            probe.close()
            probe = socket.socket(family)
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        probe.bind((host, port))
    except OSError as error:
        probe.close()
        remedy = "stop the other server, or use port 0 to pick a free port"
        raise UsageError("port", f"cannot use {port} on {host}: {error.strerror}", remedy) from error
    return probe


def _why(status: int) -> str:
    if status >= 0:
        return f"exit status {status}"
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
