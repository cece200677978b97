"""The server as a container runs it: environment variables, and the compose example without docker."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.paths import ROOT

import notify_mock.cli
from notify_mock.options import BY_NAME, variable_of

COMMAND = [sys.executable, "-m", "notify_mock"]
PAGE = (ROOT / "docs" / "run-a-server.md").read_text()
(COMPOSE,) = (
    yaml.safe_load(block)
    for block in re.findall(r"```yaml\n(services:.*?)```", PAGE, re.DOTALL)
    if "services:" in block
)


@contextmanager
def serving(arguments: list[str], **variables: str) -> Iterator[str]:
    """Run a server and yield its URL."""
    with subprocess.Popen(
        [*COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **variables},
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stderr is not None
            line = process.stdout.readline()
            assert line.startswith("notify-mock ready on "), line + process.stderr.read()
            yield line.split()[-1]
        finally:
            process.kill()


def check(**variables: str) -> tuple[int, str]:
    """Check the options in ``variables``; return the exit status and stderr."""
    env = {**os.environ, **variables}
    done = subprocess.run(
        [*COMMAND, "serve", "--check"], env=env, capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stderr


def test_every_option_of_serve_has_an_environment_variable() -> None:
    command = notify_mock.cli.commands.commands["serve"]
    for parameter in command.params:
        if parameter.name != "check":
            assert parameter.envvar == variable_of(parameter.opts[0])
    assert BY_NAME["port"].variable == "NOTIFY_MOCK_LISTEN_PORT"
    assert BY_NAME["control_token"].variable == "NOTIFY_MOCK_CONTROL_TOKEN"


def test_the_options_page_names_every_environment_variable() -> None:
    page = (ROOT / "docs" / "options.md").read_text()
    for parameter in notify_mock.cli.commands.commands["serve"].params:
        assert parameter.name == "check" or f"`{parameter.envvar}`" in page


def test_environment_variables_set_the_options_of_the_server() -> None:
    accounts = [f"AC{digit * 32}:t{digit}" for digit in "12"]
    variables = {
        "NOTIFY_MOCK_LISTEN_PORT": "0",
        "NOTIFY_MOCK_ACCOUNT": " ".join(accounts),
        "NOTIFY_MOCK_SCENARIO": "slow outage",
        "NOTIFY_MOCK_SEED": "7",
        "NOTIFY_MOCK_TLS": "0",
    }
    with serving(["serve"], **variables) as url, urllib.request.urlopen(f"{url}/_mock/state", timeout=20) as response:
        state = json.load(response)
    assert (state["seed"], state["default_account"], state["strict"]) == (7, "AC" + "1" * 32, True)
    assert [rule["name"] for rule in state["faults"]] == ["slow", "outage"]


def test_what_kubernetes_sets_for_a_service_named_notify_mock_is_ignored() -> None:
    service = {"PORT": "tcp://10.0.0.1:8010", "SERVICE_HOST": "10.0.0.1", "SERVICE_PORT": "8010"}
    service |= {"PORT_8010_TCP": "tcp://10.0.0.1:8010", "PORT_8010_TCP_ADDR": "10.0.0.1"}
    with serving(["serve", "--port", "0"], **{f"NOTIFY_MOCK_{name}": value for name, value in service.items()}) as url:
        assert url.startswith("http://127.0.0.1:")


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("NOTIFY_MOCK_LISTEN_PORT", "tcp://10.0.0.1:8010", "'--port'"),  # click 8.2 adds the variable
        ("NOTIFY_MOCK_SCENARIO", "outrage", "NOTIFY_MOCK_SCENARIO: unknown scenario 'outrage'; did you mean outage?"),
    ],
)
def test_an_error_names_the_option_or_the_variable_with_the_bad_value(name: str, value: str, message: str) -> None:
    status, text = check(**{name: value})
    assert (status, text.count("\n")) == (2, 1)
    assert message in text


def test_an_option_overrides_its_variable() -> None:
    with serving(["serve", "--port", "0"], NOTIFY_MOCK_LISTEN_PORT="70000") as url:
        assert url


class TestComposeExample:
    """Port 8010 may be taken, so a free port takes its place."""

    service: Any = COMPOSE["services"]["notify"]

    def variables(self, folder: Path) -> dict[str, str]:
        return {**self.service["environment"], "NOTIFY_MOCK_CA_DIR": str(folder), "NOTIFY_MOCK_LISTEN_PORT": "0"}

    def test_its_command_serves_and_its_health_check_passes(self, tmp_path: Path) -> None:
        arguments = shlex.split(self.service["command"])
        how, python, *check = self.service["healthcheck"]["test"]
        assert (how, python) == ("CMD", "python")
        with serving(arguments, **self.variables(tmp_path)) as url:
            assert url.startswith("http://0.0.0.0:")
            port = url.rpartition(":")[2]
            command = [sys.executable, *(word.replace("8010", port) for word in check)]
            assert subprocess.run(command, timeout=30, check=False).returncode == 0
        assert subprocess.run(command, capture_output=True, timeout=30, check=False).returncode != 0

    def test_the_command_for_its_env_file_names_the_service_and_the_volume(self, tmp_path: Path) -> None:
        (line,) = re.findall(r"# docker compose run --rm notify (env .*) > notify\.env", PAGE)
        env = {**os.environ, **self.variables(tmp_path)}
        done = subprocess.run(
            [*COMMAND, *shlex.split(line)], env=env, capture_output=True, text=True, timeout=30, check=True
        )
        written = dict(row.split("=", 1) for row in done.stdout.splitlines())
        assert (written["HTTPS_PROXY"], written["SSL_CERT_FILE"]) == ("http://notify:8010", "/ca/bundle.pem")
        assert Path(tmp_path, "bundle.pem").exists()
