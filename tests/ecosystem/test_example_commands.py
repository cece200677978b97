"""The commands of docs/examples.md: an application is started as described there, and a push is sent through it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from helpers.eventually import eventually
from helpers.paths import ROOT

PAGE = (ROOT / "docs" / "examples.md").read_text()
SERVICE = re.findall(r"NOTIFY_SERVICE_SID=(\w+)", PAGE)[0]

pytestmark = pytest.mark.skipif(not all(map(shutil.which, ("bash", "curl"))), reason="needs bash and curl")


def _blocks(heading: str) -> list[str]:
    """Return how the application is started, and what is sent to it, with free ports."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return re.findall(r"```sh\n(.*?)```", section, re.DOTALL)


def _free_ports(number: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@contextmanager
def _running(script: str, output: Path) -> Iterator[None]:
    environment = {
        **os.environ,
        "NOTIFY_SERVICE_SID": SERVICE,
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
    }
    with (
        output.open("w") as log,
        subprocess.Popen(
            ["bash", "-ec", script],
            cwd=ROOT / "examples",
            env=environment,
            stdout=log,
            stderr=log,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _is_open(port: int) -> bool:
    with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
        return True
    return False


def _ask(port: int, what: str) -> Any:
    with urlopen(f"http://127.0.0.1:{port}/_mock/{what}", timeout=20) as response:
        return json.load(response)


@pytest.mark.parametrize("heading", ["FastAPI", "Django", "Celery"])
def test_the_application_sends_a_push(heading: str, tmp_path: Path) -> None:
    if heading == "Celery" and not shutil.which("redis-server"):
        pytest.skip("redis-server is not installed")
    emulator, app, redis = _free_ports(3)
    start, send = _blocks(heading)
    for port, free in {"8010": emulator, "8000": app, "6379": redis}.items():
        start, send = (re.sub(rf"\b{port}\b", str(free), text) for text in (start, send))
    output = tmp_path / "output"
    with _running(start, output):
        try:
            eventually(lambda: _is_open(redis if heading == "Celery" else app) and _is_open(emulator))
            with _running(send.replace("curl ", "curl --fail "), tmp_path / "sent"):
                pushes = eventually(lambda: _ask(emulator, "deliveries")["deliveries"])
        except AssertionError as error:
            raise AssertionError(output.read_text() + (tmp_path / "sent").read_text()) from error
    assert [(push["state"], push["identity"]) for push in pushes] == [("sent", "alice")]
