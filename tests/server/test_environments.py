"""The server among libraries that change sockets, threads, event loops or processes."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.paths import ROOT

CALLS = """
import sys
from helpers.calls import basic
from helpers.raw_http import dial, read_answer, send
from notify_mock import Delay, Emulator

SIGNED = f"Host: 127.0.0.1\\r\\nAuthorization: {basic('ACx', 'y')}\\r\\n"
LIST = f"GET /v1/Credentials HTTP/1.1\\r\\n{SIGNED}\\r\\n".encode()
LAST_LIST = LIST.replace(b"\\r\\n\\r\\n", b"\\r\\nConnection: close\\r\\n\\r\\n")
HEALTH = LAST_LIST.replace(b"/v1/Credentials", b"/_mock/health")

def check(url):
    for request in (LAST_LIST, HEALTH):
        status = send(url, request).status
        assert status == "HTTP/1.1 200 OK", status
"""
SUITE = """
import pytest
from helpers.calls import basic
from helpers.raw_http import send

SIGNED = f"Authorization: {basic('ACx', 'y')}\\r\\nConnection: close\\r\\n\\r\\n"
LAST_LIST = f"GET /v1/Credentials HTTP/1.1\\r\\nHost: x\\r\\n{SIGNED}".encode()
"""


def needs(module: str) -> None:
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed")


def run(code: str | Path, *options: str) -> str:
    """Run Python code or a test file in a new process, and return what it printed."""
    command = ["-c", CALLS + code] if isinstance(code, str) else ["-m", "pytest", "-q", str(code)]
    paths = [str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    done = subprocess.run(
        [sys.executable, "-X", "dev", *command, *options],
        capture_output=True,
        text=True,
        timeout=50,
        env=environment,
        cwd=Path(code).parent if isinstance(code, Path) else None,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ResourceWarning" not in done.stderr, done.stderr
    return done.stdout


@pytest.mark.parametrize("is_first", [True, False], ids=["patched first", "patched later"])
def test_gevent(is_first: bool) -> None:
    """Threads are greenlets: none of them may block the others."""
    needs("gevent")
    patch = "from gevent import monkey\nmonkey.patch_all()\n"
    use = """
import gevent
with Emulator(tls=True, other_hosts="tunnel") as emulator:
    check(emulator.url)
    emulator.faults.add("credential.list", Delay(0.2))
    jobs = [gevent.spawn(send, emulator.url, LAST_LIST) for _ in range(5)]
    gevent.joinall(jobs, timeout=20, raise_error=True)
    assert {job.value.status for job in jobs} == {"HTTP/1.1 200 OK"}
    emulator.close()
    check(emulator.url)
print("done")
"""
    code = patch + CALLS + use if is_first else patch + use
    assert run(code) == "done\n"


def test_pytest_socket_with_loopback_allowed(tmp_path: Path) -> None:
    needs("pytest_socket")
    suite = tmp_path / "test_it.py"
    suite.write_text(
        SUITE
        + """
def test_one(notify_mock):
    assert send(notify_mock.url, LAST_LIST).status == "HTTP/1.1 200 OK"
"""
    )
    assert "1 passed" in run(suite, "--allow-hosts=127.0.0.1")


@pytest.mark.parametrize("plugin", ["pytest_asyncio", "anyio"])
def test_suites_of_coroutines(tmp_path: Path, plugin: str) -> None:
    needs(plugin)
    suite = tmp_path / "test_it.py"
    mark = "pytest.mark.asyncio" if plugin == "pytest_asyncio" else "pytest.mark.anyio"
    suite.write_text(
        SUITE
        + f"""
import httpx

pytestmark = {mark}

async def test_a_socket(notify_mock):
    async with httpx.AsyncClient(base_url=notify_mock.url) as client:
        assert (await client.get("/v1/Credentials", auth=("ACx", "y"))).status_code == 200

async def test_in_process(notify_mock):
    made = await notify_mock.async_client().notify.v1.credentials.create_async(type="fcm", secret="x")
    assert made.sid in notify_mock.credentials

async def test_both(notify_mock):
    notify_mock.client().notify.v1.credentials.create(type="fcm", secret="x")
    assert send(notify_mock.url, LAST_LIST).status == "HTTP/1.1 200 OK"
"""
    )
    options = ("-o", "asyncio_default_fixture_loop_scope=function") if "asyncio" in mark else ()
    assert "passed" in run(suite, *options)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_forked_child_uses_the_parents_server_and_does_not_disturb_it() -> None:
    code = """
import multiprocessing, os, warnings
warnings.simplefilter("ignore", DeprecationWarning)

def child(emulator):
    check(emulator.url)
    emulator.close()

with Emulator() as emulator, dial(emulator.url) as kept:
    kept.sendall(LIST)
    assert read_answer(kept).status == "HTTP/1.1 200 OK"
    processes = multiprocessing.get_context("fork")
    for _ in range(3):
        process = processes.Process(target=child, args=(emulator,))
        process.start()
        process.join(20)
        assert process.exitcode == 0
    sys.stdout.flush()
    if (pid := os.fork()) == 0:
        check(emulator.url)
        sys.exit()  # with Python's whole shutdown
    assert os.waitpid(pid, 0)[1] == 0
    kept.sendall(LIST)
    assert read_answer(kept).status == "HTTP/1.1 200 OK"
    check(emulator.url)
    url = emulator.url
try:
    dial(url)
except ConnectionRefusedError:
    print("done")
"""
    assert run(code) == "done\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
def test_a_child_that_goes_on_does_not_keep_the_parents_connections_open() -> None:
    code = """
import multiprocessing, warnings
from notify_mock import Drop
warnings.simplefilter("ignore", DeprecationWarning)

def child(goes_on):
    goes_on.wait(60)

processes = multiprocessing.get_context("fork")
goes_on = processes.Event()
with Emulator() as emulator, dial(emulator.url) as kept:
    kept.sendall(LIST)
    assert read_answer(kept).status == "HTTP/1.1 200 OK"
    process = processes.Process(target=child, args=(goes_on,))
    process.start()
    emulator.faults.add("credential.list", Drop())
    kept.sendall(LIST)
    assert kept.recv(1) == b""
    goes_on.set()
    process.join(20)
print("done")
"""
    assert run(code) == "done\n"
