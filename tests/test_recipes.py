"""The recipes for CI, images and hooks do what they say, as far as that shows without GitHub, GitLab and containers."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.paths import FIXTURES, ROOT

PAGE = (ROOT / "docs" / "ci.md").read_text()
ACTION = yaml.safe_load((ROOT / "action.yml").read_text())
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
WORKFLOW, GITLAB, PRE_COMMIT = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ("github-actions", (ROOT / "action.yml").read_text()),
        ("github-workflows", WORKFLOW),
        ("gitlab-ci", GITLAB),
        ("compose-spec", (ROOT / "compose.yaml").read_text()),
    ],
    ids=["github-actions", "github-workflows", "gitlab-ci", "compose-spec"],
)
def test_a_recipe_fits_its_schema(schema: str, text: str, tmp_path: Path) -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed: pip install -e '.[lint]'")
    (tmp_path / "recipe.yaml").write_text(text)
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}", "recipe.yaml"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@contextmanager
def _action(folder: Path, **variables: str) -> Iterator[subprocess.CompletedProcess[str]]:
    """Run the action's step that starts the emulator, as GitHub's runner does, and stop the emulator at the end."""
    programs = folder / "notify-mock" / "bin"
    programs.mkdir(parents=True)
    pids = folder / "pids"
    (programs / "notify-mock").write_text(
        f'#!/bin/sh\necho $$ >> {pids}\nexec {shlex.quote(sys.executable)} -m notify_mock "$@"\n'
    )
    (programs / "notify-mock").chmod(0o755)
    (programs / "python").symlink_to(sys.executable)
    _, start = ACTION["runs"]["steps"]
    inputs = {f"${{{{ inputs.{name} }}}}": value["default"] for name, value in ACTION["inputs"].items()}
    env = {name: inputs.get(value, value) for name, value in start["env"].items()} | variables
    env |= {"RUNNER_TEMP": str(folder), "GITHUB_ENV": str(folder / "env"), "GITHUB_OUTPUT": str(folder / "output")}
    script = folder / "step.sh"
    script.write_text(start["run"])
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    try:
        yield subprocess.run(
            command, env={**os.environ, "PYTHONPATH": path, **env}, capture_output=True, text=True, check=False
        )
    finally:
        with suppress(ProcessLookupError):
            os.kill(int(pids.read_text().split()[0]), signal.SIGTERM)


def _variables(path: Path) -> dict[str, str]:
    return dict(line.split("=", 1) for line in path.read_text().splitlines())


@pytest.mark.skipif(sys.platform == "win32", reason="the action needs bash and nohup")
def test_the_action_starts_the_server_and_sets_the_variables_of_later_steps(tmp_path: Path) -> None:
    port = _free_port()
    with _action(tmp_path, NOTIFY_MOCK_LISTEN_PORT=str(port)) as done:
        assert done.returncode == 0, done.stdout + done.stderr
        later, outputs = _variables(tmp_path / "env"), _variables(tmp_path / "output")
        assert outputs["url"] == later["HTTPS_PROXY"] == f"http://127.0.0.1:{port}"
        assert set(outputs) == set(ACTION["outputs"])
        assert (later["TWILIO_ACCOUNT_SID"], later["TWILIO_AUTH_TOKEN"]) == ("AC" + "1".zfill(32), "token")
        assert "NODE_OPTIONS" not in later  # a runner fails a step that sets it
        program = "from twilio.rest import Client; print(len(Client().notify.v1.credentials.list()))"
        found = subprocess.run(
            [sys.executable, "-c", program], env={**os.environ, **later}, capture_output=True, text=True, check=False
        )
        assert found.stdout == "0\n", found.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the action needs bash and nohup")
def test_the_action_fails_if_the_port_belongs_to_the_emulator_of_another_job(tmp_path: Path, served: Any) -> None:
    taken = served.url.rpartition(":")[2]
    with _action(tmp_path, NOTIFY_MOCK_LISTEN_PORT=taken) as done:
        assert (done.returncode, "already in use" in done.stdout) == (1, True), done.stdout + done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the action needs bash and nohup")
def test_the_action_picks_a_free_port_for_port_0(tmp_path: Path) -> None:
    with _action(tmp_path, NOTIFY_MOCK_LISTEN_PORT="0") as done:
        assert done.returncode == 0, done.stdout + done.stderr
        assert int(_variables(tmp_path / "output")["url"].rpartition(":")[2]) > 0


def test_the_page_lists_the_inputs_of_the_action_and_uses_its_outputs() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", PAGE, re.MULTILINE))
    assert rows == {name: value["default"] for name, value in ACTION["inputs"].items()}
    assert set(re.findall(r"steps\.notify\.outputs\.([\w-]+)", WORKFLOW)) == set(ACTION["outputs"])


def test_the_script_for_gitlab_passes_since_its_program_calls_the_emulator(tmp_path: Path) -> None:
    program, *words = shlex.split(yaml.safe_load(GITLAB)["test"]["script"][-1])
    assert program == "notify-mock"
    done = subprocess.run(
        [sys.executable, "-m", "notify_mock", *words],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT), "CI": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, "1 call" in done.stderr) == (0, True), done.stderr
    assert (tmp_path / "notify-mock.log").exists()


def test_the_example_for_testcontainers_gets_a_url_of_the_server(monkeypatch: pytest.MonkeyPatch, served: Any) -> None:
    """With stand-ins for the library's two names, since it needs a container runtime."""

    class DockerContainer:
        def __init__(self, image: str) -> None:
            assert image == "notify-mock"

        def with_exposed_ports(self, port: int) -> DockerContainer:
            assert f"EXPOSE {port}\n" in (ROOT / "Containerfile").read_text()
            return self

        def waiting_for(self, line: str) -> DockerContainer:
            assert line == "notify-mock ready on"
            return self

        def __enter__(self) -> DockerContainer:
            return self

        def __exit__(self, *_: object) -> None: ...

        def get_container_host_ip(self) -> str:
            return "127.0.0.1"

        def get_exposed_port(self, _: int) -> int:
            return int(served.url.rpartition(":")[2])

    modules: Any = [types.ModuleType(f"testcontainers.core.{name}") for name in ("container", "wait_strategies")]
    modules[0].DockerContainer = DockerContainer
    modules[1].LogMessageWaitStrategy = str
    for module in modules:
        monkeypatch.setitem(sys.modules, module.__name__, module)
    for name in ("testcontainers", "testcontainers.core"):
        monkeypatch.setitem(sys.modules, name, types.ModuleType(name))
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(example, "docs/ci.md", "exec"), {})


