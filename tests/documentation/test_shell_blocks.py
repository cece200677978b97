"""Every shell block of the documentation runs: those of a page in order, in one shell and one folder."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from helpers.pages import BLOCKS, REMEDY, SHELLS, Block
from helpers.paths import ROOT

from notify_mock import Emulator, apn_pair, fcm_service_account

SHELL = Path(__file__).with_name("reader.bash")
SHELL_BLOCKS = [block for block in BLOCKS if block.language in SHELLS and block.is_run]
NOWHERE = "http://127.0.0.1:9"
"""The proxy of a program that is not redirected to an emulator: nothing leaves this machine."""
PROGRAM = f"""#!/bin/sh
curl --silent --show-error -u "$TWILIO_ACCOUNT_SID:$TWILIO_AUTH_TOKEN" https://notify.twilio.com/v1/Credentials ||
  [ "$HTTPS_PROXY" != {NOWHERE} ]
"""
"""Stands for what a reader runs. It calls Twilio, and takes any answer or fault of an emulator."""
PROGRAMS = ("npm", "gradlew", "twilio")

pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not all(map(shutil.which, ("bash", "curl", "make"))),
    reason="needs Linux, bash, curl and make",
)


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a reader has in the folder: programs, a test, credentials, seed data, a cassette."""
    folder = tmp_path_factory.mktemp("reader")
    for name in PROGRAMS:
        (folder / name).write_text(PROGRAM)
        (folder / name).chmod(0o755)
    pair = apn_pair()
    (folder / "keys").mkdir()
    for place in (folder, folder / "keys"):
        (place / "cert.pem").write_text(pair.certificate)
        (place / "key.pem").write_text(pair.private_key)
        (place / "service-account.json").write_text(fcm_service_account())
    (folder / "seed.yaml").write_text("credentials: [{type: fcm, friendly_name: Android}]\n")
    (folder / "test_push.py").write_text(
        "def test_nothing(notify_mock):\n    assert len(notify_mock.credentials) == 0\n"
    )
    (folder / "tests" / "cassettes").mkdir(parents=True)
    with Emulator(record=folder / "tests" / "cassettes" / "push.yaml") as emulator:
        emulator.client().notify.v1.credentials.list()
    return folder


def _free_ports(number: int) -> list[int]:
    sockets = [socket.socket() for _ in range(number)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def _commands(block: Block) -> str:
    """Return the commands of a block. Those of a console begin with ``$``."""
    if block.language != "console":
        return block.text
    return "\n".join(re.findall(r"^\$ (.*)$", block.text, re.MULTILINE))


def _script(blocks: list[Block], ports: dict[str, int]) -> str:
    text = "\n".join(f"BLOCK={block.place}\n{_commands(block)}" for block in blocks)
    text = text.replace("/path/to/notify-mock", str(ROOT))
    for port, free in ports.items():
        text = text.replace(f":{port}", f":{free}").replace(f"--port {port}", f"--port {free}")
    return f"source {SHELL}\n{text}\nend\n"


def _run(blocks: list[Block], folder: Path) -> tuple[int, str]:
    """Run the commands of some blocks; return the exit status and what was printed."""
    ports = dict(zip(("8010", "8020"), _free_ports(2), strict=True))
    env = {
        **os.environ,
        "BROWSER": "true",
        "CI": "true",
        "HTTPS_PROXY": NOWHERE,
        "NOTIFY_EMULATOR_URL": f"http://127.0.0.1:{ports['8010']}",
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PORT": str(ports["8010"]),
        "PYTHON": sys.executable,
        "ROOT": str(ROOT),
    }
    with subprocess.Popen(
        ["bash", "--noprofile", "--norc", "-c", _script(blocks, ports)],
        cwd=folder,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as shell:
        try:
            output, _ = shell.communicate(timeout=50)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(shell.pid, signal.SIGKILL)
    return shell.returncode, output


@pytest.mark.parametrize("page", sorted({block.page for block in SHELL_BLOCKS}))
def test_the_shell_examples_of_a_page_run(page: str, reader: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(reader, tmp_path / "reader")
    status, output = _run([block for block in SHELL_BLOCKS if block.page == page], folder)
    assert status == 0, f"{output}\n{REMEDY}"


@pytest.mark.parametrize(
    "command",
    [
        "false",
        "true | false | true",
        "npm test",  # without an emulator
        "make no-such-target",
        "notify-mock serve --no-such-option",
        "curl http://127.0.0.1:8010/  # no server",
        "pip uninstall notify-mock",
    ],
)
def test_a_command_that_fails_is_found(command: str, reader: Path) -> None:
    block = Block("a-page.md", 7, "sh", f"true\n{command}\ntrue\n")
    status, output = _run([block], reader)
    assert status != 0
    assert "a-page.md:7: " in output
