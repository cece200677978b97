"""``notify-mock exec``, ``env`` and ``ca`` as processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from notify_mock.certificate_authority.authority import Authority
from notify_mock.cli.exec import _found

COMMAND = [sys.executable, "-m", "notify_mock"]
PYTHON = [sys.executable, "-c"]
CREATE = (
    "from twilio.rest import Client\n"
    "print(Client().notify.v1.credentials.create(type='fcm', secret='s', friendly_name='x').url)"
)


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    env = {**{name: value for name, value in os.environ.items() if name != "CI"}, **variables}
    return subprocess.run([*COMMAND, *arguments], capture_output=True, text=True, timeout=50, check=False, env=env)


def execute(*command: str) -> subprocess.CompletedProcess[str]:
    return run("exec", *command)


class TestExec:
    def test_an_unmodified_program_is_redirected_and_summarized(self) -> None:
        done = execute("--", *PYTHON, CREATE)
        assert done.stdout.startswith("https://notify.twilio.com/v1/Credentials/CR")
        assert done.stderr == "notify-mock: 1 calls, 0 errors, 0 faults, 0 unmatched\n"
        assert done.returncode == 0

    def test_the_summary_counts_errors_faults_and_unmatched_requests(self) -> None:
        program = (
            "import requests\n"
            "for path in ('v1/Credentials', 'v1/Users', 'v2/Nothing'):\n"
            "    requests.get('https://notify.twilio.com/' + path, auth=('ACx', 'y'))\n"
            "for host in ('api.twilio.com', 'example.com', 'example.com'):\n"
            "    try: requests.get(f'https://{host}/')\n"
            "    except requests.ConnectionError as error: print(error)\n"
        )
        done = execute("--scenario", "outage", "--", *PYTHON, program)
        assert done.stderr == (
            "notify-mock: 3 calls, 3 errors, 3 faults, 2 unmatched; "
            "refused hosts: api.twilio.com (1), example.com (2)\n"
        )
        assert "403 example.com is not a Twilio host; use --other-hosts tunnel to allow it" in done.stdout

    def test_the_summary_names_rules_that_were_never_applied(self) -> None:
        assert "fault rules that were never applied: outage" in execute("--scenario", "outage", "true").stderr

    def test_the_calls_are_in_the_log_before_the_summary_with_access_log(self) -> None:
        lines = execute("--access-log", "--", *PYTHON, CREATE).stderr.splitlines()
        assert ["credential.create: POST" in lines[0], *lines[1:]] == [
            True,
            "notify-mock: 1 calls, 0 errors, 0 faults, 0 unmatched",
        ]

    @pytest.mark.parametrize("status", [0, 1, 2, 77, 255])
    def test_the_exit_status_is_that_of_the_command(self, status: int) -> None:
        assert execute("--", *PYTHON, f"raise SystemExit({status})").returncode == status

    def test_a_command_ended_by_a_signal_has_the_status_that_a_shell_reports(self) -> None:
        assert execute("sh", "-c", "kill -9 $$").returncode == 128 + signal.SIGKILL

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
    def test_a_signal_is_forwarded_and_the_command_awaited(self, number: signal.Signals) -> None:
        program = (
            "import signal, sys\n"
            "def leave(*_): print('cleaned up', flush=True); sys.exit(5)\n"
            f"signal.signal({int(number)}, leave)\n"
            "print('ready', flush=True)\n"
            "while True: signal.sigtimedwait((), 0.05)"  # pause() would miss a signal that comes just before it
        )
        process = subprocess.Popen(
            [*COMMAND, "exec", "--", *PYTHON, program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=20)
        assert (out, process.returncode) == ("cleaned up\n", 5)
        assert err.startswith("notify-mock: 0 calls")

    def test_a_command_that_is_not_found_is_127_and_one_that_cannot_be_executed_126(self, tmp_path: Path) -> None:
        missing = execute("no-such-command")
        assert (missing.returncode, missing.stderr.splitlines()[0]) == (
            127,
            "notify-mock: no-such-command: command not found",
        )
        (tmp_path / "file").touch()
        assert execute(str(tmp_path / "file")).returncode == 126

    def test_options_after_the_command_belong_to_the_command(self) -> None:
        assert (
            execute(sys.executable, "-c", "import sys; print(sys.argv[1:])", "--port", "x").stdout
            == "['--port', 'x']\n"
        )

    def test_an_error_is_one_line_and_status_2(self) -> None:
        done = execute("--scenario", "outrage", "true")
        assert done.returncode == 2
        assert done.stderr == "notify-mock: --scenario: unknown scenario 'outrage'; did you mean outage?\n"
        assert execute().returncode == 2

    def test_region_and_edge_of_the_environment_are_ignored(self) -> None:
        done = run("exec", "--", *PYTHON, CREATE, TWILIO_REGION="ie1", TWILIO_EDGE="dublin")
        assert done.stdout.startswith("https://notify.twilio.com/v1/")

    def test_records_and_the_command_have_the_account_of_the_environment(self, tmp_path: Path) -> None:
        (tmp_path / "seed.yaml").write_text("credentials: [{type: fcm}]")
        program = (
            "from twilio.rest import Client\n"
            "(one,) = Client().notify.v1.credentials.list()\n"
            "(two,) = Client('SK1', 'x').notify.v1.credentials.list()\n"
            "print(one.account_sid, two.sid == one.sid)"
        )
        arguments = ("exec", "--data", str(tmp_path / "seed.yaml"), "--", *PYTHON, program)
        done = run(*arguments, TWILIO_ACCOUNT_SID="ACshell", TWILIO_AUTH_TOKEN="hush")
        assert done.stdout == "ACshell True\n", done.stderr

    def test_nested_commands_use_the_inner_emulator(self) -> None:
        done = execute("--", *COMMAND, "exec", "--", *PYTHON, CREATE)
        assert done.stderr.splitlines()[:2] == [
            "notify-mock: 1 calls, 0 errors, 0 faults, 0 unmatched",
            "notify-mock: 0 calls, 0 errors, 0 faults, 0 unmatched",
        ]


class TestCommandsWithoutACall:
    """A false green: the tests pass, and none of their requests came to the emulator."""

    def test_a_warning_is_the_last_thing_written(self) -> None:
        done = execute("true")
        assert done.returncode == 0
        assert done.stderr.splitlines()[2].startswith("notify-mock: WARNING: THE COMMAND MADE NO CALL")
        assert "WARNING" not in execute("--", *PYTHON, CREATE).stderr

    @pytest.mark.parametrize(
        ("option", "variables", "status"),
        [
            ("--require-calls", {}, 1),
            ("--log-level=error", {"CI": "true"}, 1),
            ("--log-level=error", {"CI": "1"}, 1),
            ("--log-level=error", {"CI": "false"}, 0),
            ("--log-level=error", {"CI": ""}, 0),
            ("--log-level=error", {"NOTIFY_MOCK_REQUIRE_CALLS": "1"}, 1),
            ("--no-require-calls", {"CI": "true"}, 0),
            ("--log-level=error", {"CI": "true", "NOTIFY_MOCK_REQUIRE_CALLS": "0"}, 0),
        ],
    )
    def test_it_fails_if_calls_are_required_as_in_ci(self, option: str, variables: dict[str, str], status: int) -> None:
        done = run("exec", option, "--", "true", **variables)
        assert done.returncode == status
        assert ("--no-require-calls allows this" in done.stderr) == bool(status)

    def test_no_warning_is_written_if_the_option_says_that_none_is_needed(self) -> None:
        assert "WARNING" not in run("exec", "--no-require-calls", "--", "true").stderr

    def test_a_command_that_failed_keeps_its_status_and_one_that_called_succeeds(self) -> None:
        failed = run("exec", "--require-calls", "--", "sh", "-c", "exit 7")
        assert (failed.returncode, "calls are required" in failed.stderr) == (7, False)
        assert run("exec", "--require-calls", "--", *PYTHON, CREATE).returncode == 0

    def test_a_command_that_did_not_start_is_not_suspected_of_bypassing_the_emulator(self) -> None:
        done = run("exec", "--require-calls", "--", "nosuch")
        assert (done.returncode, "WARNING" in done.stderr) == (127, False)


class TestFaultRulesThatNeverApply:
    """A rehearsal of a failure that did not happen."""

    @pytest.mark.parametrize(
        ("what", "status", "is_named"), [("error", 1, True), ("warn", 0, True), ("ignore", 0, False)]
    )
    def test_they_fail_the_run_or_are_named_or_not(
        self, tmp_path: Path, what: str, status: int, is_named: bool
    ) -> None:
        (tmp_path / "faults.yaml").write_text("faults: [{call: credential.delete, effect: refuse, code: 20429}]")
        options = ("--faults", str(tmp_path / "faults.yaml"), "--unused-faults", what)
        done = run("exec", *options, "--", *PYTHON, CREATE)
        assert (done.returncode, "never applied: " in done.stderr) == (status, is_named), done.stderr

    @pytest.mark.parametrize(("scenario", "status"), [("token-rotated", 1), ("slow", 0)])
    def test_a_scenario_fails_the_run_if_none_of_its_rules_applied(self, scenario: str, status: int) -> None:
        done = run("exec", "--scenario", scenario, "--unused-faults", "error", "--", *PYTHON, CREATE)
        assert done.returncode == status, done.stderr

    def test_a_rule_of_a_run_without_the_option_only_warns(self, tmp_path: Path) -> None:
        (tmp_path / "faults.yaml").write_text("faults: [{call: credential.delete, effect: refuse, code: 20429}]")
        done = run("exec", "--faults", str(tmp_path / "faults.yaml"), "--", *PYTHON, CREATE)
        assert (done.returncode, "never applied: " in done.stderr) == (0, True), done.stderr


class TestOtherMachines:
    def test_without_a_home_the_command_runs_and_its_authority_is_gone_afterwards(self, tmp_path: Path) -> None:
        variables = {"HOME": "/dev/null", "XDG_DATA_HOME": "/dev/null/x", "TMPDIR": str(tmp_path)}
        done = run("exec", "--", *PYTHON, CREATE, NOTIFY_MOCK_CA_DIR="", **variables)
        assert done.stdout.startswith("https://notify.twilio.com/v1/Credentials/CR"), done.stderr
        told, summary = done.stderr.splitlines()
        assert "/dev/null" in told
        assert f"the certificate authority of this run is in {tmp_path}/notify-mock-ca-" in told
        assert summary == "notify-mock: 1 calls, 0 errors, 0 faults, 0 unmatched"
        assert list(tmp_path.iterdir()) == []

    def test_on_windows_a_command_is_found_with_its_suffix(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Simulated: no test runs on Windows."""
        found = {("npm", r"C:\bin"): r"C:\bin\npm.CMD"}
        monkeypatch.setattr("notify_mock.cli.exec.sys.platform", "win32")
        monkeypatch.setattr("notify_mock.cli.exec.shutil.which", lambda name, path: found.get((name, path)))
        assert _found(("npm", "test"), {"PATH": r"C:\bin"}) == (r"C:\bin\npm.CMD", "test")
        assert _found(("nothing", "x"), {"PATH": r"C:\bin"}) == ("nothing", "x")