def test_the_hook_finds_cassettes_and_fails_for_a_secret(tmp_path: Path) -> None:
    pattern = re.compile(HOOK["files"])
    assert pattern.search("tests/cassettes/push/create.yaml")
    assert not pattern.search("tests/test_cassettes.py")
    assert yaml.safe_load(PRE_COMMIT)["repos"][0]["hooks"] == [{"id": HOOK["id"]}]
    good = FIXTURES / "credential-sandbox.yaml"
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.read_text() + "# -----BEGIN PRIVATE KEY-----\n")
    program, *words = HOOK["entry"].split()
    assert program == "notify-mock"
    command = [sys.executable, "-m", "notify_mock", *words]
    assert [subprocess.run([*command, path], capture_output=True, check=False).returncode for path in (good, bad)] == [
        0,
        1,
    ]


def test_the_services_of_compose_run_read_only_and_the_emulator_without_capabilities() -> None:
    services = COMPOSE["services"]
    assert all(service["read_only"] for service in services.values())
    assert services["notify"]["cap_drop"] == ["ALL"]
    assert all(port.startswith("127.0.0.1:") for service in services.values() for port in service.get("ports", ()))
    from release.containerfile import read

    for name in ("Containerfile", "examples/Containerfile"):
        last = read(ROOT / name)[-1]
        assert last.last("USER").text == "10001:10001"
        assert last.last("ENTRYPOINT").text == json.dumps(last.last("ENTRYPOINT").command)
        assert last.health_check[0] == "python"
