"""The command line: ``serve --state``, and ``notify-mock state`` over a running server or a file."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner, Result
from helpers.calls import ask, basic

from notify_mock import Emulator
from notify_mock.cli import commands
from notify_mock.cli.state import remote
from notify_mock.support.usage import UsageError


class Served(NamedTuple):
    process: subprocess.Popen[str]
    url: str
    lines: list[str]

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        self.process.communicate(timeout=20)
        return self.process.returncode


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Served]]:
    started: list[subprocess.Popen[str]] = []

    def start(*options: str, lines: int = 4) -> Served:
        command = [sys.executable, "-m", "notify_mock", "serve", "--port", "0", *options]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)
        started.append(process)
        assert process.stdout is not None
        read = [process.stdout.readline().strip() for _ in range(lines)]
        return Served(process, read[0].rpartition(" ")[2], read)

    yield start
    for process in started:
        process.kill()
        process.communicate()


def run(*args: object) -> Result:
    return CliRunner().invoke(commands, ["state", *map(str, args)], catch_exceptions=True)


def fill(emulator: Emulator, count: int = 3) -> None:
    for number in range(count):
        ask(emulator, "POST", "/v1/Credentials", Type="fcm", Secret="hush-secret", FriendlyName=f"n{number}")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The file of a state in which every kind of command was given."""
    path = tmp_path / "a.db"
    emulator = Emulator(state=path, seed=7)
    fill(emulator)
    emulator.clock.freeze("2030-01-01")
    emulator.faults.add("credential.fetch", "refuse", code=20429, headers={"Authorization": "hush-header"})
    emulator.credentials.add(type="gcm", secret="hush-record")
    emulator.add_records({"credentials": [{"type": "gcm", "secret": "hush-data"}]})
    emulator.accounts.expire(emulator.auth[0], authorization=basic("AC", "hush"), new_token="hush-token")
    emulator.load(emulator.export())
    emulator.close()
    return path


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_server_says_where_the_state_is_and_leaves_it_complete(
    serve: Callable[..., Served], how: signal.Signals, tmp_path: Path
) -> None:
    served = serve("--state", "n.db", "--export-on-exit", "out.json")
    assert served.lines[3] == "state kept in n.db, at position 0"
    remote.Remote(served.url, None).load({"credentials": [{"type": "fcm", "secret": "hush"}]})
    assert served.stop(how) == 0
    assert [one["secret"] for one in json.loads((tmp_path / "out.json").read_text())["credentials"]] == ["hush"]
    assert (tmp_path / "out.json").stat().st_mode & 0o777 == 0o600
    assert not (tmp_path / "n.db-wal").exists()
    emulator = Emulator(state=tmp_path / "n.db")
    assert (emulator.position, len(emulator.credentials)) == (1, 1)
    assert emulator._log is not None
    assert emulator._log._store.snapshot() is not None


def test_the_state_is_moved_from_one_server_to_another(serve: Callable[..., Served], tmp_path: Path) -> None:
    one, other = serve(lines=3), serve("--state", "b.db")
    source = Emulator()
    fill(source)
    remote.Remote(one.url, None).load(source.export())
    assert "3 records written" in run("export", tmp_path / "x.yaml", "--url", one.url).output
    assert "3 records read" in run("import", tmp_path / "x.yaml", "--url", other.url).output
    assert remote.Remote(other.url, None).export() == source.export()
    assert run("reset", "--url", other.url).exit_code == 0
    assert "credentials" not in remote.Remote(other.url, None).export()


