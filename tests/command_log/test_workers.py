"""``notify-mock serve --workers``: processes on one port with a shared state."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from helpers.calls import basic
from helpers.eventually import eventually

from harden.valkey import Valkey, find_valkey

pytestmark = pytest.mark.skipif(
    find_valkey() is None or not hasattr(socket, "SO_REUSEPORT"), reason="no Valkey or Redis server, or no SO_REUSEPORT"
)


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    pytest.importorskip("redis")
    with Valkey() as started:
        yield started


@contextmanager
def serve(*options: str, log: Path, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "notify_mock", "serve", *options]
    with log.open("w") as errors:
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, env=env)
    try:
        yield process
    finally:
        process.terminate()
        process.communicate()


def call(url: str, name: str = "") -> list[str]:
    """Create a credential, or list their names."""
    data = f"Type=fcm&Secret=x&FriendlyName={name}".encode() if name else None
    headers = {"Authorization": basic("AC" + "1" * 32, "any")}
    with urlopen(Request(f"{url}/v1/Credentials", data, headers)) as response:
        return [one["friendly_name"] for one in json.load(response).get("credentials", [])]


def is_running(process: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(process, 0)
        return True
    return False


def test_workers_serve_one_port_and_one_that_dies_is_replaced(valkey: Valkey, tmp_path: Path) -> None:
    log = tmp_path / "log"
    options = ("--port", "0", "--state", valkey.url(), "--workers", "2", "--consistency", "strong")
    with serve(*options, log=log) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().split()[-1]
        assert parent.stdout.readline().startswith("curl -u ")
        assert parent.stdout.readline().startswith("inspector on ")
        shown = f"state kept in redis://127.0.0.1:{valkey.port}/0, name default, at position 0\n"
        assert parent.stdout.readline() == shown
        for name in "abcd":
            call(url, name)
        assert all(call(url) == ["a", "b", "c", "d"] for _ in range(8))
        workers = [int(one) for one in eventually(lambda: _children(parent.pid))]
        assert len(workers) == 2
        os.kill(workers[0], signal.SIGKILL)
        replaced = eventually(
            lambda: re.search(r"worker \d \(process (\d+)\) has ended with SIGKILL; starting another", log.read_text())
        )
        assert int(replaced[1]) == workers[0]
        eventually(lambda: log.read_text().count("listening on") == 3)
        assert all(call(url) == ["a", "b", "c", "d"] for _ in range(8))
        workers = [int(one) for one in _children(parent.pid)]
        parent.terminate()
        assert parent.wait() == 0
        assert not any(map(is_running, workers))


def test_workers_end_with_a_parent_that_is_killed(valkey: Valkey, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serve("--port", "0", "--state", valkey.url(), "--workers", "2", log=log) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        workers = [int(one) for one in _children(parent.pid)]
        parent.kill()
        assert eventually(lambda: not any(map(is_running, workers)))


def test_workers_open_the_inspector_once(valkey: Valkey, tmp_path: Path) -> None:
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\necho "$1" >> {opened}\n')
    browser.chmod(0o700)
    options = ("--port", "0", "--state", valkey.url(), "--workers", "2", "--open")
    with serve(*options, log=tmp_path / "log", env={**os.environ, "BROWSER": str(browser)}) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().split()[-1]
        eventually(opened.exists)
        assert eventually(opened.read_text) == f"{url}/_mock/\n"


def test_workers_that_cannot_start_end_with_their_message(tmp_path: Path) -> None:
    pytest.importorskip("redis")
    log = tmp_path / "log"
    with serve("--port", "0", "--state", "redis://127.0.0.1:1/0", "--workers", "2", log=log) as parent:
        assert parent.wait() == 2
    assert "notify-mock: --state: redis://127.0.0.1:1/0, name default: " in log.read_text()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--workers", "2"), "--workers: needs a state that processes can share"),
        (("--workers", "2", "--state", "a.db"), "--workers: needs a state that processes can share"),
        (("--workers", "0", "--state", "redis://x"), "--workers: expected a number from 1 to 256, or auto, got 0"),
        (
            ("--workers", "many", "--state", "redis://x"),
            "--workers: expected a number from 1 to 256, or auto, got many",
        ),
    ],
)
def test_workers_say_what_they_want(options: tuple[str, ...], message: str, tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serve(*options, log=log) as parent:
        assert parent.wait() == 2
    assert message in log.read_text()


def test_workers_do_not_share_the_port_of_another_program(valkey: Valkey, tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0), reuse_port=True)) as other:
        port = str(other.getsockname()[1])
        log = tmp_path / "log"
        with serve("--port", port, "--state", valkey.url(), "--workers", "2", log=log) as parent:
            assert parent.wait() == 2
    assert f"--port: cannot use {port} on 127.0.0.1" in log.read_text()


def _children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split() + [
        child
        for thread in Path(f"/proc/{process}/task").iterdir()
        if thread.name != str(process)
        for child in (thread / "children").read_text().split()
    ]
