"""The command line as a process: its ready line, options, signals and error messages."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from helpers.calls import basic

from notify_mock.faults.readers import scenario_names

ACCOUNT = "AC" + "1" * 32


class Running(NamedTuple):
    process: subprocess.Popen[str]
    url: str
    curl: str
    page: str

    def get(self, path: str, user: str = "ACx", password: str = "y") -> dict[str, object]:
        request = urllib.request.Request(self.url + path, headers={"Authorization": basic(user, password)})
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)

    def stop(self, how: signal.Signals) -> tuple[int, str, str]:
        """Stop the server; return its exit status, the rest of stdout, and stderr."""
        self.process.send_signal(how)
        out, err = self.process.communicate(timeout=20)
        return self.process.returncode, out, err


Serve = Callable[..., Running]


@pytest.fixture
def serve() -> Iterator[Serve]:
    processes = []

    def start(*options: str, module: bool = False) -> Running:
        command = (
            [sys.executable, "-m", "notify_mock"] if module else [str(Path(sys.executable).parent / "notify-mock")]
        )
        process = subprocess.Popen(
            [*command, "serve", "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        processes.append(process)
        assert process.stdout is not None
        ready, curl, page = (process.stdout.readline() for _ in range(3))
        found = re.fullmatch(r"notify-mock ready on (http://\S+)\n", ready)
        assert found, ready + (process.stderr.read() if process.stderr and not ready else "")
        return Running(process, found[1], curl, page)

    yield start
    for process in processes:
        process.kill()
        process.communicate()


def run(*arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [sys.executable, "-m", "notify_mock", *arguments], capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("module", [False, True])
def test_serve_reports_that_it_is_ready_and_a_signal_stops_it_with_status_0(
    serve: Serve, how: signal.Signals, module: bool
) -> None:
    running = serve(module=module)
    assert running.get("/v1/Credentials")["credentials"] == []
    status, out, err = running.stop(how)
    assert (status, out) == (0, "")
    assert "Traceback" not in err


def test_the_inspector_is_where_the_third_line_says(serve: Serve) -> None:
    running = serve("--host", "0.0.0.0", "--control-token", "t")
    page = running.page.removeprefix("inspector on ").rstrip("\n")
    assert page == running.url.replace("0.0.0.0", "127.0.0.1") + "/_mock/"
    with urllib.request.urlopen(page, timeout=20) as form:
        assert b"<form" in form.read()


@pytest.mark.skipif(sys.platform == "win32", reason="the browser is a shell script")
def test_open_starts_the_browser(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    opened, browser = tmp_path / "opened", tmp_path / "browser"
    os.mkfifo(opened)
    browser.write_text(f"#!/bin/sh\necho $1 > {opened}\n")
    browser.chmod(0o700)
    monkeypatch.setenv("BROWSER", f"{browser} %s")
    running = serve("--open")
    assert opened.read_text() == running.page.removeprefix("inspector on ")


def test_open_says_that_there_is_no_browser(serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("BROWSER", raising=False)
    running = serve("--open")
    assert running.process.stderr is not None
    said = next(line for line in running.process.stderr if "browser" in line)
    assert said == f"notify-mock: found no browser; open {running.page.split()[-1]} yourself\n"


def test_the_curl_line_works_when_pasted(serve: Serve) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    running = serve()
    words = shlex.split(running.curl)
    assert words[0] == "curl"
    done = subprocess.run([*words, "-s"], capture_output=True, text=True, timeout=20, check=True)
    assert json.loads(done.stdout)["credentials"] == []
    created = subprocess.run(
        [*words, "-s", "--data-urlencode", "Type=fcm", "--data-urlencode", "Secret=a+b c"],
        capture_output=True,
        text=True,
        timeout=20,
        check=True,
    )
    assert json.loads(created.stdout)["type"] == "fcm"
    assert "a+b c" not in running.stop(signal.SIGTERM)[2]


def test_only_given_accounts_are_accepted_and_their_tokens_are_not_printed(serve: Serve) -> None:
    running = serve("--account", f"{ACCOUNT}:hush-token", "--account", f"AC{'2' * 32}:other")
    assert running.get("/v1/Credentials", ACCOUNT, "hush-token")["credentials"] == []
    with pytest.raises(urllib.error.HTTPError, match="401"):
        running.get("/v1/Credentials", ACCOUNT, "wrong")
    assert running.curl == f"curl -u {ACCOUNT} {running.url}/v1/Credentials\n"
    assert "hush" not in running.stop(signal.SIGTERM)[2]


def test_data_seed_and_frozen_give_the_same_records_every_time(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text(f"credentials:\n  - {{type: fcm, account_sid: {ACCOUNT}, secret: hush}}\n")
    options = ["--data", str(tmp_path / "seed.yaml"), "--seed", "7", "--frozen", "2030-01-01T00:00:00Z"]
    pages = []
    for _ in range(2):
        running = serve(*options)
        pages.append(running.get("/v1/Credentials", ACCOUNT)["credentials"])
        running.stop(signal.SIGTERM)
    assert pages[0][0]["date_created"] == "2030-01-01T00:00:00Z"  # type: ignore[index]
    assert [item["sid"] for item in pages[0]] == [item["sid"] for item in pages[1]]  # type: ignore[attr-defined]


def test_ctrl_c_stops_it_even_if_the_shell_ignores_the_signal() -> None:
    """As in a script with ``notify-mock serve &``."""
    process = subprocess.Popen(
        [sys.executable, "-m", "notify_mock", "serve", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert process.stdout is not None
    url = process.stdout.readline().decode().split()[-1]
    with urllib.request.urlopen(f"{url}/_mock/health", timeout=20):  # it serves by now
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
    assert process.returncode == 0


def test_the_curl_line_uses_the_account_of_the_environment_without_its_token(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "ACshell")
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "hush")
    assert serve().curl.startswith("curl -u ACshell:any ")


def test_the_curl_line_uses_the_account_of_the_seed_data(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text("credentials:\n  - {type: fcm, account_sid: ACme}\n")
    assert "-u ACme:" in serve("--data", str(tmp_path / "seed.yaml")).curl


def test_faults_come_from_a_file_a_scenario_or_a_header(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "faults.yaml").write_text(
        "faults:\n  - {call: credential.list, effect: refuse, code: 20429, times: 1}\n"
    )
    from_file = serve("--faults", str(tmp_path / "faults.yaml"), "--fault-header")
    with pytest.raises(urllib.error.HTTPError, match="429"):
        from_file.get("/v1/Credentials")
    assert from_file.get("/v1/Credentials")["credentials"] == []
    request = urllib.request.Request(
        from_file.url + "/v1/Credentials",
        headers={"Authorization": basic("ACx", "y"), "X-Notify-Mock-Fault": "refuse code=20503"},
    )
    with pytest.raises(urllib.error.HTTPError, match="503"):
        urllib.request.urlopen(request, timeout=20)
    with pytest.raises(urllib.error.HTTPError, match="503"):
        serve("--scenario", "outage").get("/v1/Credentials")


def test_legacy_keys_of_fcm_can_be_accepted(serve: Serve) -> None:
    assert serve("--legacy-fcm").get("/_mock/providers/fcm")["accept_legacy"] is True
    assert serve().get("/_mock/providers/fcm")["accept_legacy"] is False


@pytest.mark.parametrize("exists", [False, True])
def test_a_check_of_a_recording_changes_nothing(tmp_path: Path, exists: bool) -> None:
    cassette = tmp_path / "x.yaml"
    if exists:
        cassette.write_text("version: 1\ninteractions: []\n")
    assert run("serve", "--check", "--record", str(cassette), "--record-mode", "all")[0] == 0
    assert list(tmp_path.iterdir()) == ([cassette] if exists else [])
    (tmp_path / ".notify-mock-key").write_text("my password")
    status, _, message = run("serve", "--check", "--record", str(cassette), "--record-mode", "all")
    assert (status, "is not a key" in message) == (2, True)


def test_check_reads_the_options_and_files_without_serving(tmp_path: Path) -> None:
    (tmp_path / "seed.yaml").write_text("credentials:\n  - {type: fcm}\n")
    options = ["--check", "--data", str(tmp_path / "seed.yaml"), "--scenario", "slow", "--scenario", "outage"]
    assert run("serve", *options) == (0, "notify-mock: the options are valid: 1 record, 2 fault rules\n", "")
    assert run("serve", "--check", "--scenario", "outrage")[0] == 2


def test_the_control_api_requires_the_token_of_the_command_line(serve: Serve) -> None:
    running = serve("--control-token", "hush-control")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        running.get("/_mock/state")
    request = urllib.request.Request(running.url + "/_mock/state", headers={"X-Notify-Mock-Token": "hush-control"})
    with urllib.request.urlopen(request, timeout=20) as response:
        assert json.load(response)["seed"] == 0
    assert serve().get("/_mock/state")["seed"] == 0
    assert "hush" not in running.stop(signal.SIGTERM)[2]


def test_the_control_token_can_be_an_environment_variable(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_MOCK_CONTROL_TOKEN", "hush-control")
    with pytest.raises(urllib.error.HTTPError, match="401"):
        serve().get("/_mock/state")


def test_a_server_sends_delivery_callbacks_by_itself(serve: Serve, tmp_path: Path) -> None:
    data = {"services": [{"sid": "IS" + "1" * 32, "account_sid": "ACx", "messaging_service_sid": "MG" + "2" * 32}]}
    (tmp_path / "seed.json").write_text(json.dumps(data))
    running = serve("--data", str(tmp_path / "seed.json"), "--callback-host", "app.internal")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(20)
        form = {
            "ToBinding": '{"binding_type": "sms", "address": "+491"}',
            "Body": "x",
            "DeliveryCallbackUrl": f"http://127.0.0.1:{listener.getsockname()[1]}/hook",
        }
        request = urllib.request.Request(
            f"{running.url}/v1/Services/IS{'1' * 32}/Notifications",
            urllib.parse.urlencode(form).encode(),
            {"Authorization": basic("ACx", "y")},
        )
        assert urllib.request.urlopen(request, timeout=20).status == 201
        connection, _ = listener.accept()
        with connection:
            assert connection.recv(65536).startswith(b"POST /hook HTTP/1.1\r\n")
            connection.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")


def test_the_log_is_text_or_json_on_stderr(serve: Serve) -> None:
    text, as_json, quiet = serve(), serve("--log-format", "json"), serve("--log-level", "warning")
    for running in (text, as_json, quiet):
        running.get("/v1/Credentials?Secret=hush")
    assert "credential.list: GET /v1/Credentials?Secret=[secret] -> 200" in text.stop(signal.SIGTERM)[2]
    start, line, end = (json.loads(text) for text in as_json.stop(signal.SIGTERM)[2].splitlines())
    assert end["message"] == "stopped"
    assert (start["url"], start["records"]) == (as_json.url, 0)
    assert (line["call"], line["status"], line["level"]) == ("credential.list", 200, "info")
    assert (line["method"], line["path"], line["parameters"]) == ("GET", "/v1/Credentials", "Secret=[secret]")
    assert quiet.stop(signal.SIGTERM)[2] == ""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_every_call_is_in_the_log_in_order_before_its_last_line(serve: Serve, how: signal.Signals) -> None:
    running = serve()
    for _ in range(100):
        running.get("/v1/Credentials")
    first, *calls, last = running.stop(how)[2].splitlines()
    assert (first[:22], last) == ("INFO    listening on h", "INFO    stopped")
    assert [line.split()[1] for line in calls] == [f"#{number}" for number in range(1, 101)]


def test_calls_are_logged_or_not_whatever_the_log_level(serve: Serve) -> None:
    without, only = serve("--no-access-log"), serve("--access-log", "--log-level", "error")
    for running in (without, only):
        running.get("/v1/Credentials")
    assert without.stop(signal.SIGTERM)[2] == f"INFO    listening on {without.url} with 0 records\nINFO    stopped\n"
    (line,) = only.stop(signal.SIGTERM)[2].splitlines()
    assert line.endswith("credential.list: GET /v1/Credentials -> 200")


def test_a_log_that_nobody_reads_any_more_does_not_end_the_server(serve: Serve) -> None:
    running = serve()
    assert running.process.stderr is not None
    running.process.stderr.close()
    running.process.stderr = None
    for _ in range(20):
        running.get("/v1/Credentials")
    assert running.stop(signal.SIGTERM)[0] == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--prot", "1"], "--port"),
        (["--port", "99999"], "99999"),
        (["--port", "abc"], "--port"),
        (["--account", "bob"], "--account[0]: 'bob' is not an account SID (expected AC followed by 32 hex digits)"),
        (["--account", ACCOUNT], f"write {ACCOUNT}:token"),
        (["--data", "missing.yaml"], "missing.yaml: cannot be read: No such file or directory"),
        (["--frozen", "soon"], "'soon' is not a point in time"),
        (["--data", "seed.yaml"], "notify-mock: seed.yaml: cannot be read"),
        (["--data", "tls"], "notify-mock: tls: cannot be read"),
        (["--faults", "missing.yaml"], "missing.yaml: cannot be read: No such file or directory"),
        (["--scenario", "outrage"], "--scenario: unknown scenario 'outrage'; did you mean outage?"),
        (["--log-format", "xml"], "'text', 'json'"),
        (["--host", "256.1.1.1"], "--host: cannot listen on 256.1.1.1, port 0"),
        (["extra"], "extra"),
    ],
)
def test_an_error_is_one_line_on_stderr_and_status_2(arguments: list[str], message: str) -> None:
    port = [] if "--port" in arguments else ["--port", "0"]
    status, out, err = run("serve", *port, *arguments)
    assert (status, out) == (2, "")
    assert err.startswith("notify-mock: ")
    assert message in err
    assert err.count("\n") == 1


def test_a_bad_sid_in_seed_data_names_file_line_and_key(tmp_path: Path) -> None:
    path = tmp_path / "seed.yaml"
    path.write_text("credentials:\n  - type: fcm\n    sid: CR12\n")
    assert run("serve", "--port", "0", "--data", str(path)) == (
        2,
        "",
        f"notify-mock: {path}, line 2, credentials[0].sid: "
        "'CR12' is not a credential SID (expected CR followed by 32 hex digits)\n",
    )


def test_a_port_in_use_is_one_line_and_status_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        status, out, err = run("serve", "--port", port)
    assert (status, out) == (2, "")
    assert err == (
        f"notify-mock: --port: {port} on 127.0.0.1 is already in use; "
        "stop the other server, or use port 0 to pick a free port\n"
    )


def test_help_and_version_are_printed() -> None:
    assert run("--version")[:2] == (0, "notify-mock, version 0.9.0\n")
    status, out, _ = run("serve", "--help")
    assert status == 0
    for option in ("--host", "--port", "--seed", "--account", "--data", "--log-format", "--log-level"):
        assert option in out
    assert all(name in "".join(out.split()).replace("[", "") for name in scenario_names())
    assert run("srve")[0] == 2


@pytest.mark.parametrize("group", [[], ["ca"], ["cassette"]])
def test_without_a_command_the_help_is_printed(group: list[str]) -> None:
    status, out, err = run(*group)
    assert status in (0, 2)  # 0 before click 8.2
    assert out.startswith("Usage: notify-mock")
    assert err == ""