def test_a_token_is_sent(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve("--control-token", "hush", lines=3)
    refused = run("export", tmp_path / "x.yaml", "--url", served.url)
    assert "the control token is required" in str(refused.exception)
    assert run("export", tmp_path / "x.yaml", "--url", served.url, "--control-token", "hush").exit_code == 0


def test_large_data_is_imported_in_pieces_all_or_nothing(served: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    source = Emulator(seed="large")
    fill(source, 40)
    service = source.services.add(friendly_name="s").sid
    source.bindings.add(service_sid=service, identity="i", binding_type="sms", address="+1")
    monkeypatch.setattr(remote, "_PIECE_BYTES", 1000)
    target = remote.Remote(served.url, None)
    target.load(source.export())
    assert target.export() == source.export()
    broken = source.export()
    broken["bindings"][0]["service_sid"] = "IS" + "0" * 32
    fill(served, 1)
    before = target.export()
    with pytest.raises(UsageError, match="bindings"):
        target.load(broken)
    assert target.export() == before
    assert not served.checkpoints


def test_a_file_is_exported_imported_and_reset(file: Path, tmp_path: Path) -> None:
    assert "5 records written" in run("export", tmp_path / "x.json", "--state", file).output
    assert "hush-token" in (tmp_path / "x.json").read_text()
    assert run("export", tmp_path / "y.yaml", "--state", file, "--without-secrets").exit_code == 0
    assert "hush" not in (tmp_path / "y.yaml").read_text()
    assert "is a masked secret" in str(run("import", tmp_path / "y.yaml", "--state", file).exception)
    assert run("reset", "--state", file).output == "the state was reset\n"
    assert not Emulator(state=file, until=Emulator(state=file, until=0).position).credentials
    assert run("import", tmp_path / "x.json", "--state", file).exit_code == 0
    emulator = Emulator(state=file)
    assert len(emulator.credentials) == 5
    emulator.close()


WRONG: list[tuple[tuple[str, ...], str]] = [
    (("export", "no/x.yaml", "--state", "{file}"), "there is no folder"),
    (("export", "{folder}", "--state", "{file}"), "is a folder"),
    (("export", "{folder}/x.yaml", "--state", "{folder}/none.db"), "does not exist"),
    (("export", "{folder}/x.yaml", "--url", "http://127.0.0.1:1"), "cannot reach http://127.0.0.1:1"),
    (("export", "{file}"), "is a database, which an export would replace"),
    (("export", "{file}", "--state", "{file}"), "is a database, which an export would replace"),
    (("import", "{folder}/none.yaml", "--state", "{file}"), "none.yaml"),
    (("reset", "--state", "{file}", "--account", "ACx"), "there is no account 'ACx'"),
    (("log", "{folder}/none.db"), "does not exist"),
    (("log", "{folder}/text"), "text"),
    (("fork", "{file}", "--at", "99", "{folder}/f.db"), "has no position 99; it ends at 9"),
    (("fork", "{file}", "--at", "1", "{file}"), "exists already"),
]


@pytest.mark.parametrize(("args", "message"), WRONG)
def test_what_is_wrong_is_said_and_nothing_is_lost(
    args: tuple[str, ...], message: str, file: Path, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("no database")
    before = file.read_bytes()
    result = run(*(arg.format(file=file, folder=tmp_path) for arg in args))
    assert isinstance(result.exception, UsageError)
    assert message in str(result.exception)
    assert file.read_bytes() == before or args[0] == "reset"
    assert not (tmp_path / "none.db").exists()
    assert not (tmp_path / "f.db").exists()


def test_the_log_is_printed_in_words_without_secrets(file: Path) -> None:
    lines = run("log", file).output.splitlines()
    said = [json.loads(line)["command"] for line in run("log", file, "--json").output.splitlines()]
    assert said == [
        *(f"POST /v1/Credentials Type=fcm Secret=[secret] FriendlyName=n{number}" for number in range(3)),
        "clock.freeze 2030-01-01",
        "faults.add credential.fetch refuse code=20429 headers=Authorization=[secret]",
        "records.add credential type=gcm secret=[secret]",
        "add_records 1 credential data",
        *said[7:8],
        "load strict, accounts, expired_tokens, sids, clock, 5 credentials, faults data",
    ]
    assert said[7].startswith("accounts.expire AC")
    assert "hush" not in "\n".join(lines)
    assert "  201  POST" in lines[0]
    assert "    -  clock.freeze" in lines[3]


def test_a_part_of_the_log_is_printed_as_json(file: Path) -> None:
    lines = [json.loads(line) for line in run("log", file, "--json", "--from", 3, "--to", 4).output.splitlines()]
    assert [(one["position"], one["status"], one["kind"]) for one in lines] == [
        (3, 201, "call"),
        (4, None, "clock.freeze"),
    ]
    assert "hush" not in json.dumps(lines)


@pytest.mark.parametrize("position", [0, 2, 4, 9])
def test_a_fork_goes_on_from_its_position(file: Path, position: int, tmp_path: Path) -> None:
    run("fork", file, "--at", position, tmp_path / "f.db")
    past, fork = Emulator(state=file, until=position), Emulator(state=tmp_path / "f.db")
    assert fork.export() == past.export()
    assert fork.seed == 7
    assert fork.position == position
    fill(fork, 1)
    assert fork.position == position + 1
    fork.close()
    assert (tmp_path / "f.db").stat().st_mode & 0o777 == 0o600


def test_a_compacted_file_has_the_state_and_no_earlier_positions(file: Path, tmp_path: Path) -> None:
    before = Emulator(state=file)
    exported = before.export()
    before.close()
    assert run("compact", file).output == f"{file} was compacted; its oldest position is 9\n"
    assert run("log", file).output == ""
    gone = "position 4 is gone, because the log was compacted; the oldest one kept is 9"
    with pytest.raises(UsageError, match=gone):
        Emulator(state=file, until=4)
    assert gone in str(run("fork", file, "--at", 4, tmp_path / "f.db").exception)
    assert not (tmp_path / "f.db").exists()
    assert Emulator(state=file, until=9).export() == exported
    after = Emulator(state=file)
    assert after.export() == exported
    fill(after, 1)
    assert after.position == 10
    after.close()
    with pytest.raises(UsageError, match="there is no position 11: the log ends at 10"):
        Emulator(state=file, until=11)
    run("fork", file, "--at", 10, tmp_path / "f.db")
    assert Emulator(state=tmp_path / "f.db", until=10).export()["credentials"][-1]["friendly_name"] == "n0"


def test_a_file_that_a_server_has_open_is_not_compacted(file: Path, tmp_path: Path) -> None:
    emulator = Emulator(state=file)
    assert "is in use by another emulator" in str(run("compact", file).exception)
    emulator.close()
    assert "does not exist" in str(run("compact", tmp_path / "none.db").exception)
    assert not (tmp_path / "none.db").exists()


def test_the_past_is_looked_at_while_a_server_writes(serve: Callable[..., Served], file: Path) -> None:
    writer = serve("--state", str(file))
    reader = serve("--state", str(file), "--until", "2")
    assert reader.lines[3] == f"state of {file} at position 2, to look at"
    assert len(remote.Remote(reader.url, None).export()["credentials"]) == 2
    with pytest.raises(UsageError, match="it is the state of position 2, to look at"):
        remote.Remote(reader.url, None).reset()
    remote.Remote(writer.url, None).reset()
    assert len(run("log", file).output.splitlines()) == 10


def test_a_second_writer_is_refused_by_name(file: Path) -> None:
    code = f"from notify_mock import Emulator; e = Emulator(state={str(file)!r}); print('open', flush=True); input()"
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "open\n"
    with pytest.raises(UsageError, match=f"is in use by process {holder.pid}; stop it first"):
        Emulator(state=file)
    holder.kill()
    holder.communicate()
    with_it = Emulator(state=file)
    with pytest.raises(UsageError, match="is in use by another emulator"):
        Emulator(state=file)
    with_it.close()
    Emulator(state=file).close()


def test_a_check_begins_no_state(tmp_path: Path, file: Path) -> None:
    for path in (tmp_path / "new.db", file):
        result = CliRunner().invoke(commands, ["serve", "--check", "--state", str(path)])
        assert result.exit_code == 0, result.output
    assert not (tmp_path / "new.db").exists()
    Emulator(state=file).close()


def test_an_export_does_not_replace_the_state(serve: Callable[..., Served], tmp_path: Path) -> None:
    served = serve("--state", "n.db", "--export-on-exit", "n.db")
    remote.Remote(served.url, None).load({"credentials": [{"type": "fcm", "secret": "hush"}]})
    assert served.stop() == 2
    with closing(Emulator(state=tmp_path / "n.db")) as emulator:
        assert len(emulator.credentials) == 1


def test_a_check_fails_where_the_server_would(tmp_path: Path) -> None:
    for options, message in (
        (("--state", str(tmp_path / "none" / "new.db")), f"there is no folder {tmp_path / 'none'}"),
        (("--state", str(tmp_path / "new.db"), "--until", "3"), "new.db does not exist"),
    ):
        result = CliRunner().invoke(commands, ["serve", "--check", *options])
        assert isinstance(result.exception, UsageError)
        assert message in str(result.exception)


@pytest.mark.parametrize(
    "command",
    [
        ("log", "redis://u:hush@host/0"),
        ("fork", "redis://u:hush@host/0", "--at", "1", "x.db"),
        ("compact", "redis://u:hush@host/0"),
        ("export", "x.yaml", "--state", "redis://u:hush@host/0"),
    ],
)
def test_a_url_is_not_the_file_of_a_state(command: tuple[str, ...]) -> None:
    result = run(*command)
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).startswith("state: redis://[secret]@host/0 is a URL; expected a file; for a shared")


def test_an_existing_state_has_its_account_whatever_the_environment_says(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", "AC" + "9" * 32)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "hush")
    assert CliRunner().invoke(commands, ["serve", "--check", "--state", str(file)]).exit_code == 0


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"cassette": "c.yaml"}, "cassette: cannot be used with state="),
    ({"hydrate": "c.yaml"}, "hydrate: cannot be used with state="),
    ({"upstream": "https://notify.twilio.com"}, "upstream: cannot be used with state="),
    ({"record": "c.yaml"}, "record: cannot be used with state="),
    ({"until": 1, "state": None}, "until: needs a state"),
]