class TestRecordings:
    def test_a_recording_can_be_made_and_then_replayed_or_hydrated(self, tmp_path: Path) -> None:
        cassette = str(tmp_path / "x.yaml")
        made = run("exec", "--record", cassette, "--", *PYTHON, CREATE)
        assert (made.returncode, "interactions" in Path(cassette).read_text()) == (0, True)
        assert "--record: " in run("exec", "--record", cassette, "true").stderr
        replayed = run("exec", "--cassette", cassette, "--", *PYTHON, CREATE)
        assert replayed.stdout == made.stdout
        assert "1 of 1" in replayed.stderr
        program = "from twilio.rest import Client\nprint(len(Client().notify.v1.credentials.list()))"
        assert run("exec", "--hydrate", cassette, "--", *PYTHON, program).stdout == "1\n"

    def test_the_log_can_go_to_a_file_with_every_call(self, tmp_path: Path) -> None:
        log = tmp_path / "calls.log"
        done = run("exec", "--log-file", str(log), "--log-format", "json", "--keep-bodies", "--", *PYTHON, CREATE)
        assert done.stderr == "notify-mock: 1 calls, 0 errors, 0 faults, 0 unmatched\n"
        (line,) = (json.loads(line) for line in log.read_text().splitlines())
        assert line["call"] == "credential.create"
        assert json.loads(line["response"])["friendly_name"] == "x"

    def test_a_log_file_that_cannot_be_written_is_one_line(self, tmp_path: Path) -> None:
        done = run("exec", "--log-file", str(tmp_path), "true")
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "cannot be written" in done.stderr


