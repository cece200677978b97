"""Servers in processes of their own: this package's, the one before its server was rewritten, and WireMock."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from benchmarks.calls import LEGACY_KEY_LENGTH, LIST, SIGNED
from benchmarks.processes import start, stopping
from benchmarks.startup import WAIT_SECONDS, ready_url
from benchmarks.table import Missing

ROOT = Path(__file__).parents[1]
FORMER = "d4fae315ed3ffc9599fd4a321f60388cea259c64"
"""The last commit with a server of threads, on http.server."""

_JAR = ROOT / ".wiremock"
_QUIET = ("--log-level", "error")
_FORM = {"Type": "fcm", "FriendlyName": "Android app %d", "Secret": "AAAA%d:APA91b".ljust(LEGACY_KEY_LENGTH, "x")}


class Target(NamedTuple):
    """A request to a server, and the server's process."""

    pid: int
    method: str
    url: str
    body: str = ""
    authorization: str = SIGNED


class Server(NamedTuple):
    """A running server that answers a create and the fetch of one credential."""

    url: str
    pid: int
    sid: str
    is_stub: bool = False

    def fetch(self) -> Target:
        return Target(self.pid, "GET", f"{self.url}{LIST}/{self.sid}")

    def create(self) -> Target:
        """Return the target of creates. The body has a ``%d``."""
        return Target(self.pid, "POST", self.url + LIST, urlencode(_FORM, safe="%"))


@contextmanager
def notify_mock(*options: str, uvloop: bool = False, source: Path = ROOT, log: Path | None = None) -> Iterator[Server]:
    """Run ``python -m notify_mock serve`` from the folder ``source``. Without ``log``, it logs only errors.

    Raises ``Missing`` if uvloop is wanted and not installed.
    """
    if uvloop and not find_spec("uvloop"):
        raise Missing("uvloop is not installed; run: pip install -e .[fast]")
    command = [sys.executable, "-m", "notify_mock", "serve", "--port", "0", *([] if log else _QUIET), *options]
    with (
        tempfile.TemporaryDirectory() as folder,
        stopping(start(command, folder, path=[source], uvloop=uvloop, errors=log)) as process,
    ):
        url = ready_url(process)
        yield Server(url, process.pid, _create(url))


@contextmanager
def former() -> Iterator[Server]:
    """Run the server of ``FORMER``. Raises ``Missing`` if this repository doesn't have that commit."""
    done = subprocess.run(["git", "-C", str(ROOT), "archive", FORMER, "notify_mock"], capture_output=True, check=False)
    if done.returncode:
        raise Missing(f"the repository has no commit {FORMER[:7]}")
    with tempfile.TemporaryDirectory() as folder:
        with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
            archive.extractall(folder)
        with notify_mock(source=Path(folder)) as server:
            yield server


@contextmanager
def wiremock() -> Iterator[Server]:
    """Run WireMock with a stub for a create and for a fetch: status, body and content type. It keeps no journal.

    Raises ``Missing`` without java or WireMock's jar.
    """
    options = ("--port", "0", "--no-request-journal", "--disable-request-logging", "--disable-banner")
    command = [*_java(), *options]
    with notify_mock() as model:
        sid, answer = model.sid, ask(model.fetch().url).decode()
    with tempfile.TemporaryDirectory() as folder:
        _write_stub(folder, "POST", LIST, 201, answer)
        _write_stub(folder, "GET", f"{LIST}/{sid}", 200, answer)
        with stopping(start([*command, "--root-dir", folder], folder)) as process:
            yield Server(f"http://127.0.0.1:{_port(process)}", process.pid, sid, is_stub=True)


def ask(url: str, *, body: str | None = None) -> bytes:
    """Return the body of the response to one request. Raises ``HTTPError`` for an error response."""
    request = Request(url, data=body.encode() if body is not None else None, headers={"Authorization": SIGNED})
    with build_opener(ProxyHandler({})).open(request, timeout=WAIT_SECONDS) as answer:
        found: bytes = answer.read()
        return found


def _create(url: str) -> str:
    """Create a credential and return its SID."""
    sid: str = json.loads(ask(url + LIST, body=urlencode(_FORM)))["sid"]
    return sid


def _java() -> list[str]:
    java = shutil.which("java")
    jar = next(_JAR.glob("node_modules/wiremock/build/*.jar"), None)
    if java is None:
        raise Missing("java is not installed")
    if jar is None:
        raise Missing("WireMock is not installed; run: npm install --prefix .wiremock wiremock@3.13.2")
    return [java, "-jar", str(jar)]


def _write_stub(folder: str, method: str, path: str, status: int, body: str) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8", "Content-Length": str(len(body))}
    stub = {
        "request": {"method": method, "url": path},
        "response": {"status": status, "headers": headers, "body": body},
    }
    mappings = Path(folder, "mappings")
    mappings.mkdir(exist_ok=True)
    (mappings / f"{method}.json").write_text(json.dumps(stub))


def _port(process: subprocess.Popen[str]) -> int:
    """Return the port that WireMock prints when it is ready."""
    for line in process.stdout or ():
        name, _, value = line.partition(":")
        if name == "port":
            return int(value)
    raise RuntimeError("WireMock exited before it was ready")
