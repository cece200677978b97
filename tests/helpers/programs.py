"""Run a program that uses an emulator, in a new process."""

from __future__ import annotations

import os
import subprocess
import sys

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


def run(code: str) -> str:
    """Run Python code with the names of ``CALLS``, and return what it printed."""
    paths = [str(ROOT), str(ROOT / "tests"), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-c", CALLS + code],
        capture_output=True,
        text=True,
        timeout=50,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths)},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ResourceWarning" not in done.stderr, done.stderr
    return done.stdout
