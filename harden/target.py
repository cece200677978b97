"""The server under attack, in a process of its own, and what can be seen of it from outside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from base64 import b64encode
from collections.abc import Callable, Mapping
from http.client import HTTPConnection
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple
from urllib.parse import urlencode

ROOT = Path(__file__).parents[1]
ACCOUNT = "AC" + "1" * 32
SECONDS = 10.0
"""How long a response may take. Far more than it ever takes, so that a busy machine is not taken for a hang."""

_SAMPLES = 20
_DISCONNECTS = re.compile(r"(ssl\.)?\w*(Connection|BrokenPipe|Timeout|SSL)\w*(Error)?\b")


def authorization(account: str = ACCOUNT) -> str:
    """Return the Authorization header of an account. The emulator accepts any token."""
    return "Basic " + b64encode(f"{account}:token".encode()).decode()


class Reply(NamedTuple):
    """A response: its status, and the object in its body (empty if there is none)."""

    status: int
    content: dict[str, Any]


class Client:
    """A connection that is kept alive. A call on a broken connection raises ``OSError`` or ``HTTPException``."""

    def __init__(self, address: tuple[str, int], account: str = ACCOUNT) -> None:
        self._connection = HTTPConnection(*address, timeout=SECONDS)
        self._headers = {"Authorization": authorization(account)}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def call(
        self,
        method: str,
        path: str,
        form: Mapping[str, object] | None = None,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send a form, or ``content`` as JSON. ``headers`` replace those of the client."""
        headers = {**self._headers, **(headers or {})}
        body = None
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form, doseq=True)
        elif content is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(content)
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        data = response.read()
        return Reply(response.status, json.loads(data) if data else {})

    def close(self) -> None:
        """Close the connection. The next call opens a new one."""
        self._connection.close()


class Target:
    """A running ``notify-mock serve``. ``before`` runs in the new process before the server (not on Windows)."""

    def __init__(self, *options: str, log_level: str = "debug", before: Callable[[], None] | None = None) -> None:
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the server
        command = [sys.executable, "-m", "notify_mock", "serve", "--port", "0", "--log-level", log_level, *options]
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            preexec_fn=before,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        ready = self.process.stdout.readline() if self.process.stdout else ""
        if not ready.startswith("notify-mock ready on "):
            raise RuntimeError(f"the server did not start: {ready}{self.log()}")
        host, _, port = ready.strip().rpartition("/")[2].rpartition(":")
        self.address = (host, int(port))

    def __enter__(self) -> Target:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()
        self._log.close()

    def client(self, account: str = ACCOUNT) -> Client:
        return Client(self.address, account)

    def control(self, method: str, path: str, content: Any = None) -> dict[str, Any]:
        """Return the JSON of a call of the control API. Raises ``RuntimeError`` if it is refused."""
        with self.client() as client:
            reply = client.call(method, f"/_mock/{path}", content=content)
        if reply.status >= 300:
            raise RuntimeError(f"{method} /_mock/{path} was refused: {reply}")
        return reply.content

    def stop(self) -> int:
        """Stop the server as Ctrl-C does, and return its exit status."""
        self.process.terminate()
        return self.process.wait(SECONDS)

    def kill(self) -> None:
        """Kill the process: it cannot save or clean up anything."""
        self.process.kill()
        self.process.wait()

    def log(self) -> str:
        """Return what the server has written to stderr so far."""
        size = os.fstat(self._log.fileno()).st_size
        return os.pread(self._log.fileno(), size, 0).decode(errors="replace") if size else ""

    def tracebacks(self) -> list[str]:
        """Return the last line of every traceback in the log, except for connections that a client broke."""
        return find_tracebacks(self.log())

    def memory(self) -> float:
        """Return the resident memory in MiB, 0 where /proc does not exist."""
        status = Path(f"/proc/{self.process.pid}/status")
        found = re.search(r"VmRSS:\s+(\d+)", status.read_text()) if status.exists() else None
        return int(found[1]) / 1024 if found else 0.0

    def descriptors(self) -> int:
        """Return the number of open descriptors, 0 where /proc does not exist."""
        folder = Path(f"/proc/{self.process.pid}/fd")
        return len(list(folder.iterdir())) if folder.exists() else 0

    def idle_descriptors(self) -> int:
        """Return the number of descriptors that are open while no client is connected."""
        return min(self._descriptors_after_a_call() for _ in range(_SAMPLES))

    def settled(self, descriptors: int) -> int:
        """Return the number of open descriptors once it is at most ``descriptors``, or after ``SECONDS``."""
        end = monotonic() + SECONDS
        while (found := self._descriptors_after_a_call()) > descriptors and monotonic() < end:
            pass
        return found

    def _descriptors_after_a_call(self) -> int:
        self.control("GET", "health")
        return self.descriptors()


def find_tracebacks(log: str) -> list[str]:
    """Return the last line of every traceback in ``log``, except for connections that a client broke."""
    found = []
    for block in log.split("Traceback (most recent call last):\n")[1:]:
        last = next((line for line in block.splitlines() if line and not line.startswith(" ")), "")
        if not _DISCONNECTS.match(last):
            found.append(last)
    return found
