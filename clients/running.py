"""Run a client under ``notify-mock exec``, first with all variables and then only with those that it needs."""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from clients.catalog import Client
from clients.installing import Installed, NotHere

_HERE = Path(__file__).parent
_ACCOUNT = {"TWILIO_ACCOUNT_SID": "AC" + "1" * 32, "TWILIO_AUTH_TOKEN": "1" * 32}
_SECONDS = 180

VARIABLES = (
    *("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "NO_PROXY", "no_proxy", "NODE_USE_ENV_PROXY"),
    *("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "JAVA_TOOL_OPTIONS"),
    *("NODE_OPTIONS", "PHP_INI_SCAN_DIR", "PYTHONPATH", "NOTIFY_EMULATOR_URL"),
)
"""The variables that ``notify-mock exec`` sets, except for the account."""


class Run(NamedTuple):
    """``outcome`` is ``passed``, ``not run`` or ``FAILED``; ``detail`` gives the reason for the last two."""

    client: Client
    outcome: str
    version: str = ""
    language: str = ""
    detail: str = ""


def run(client: Client) -> Run:
    try:
        installed = client.find(client.program)
    except NotHere as reason:
        return Run(client, "not run", detail=str(reason))
    commands = [installed.command]
    if client.needed:
        unwanted = [word for name in VARIABLES if name not in client.needed for word in ("-u", name)]
        commands = [_wrapped(installed.command), _wrapped(["env", *unwanted, *installed.command])]
    for command in commands:
        difference = _differs(command, installed)
        if difference:
            return Run(client, "FAILED", installed.version, installed.language, difference)
    return Run(client, "passed", installed.version, installed.language)


def _wrapped(command: list[str]) -> list[str]:
    return [sys.executable, "-m", "notify_mock", "exec", "--faults", str(_HERE / "faults.yaml"), "--", *command]


def _differs(command: list[str], installed: Installed) -> str:
    """Return the difference from the expected output, or an empty string."""
    env = {**os.environ, **_ACCOUNT, **installed.variables}
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return f"took longer than {_SECONDS} s"
    expected = (_HERE / "expected.txt").read_text()
    lines = difflib.unified_diff(
        expected.splitlines(), done.stdout.splitlines(), "expected", "printed", lineterm="", n=0
    )
    difference = "\n".join(lines)
    if done.returncode or difference:
        return f"exit status {done.returncode}\n{difference}\n{done.stderr}"
    return ""
