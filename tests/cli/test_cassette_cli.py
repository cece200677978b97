"""``replay``, ``record``, ``serve --record`` and ``cassette``, as processes and as commands."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
import yaml
from click.testing import CliRunner, Result
from helpers.calls import basic
from helpers.entries import SID, URL, entry, record

from notify_mock import Emulator, UsageError
from notify_mock.cassettes.files import read_interactions
from notify_mock.cli import commands

ACCOUNT = "AC" + "6" * 32
Start = Callable[..., "Running"]


class Running:
    """A running server command."""

    def __init__(self, process: subprocess.Popen[str], url: str) -> None:
        self.process, self.url = process, url

    def ask(self, method: str = "GET", path: str = "/v1/Credentials", **more: object) -> requests.Response:
        return requests.request(method, self.url + path, auth=(ACCOUNT, "token"), timeout=20, **more)  # type: ignore[arg-type]

    def stop(self) -> tuple[int, str]:
        """Stop the command; return its exit status and stderr."""
        self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=20)
        return self.process.returncode, err


@pytest.fixture
def start() -> Iterator[Start]:
    processes = []

    def started(command: str, *options: object) -> Running:
        words = [sys.executable, "-m", "notify_mock", command, "--port", "0", *map(str, options)]
        process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        processes.append(process)
        assert process.stdout is not None
        assert process.stderr is not None
        ready = process.stdout.readline()
        found = re.fullmatch(r"notify-mock ready on (http://\S+)\n", ready)
        assert found, process.stderr.read()
        assert process.stdout.readline().startswith("curl -u ")
        return Running(process, found[1])

    yield started
    for process in processes:
        process.kill()
        process.communicate()


def command(*words: object) -> Result:
    return CliRunner().invoke(commands, [str(word) for word in words])


def write(path: Path, *entries: object) -> Path:
    path.write_text(yaml.safe_dump({"version": 1, "interactions": list(entries)}, sort_keys=False))
    return path


def test_record_then_replay(tmp_path: Path, start: Start, served: Emulator) -> None:
    path = tmp_path / "deep" / "x.yaml"
    recorder = start("record", "--upstream", served.url, "--cassette", path)
    made = recorder.ask("POST", data={"Type": "fcm", "Secret": "my-server-key"}).json()
    assert made["url"] == f"{recorder.url}/v1/Credentials/{made['sid']}"
    status, err = recorder.stop()
    assert status == 0
    assert f"1 exchange recorded in {path}" in err
    player = start("replay", path, "--on-miss", "error")
    played = player.ask("POST", data={"Secret": "my-server-key", "Type": "fcm"}).json()
    assert played == made | {"url": f"{player.url}/v1/Credentials/{made['sid']}"}
    missed = player.ask("POST", data={"Secret": "another-key", "Type": "fcm"})
    assert missed.status_code == 421
    status, err = player.stop()
    assert status == 0
    assert "1 of 1 entries replayed from" in err
    assert "requests without a recorded response: 1" in err
    assert "-key" not in err + path.read_text()


def test_replay_warns_of_a_stale_cassette(tmp_path: Path, start: Start) -> None:
    made = entry(recorded_at="2024-01-02T03:04:05Z")
    (tmp_path / "x.yaml").write_text(yaml.safe_dump({"version": 1, "interactions": [made]}))
    status, err = start("replay", tmp_path / "x.yaml", "--max-age", "90d").stop()
    assert status == 0
    assert f"notify-mock: {tmp_path / 'x.yaml'}: 1 of 1 entry is older than max_age (90d)" in err


def test_a_killed_recorder_leaves_a_complete_cassette(tmp_path: Path, start: Start, served: Emulator) -> None:
    recorder = start("record", "--upstream", served.url, "--cassette", tmp_path / "x.yaml", "--log-level", "error")
    recorder.ask()
    recorder.process.kill()
    assert [one.status for one in read_interactions(tmp_path / "x.yaml")] == [200]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == [".notify-mock-key"]


def test_serve_records_and_hydrates(tmp_path: Path, start: Start) -> None:
    serving = start("serve", "--record", tmp_path / "x.yaml")
    made = serving.ask("POST", data={"Type": "fcm", "Secret": "my-server-key"}).json()
    assert serving.stop()[0] == 0
    hydrated = start("serve", "--hydrate", tmp_path / "x.yaml")
    account = json.loads(read_interactions(tmp_path / "x.yaml")[0].body)["account_sid"]
    headers = {"Authorization": basic(account, "any")}
    url = f"{hydrated.url}/v1/Credentials/{made['sid']}"
    assert requests.get(url, headers=headers, timeout=9).json()["sid"] == made["sid"]
    assert requests.delete(url, headers=headers, timeout=9).status_code == 204


def test_an_entry_with_a_secret_is_reported_in_one_line_with_its_field(tmp_path: Path, start: Start) -> None:
    data = {"credentials": [{"type": "fcm", "account_sid": ACCOUNT, "friendly_name": "-----BEGIN CERTIFICATE-----"}]}
    (tmp_path / "data.json").write_text(json.dumps(data))
    options = ("--data", tmp_path / "data.json", "--record", tmp_path / "x.yaml", "--log-level", "error")
    serving = start("serve", *options)
    assert serving.ask().status_code == 200
    serving.ask(path="/v1/Credentials/-----BEGIN RSA-----")
    status, err = serving.stop()
    assert status == 2
    assert err.splitlines()[-1].startswith(f"notify-mock: {tmp_path / 'x.yaml'}: 1 not recorded: GET http://127.0.0.1")
    assert "response.body: contains a PEM block" in err
    assert "BEGIN" not in err + (tmp_path / "x.yaml").read_text()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["replay"], "Missing argument"),
        (["replay", "{}/nowhere.yaml"], "cannot be read"),
        (["replay", "{}/x.yaml", "--match-on", "method,nose"], "unknown field 'nose'"),
        (["replay", "{}/x.yaml", "--on-miss", "forward"], "forward requires an upstream"),
        (["replay", "{}/x.yaml", "--upstream", "nowhere"], "is not a base URL"),
        (["replay", "{}/x.yaml", "--max-age", "soon"], "--max-age: 'soon' is not a length of time"),
        (["cassette", "lint", "{}/x.yaml", "--max-age", "soon"], "--max-age: 'soon' is not a length of time"),
        (["replay", "{}/x.yaml", "--upstream", "https://x", "--upstream-ca", "{}/no.pem"], "is not a file"),
        (["record", "--cassette", "{}/x.yaml"], "Missing option '--upstream'"),
        (["record", "--upstream", "http://127.0.0.1:9", "--cassette", "{}"], "is not a cassette file"),
        (["record", "--upstream", "http://127.0.0.1:9", "--cassette", "{}/n.yaml", "--mode", "none"], "cannot be read"),
        (
            ["record", "--upstream", "http://x", "--upstream-timeout", "0", "--cassette", "{}/y.yaml"],
            "must be more than 0 seconds",
        ),
        (["record", "--upstream", "http://127.0.0.1:8010", "--cassette", "{}/y.yaml"], "is this server itself"),
        (["serve", "--record", "{}/x.yaml", "--check"], "already exists"),
        (["serve", "--hydrate", "{}/nowhere", "--check"], "cannot be read"),
    ],
)
def test_a_bad_option_is_an_error_before_the_server_starts(tmp_path: Path, words: list[str], expected: str) -> None:
    write(tmp_path / "x.yaml", entry())
    result = command(*[word.format(tmp_path) for word in words])
    assert result.exit_code != 0
    assert expected in (str(result.exception) if isinstance(result.exception, UsageError) else result.output)


def test_lint_names_file_line_and_field_and_exits_with_1(tmp_path: Path) -> None:
    path = write(tmp_path / "x.yaml", entry(), entry("POST", form="Type=fcm&Secret=hunter2"))
    path.write_text(path.read_text() + "# it was AAAAabcdefg:APA91bcdef\n")
    result = command("cassette", "lint", tmp_path)
    assert result.exit_code == 1
    line = path.read_text().splitlines().index("- request:", 3) + 1
    assert f"{path}, line {line}, interactions[1].request.body.Secret: contains a secret (by its name)" in result.stdout
    assert "hunter2" not in result.output
    assert "contains a legacy FCM server key" in result.stdout
    assert "1 cassette, 2 findings" in result.output


def test_lint_of_clean_cassettes_exits_with_0(tmp_path: Path) -> None:
    write(tmp_path / "x.yaml", entry())
    result = command("cassette", "lint", tmp_path / "x.yaml")
    assert (result.exit_code, result.output) == (0, "1 cassette, no findings\n")


@pytest.mark.parametrize("name", ["x.json", "x.har", "x.wiremock.json", "x.yml"])
def test_convert_works_in_both_directions(tmp_path: Path, name: str) -> None:
    path = write(tmp_path / "x.yaml", entry("POST", form="Type=fcm", text=record()))
    assert "1 entry written" in command("cassette", "convert", path, tmp_path / name).output
    back = tmp_path / "back.yaml"
    assert command("cassette", "convert", tmp_path / name, back).exit_code == 0
    (one,), (other,) = read_interactions(path), read_interactions(back)
    assert (one.method, one.url, one.request_body, one.status) == (other.method, other.url, other.request_body, 200)
    assert Emulator(cassette=back).cassette is not None


def test_convert_overwrites_nothing_and_requires_a_format(tmp_path: Path) -> None:
    path = write(tmp_path / "x.yaml", entry())
    assert "already exists" in str(command("cassette", "convert", path, path).exception)
    assert "has no known suffix" in str(command("cassette", "convert", path, tmp_path / "x.txt").exception)
    assert command("cassette", "convert", path, tmp_path / "x.txt", "--to", "har").exit_code == 0
    assert command("cassette", "convert", path, tmp_path / "x.txt", "--to", "yaml", "--force").exit_code == 0


def test_diff_prints_the_score_and_can_fail_below_a_limit(tmp_path: Path) -> None:
    write(tmp_path / "x.yaml", entry(uri=f"{URL}/{SID}", text=record(), status=202))
    result = command("cassette", "diff", tmp_path, "--details", "--fail-under", "99")
    assert result.exit_code == 1
    assert "| credential.fetch 202 | recorded | 0 of 1 |" in result.output
    assert "interactions[0]: status is 200, recorded 202" in result.output
    assert command("cassette", "diff", tmp_path).exit_code == 0