class TestEnv:
    def test_json_contains_the_account_of_the_server(self) -> None:
        account = "AC" + "1" * 32
        done = run("env", "--format", "json", "--url", "http://127.0.0.1:9/", "--account", f"{account}:tok")
        found = json.loads(done.stdout)
        assert (found["HTTP_PROXY"], found["TWILIO_ACCOUNT_SID"], found["TWILIO_AUTH_TOKEN"]) == (
            "http://127.0.0.1:9",
            account,
            "tok",
        )
        assert found["TWILIO_REGION"] is None

    def test_the_account_depends_on_the_seed(self) -> None:
        sids = {
            json.loads(run("env", "--format", "json", "--seed", seed).stdout)["TWILIO_ACCOUNT_SID"]
            for seed in ("0", "0", "7")
        }
        assert len(sids) == 2

    def test_the_account_variables_can_be_left_out(self) -> None:
        assert "TWILIO_ACCOUNT_SID" not in run("env", "--keep-account").stdout

    def test_paths_can_be_those_in_a_container(self) -> None:
        found = json.loads(run("env", "--format", "json", "--url", "http://mock:8010", "--ca-folder", "/ca").stdout)
        assert found["SSL_CERT_FILE"] == "/ca/bundle.pem"
        assert found["NO_PROXY"] == "localhost,127.0.0.1,::1"
        assert found["PYTHONPATH"] == "/ca/python"

    @pytest.mark.parametrize("url", ["https://x:1", "http://x", "x:1", "http://x:1/v1", "http://x:y"])
    def test_an_invalid_url_is_one_line(self, url: str) -> None:
        done = run("env", "--url", url)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "is not a base URL; expected a URL such as http://127.0.0.1:8010" in done.stderr


