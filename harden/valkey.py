"""A Valkey or Redis server of our own, on a free port of loopback and in a temporary folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
from contextlib import closing
from time import monotonic

_SECONDS = 10.0


def find_valkey() -> str | None:
    """Return the path of ``valkey-server`` or ``redis-server``, or None."""
    return shutil.which("valkey-server") or shutil.which("redis-server")


class Valkey:
    """A running server. It keeps nothing on disk, unless ``options`` say so. Raises ``RuntimeError`` without one."""

    def __init__(self, *options: str) -> None:
        self._options = options
        self._folder = tempfile.TemporaryDirectory(prefix="notify-mock-")
        with closing(socket.create_server(("127.0.0.1", 0))) as free:
            self.port = int(free.getsockname()[1])
        self.start()

    def __enter__(self) -> Valkey:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        self._folder.cleanup()

    def url(self, name: str = "default", user: str = "") -> str:
        """Return the URL of a state."""
        return f"redis://{user}127.0.0.1:{self.port}/0?name={name}"

    def start(self) -> None:
        """Start it again, with the same port and folder."""
        program = find_valkey()
        if program is None:
            raise RuntimeError("neither valkey-server nor redis-server is installed")
        fixed = ("--port", str(self.port), "--bind", "127.0.0.1", "--dir", self._folder.name, "--save", "")
        self._process = subprocess.Popen([program, *fixed, *self._options], stdout=subprocess.DEVNULL)
        end = monotonic() + _SECONDS
        while not self._answers():
            if monotonic() > end or self._process.poll() is not None:
                raise RuntimeError(f"{program} did not start")

    def kill(self) -> None:
        self.go_on()
        self._process.kill()
        self._process.wait()

    def stand_still(self) -> None:
        """Answer nothing, and keep all connections."""
        os.kill(self._process.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        if self._process.poll() is None:
            os.kill(self._process.pid, signal.SIGCONT)

    def ask(self, *words: str) -> bytes:
        """Return the beginning of the answer to a command."""
        with closing(socket.create_connection(("127.0.0.1", self.port), _SECONDS)) as connection:
            lines = [f"*{len(words)}", *(line for word in words for line in (f"${len(word.encode())}", word)), ""]
            connection.sendall("\r\n".join(lines).encode())
            return connection.recv(64 * 1024)

    def _answers(self) -> bool:
        try:
            return not self.ask("PING").startswith(b"-LOADING")
        except OSError:
            return False