@pytest.mark.parametrize(("options", "message"), REFUSED)
def test_options_that_do_not_go_together_are_refused(options: dict[str, Any], message: str, tmp_path: Path) -> None:
    (tmp_path / "c.yaml").write_text("version: 1\ninteractions: []\n")
    given = {
        name: tmp_path / value if value == "c.yaml" and name != "record" else value for name, value in options.items()
    }
    with pytest.raises(UsageError) as caught:
        Emulator(**{"state": tmp_path / "a.db", **given})
    assert message in str(caught.value)
    Emulator(state=tmp_path / "a.db").close()


def test_what_is_not_plain_data_is_refused(tmp_path: Path) -> None:
    emulator = Emulator(state=tmp_path / "a.db")
    with pytest.raises(UsageError, match=r"callbacks\.mount: cannot be used with state="):
        emulator.callbacks.mount(lambda *_args: [])
    with pytest.raises(UsageError, match="state: cannot keep function has no plain form"):
        emulator.faults.add("*", "drop", predicate=lambda _exchange: True)
    with pytest.raises(UsageError, match="cassette: cannot be used with state="):
        emulator.cassette = tmp_path / "c.yaml"
    assert (emulator.position, len(emulator.faults)) == (0, 0)
    emulator.close()


def test_health_says_why_nothing_can_be_changed(file: Path) -> None:
    emulator = Emulator(state=file, until=2)
    client = emulator.app.test_client()
    assert client.get("/_mock/health").get_json()["status"] == "ok"
    assert ask(emulator, "POST", "/v1/Services", FriendlyName="s").status == 503
    health = client.get("/_mock/health").get_json()
    assert health["status"] == "degraded"
    assert "the state of position 2" in health["reason"]
