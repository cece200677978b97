"""``notify-mock mcp`` as a process: what it says on which stream, whose emulator it uses, and how it ends."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
from typing import Any
from urllib.request import urlopen

import pytest
from helpers.mcp_tools import COMMAND, ask_all, needs_mcp, process

from notify_mock import Emulator

CALL = {"jsonrpc": "2.0", "id": 1, "method": "initialize"}
CLIENT = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}


def run(*arguments: str, code: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", code] if code else [*COMMAND, *arguments]
    environ = {**os.environ, **variables}
    return subprocess.run(
        command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )


def start() -> tuple[subprocess.Popen[str], str]:
    """Return a process that has answered the first message, and its answer."""
    environ = {name: value for name, value in os.environ.items() if name != "NOTIFY_EMULATOR_URL"}
    running = subprocess.Popen(
        COMMAND, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert running.stdin is not None
    assert running.stdout is not None
    running.stdin.write(json.dumps({**CALL, "params": CLIENT}) + "\n")
    running.stdin.flush()
    return running, running.stdout.readline()


def url_in(text: str) -> str:
    found = re.search(r"http://127\.0\.0\.1:\d+", text)
    assert found is not None, text
    return found[0]


def is_open(url: str) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", int(url.rpartition(":")[2]))) == 0


@needs_mcp
def test_every_tool_works_over_stdio_with_an_emulator_of_its_own() -> None:
    from mcp import ClientSession

    async def session() -> tuple[str, dict[str, Any]]:
        async with process() as (read, write), ClientSession(read, write) as client:
            instructions = (await client.initialize()).instructions or ""
            url = url_in(instructions)
            with urlopen(f"{url}/_mock/health") as answer:
                assert answer.status == 200
            asked: dict[str, dict[str, Any]] = {
                "arrange_fault": {"effect": "refuse", "options": {"code": 20429}},
                "list_calls": {},
                "list_deliveries": {},
                "explain_code": {"code": 52131},
                "move_clock": {"advance": "2h"},
                "restore_state": {"action": "reset"},
                "reproduce_call": {"number": 7},
            }
            assert {tool.name for tool in (await client.list_tools()).tools} == set(asked)
            results = {name: await client.call_tool(name, arguments) for name, arguments in asked.items()}
            assert {name for name, one in results.items() if one.is_error} == {"reproduce_call"}
            return url, {name: one.structured_content for name, one in results.items()}

    url, found = asyncio.run(session())
    assert f"notify-mock env --url {url}" in found["list_calls"]["note"]
    assert not is_open(url)


@needs_mcp
def test_it_uses_a_running_server_and_its_token_from_the_variables() -> None:
    with Emulator(control_token="hush") as emulator:
        emulator.client().notify.v1.credentials.create(type="fcm", secret="{...}")
        variables = {"NOTIFY_EMULATOR_URL": emulator.url, "NOTIFY_MOCK_CONTROL_TOKEN": "hush"}
        (found,) = ask_all(process(**variables), ("list_calls", {}))
        assert [call["call"] for call in found.structured_content["calls"]] == ["credential.create"]
        assert is_open(emulator.url)


@needs_mcp
def test_it_ends_with_its_input_and_writes_only_the_protocol() -> None:
    running, first = start()
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (0, "", "")
    assert json.loads(first)["result"]["serverInfo"]["name"] == "notify-mock"
    assert not is_open(url_in(first))


@needs_mcp
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a process without asking it")
def test_a_signal_ends_it_while_its_input_is_open(number: signal.Signals) -> None:
    running, first = start()
    running.send_signal(number)
    assert running.wait(timeout=60) == 0
    assert running.stderr is not None
    assert running.stderr.read() == ""
    running.communicate()
    assert not is_open(url_in(first))


def test_without_the_extra_the_error_says_what_to_install() -> None:
    code = "import sys; sys.modules['mcp'] = None; sys.argv = ['x', 'mcp']; from notify_mock.cli import main; main()"
    done = run(code=code)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == ('notify-mock: notify-mock mcp: needs the package mcp; run pip install "notify-mock[mcp]"\n')


def test_a_url_that_is_none_is_refused_at_the_start() -> None:
    done = run("--url", "notify-mock:8010")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--url: 'notify-mock:8010' is not a base URL; expected a URL such as http://127.0.0.1:8010" in done.stderr


@pytest.mark.parametrize("url", ["http://me:hush@127.0.0.1:8010", "http://127.0.0.1:8010/?token=hush"])
def test_a_url_with_a_secret_is_refused_without_it(url: str) -> None:
    done = run("--url", url)
    assert (done.returncode, done.stdout) == (2, "")
    assert "is not a base URL" in done.stderr
    assert "hush" not in done.stderr


def test_the_command_line_does_not_import_the_library_for_other_commands() -> None:
    done = run(code="import notify_mock.cli, sys; print(*sys.modules)")
    assert {"mcp", "pydantic", "notify_mock.mcp_server"} & set(done.stdout.split()) == set()