class TestCa:
    def test_the_ca_can_be_created_shown_renewed_and_removed(self, tmp_path: Path) -> None:
        folder = str(tmp_path / "ca")

        def ca(*arguments: str) -> str:
            done = run("ca", *arguments, NOTIFY_MOCK_CA_DIR=folder)
            assert done.returncode == 0, done.stderr
            return done.stdout

        assert ca("show") == f"notify-mock: no CA in {folder} yet; it is created on first use\n"
        assert ca("path") == f"{folder}/ca.pem\n"
        assert ca("path", "--bundle") == f"{folder}/bundle.pem\n"
        first = ca("show")
        assert "signs for    twilio.com and its subdomains only" in first
        assert ca("renew").startswith(f"notify-mock: created {folder}/ca.pem, valid until 2")
        assert ca("show") != first
        assert Authority(Path(folder)).pair().certificate in Path(folder, "bundle.pem").read_text()
        assert ca("remove").endswith(f"files deleted from {folder}\n")
        assert list(Path(folder).iterdir()) == []

    def test_a_folder_that_cannot_be_used_is_one_line(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        done = run("ca", "path", NOTIFY_MOCK_CA_DIR=str(tmp_path / "file" / "x"))
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert "set NOTIFY_MOCK_CA_DIR" in done.stderr
