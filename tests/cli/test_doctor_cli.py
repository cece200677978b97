"""``notify-mock doctor``, as a command."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from inspect import signature
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from helpers.credential_files import LEGACY_KEY, PASSWORD, samples

from notify_mock import UsageError
from notify_mock.cli import commands

VARIABLE = "NOTIFY_MOCK_CREDENTIAL_PASSWORD"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(VARIABLE, raising=False)
    return tmp_path


def doctor(*words: str, **options: object) -> Result:
    apart = {"mix_stderr": False} if "mix_stderr" in signature(CliRunner).parameters else {}
    return CliRunner(**apart).invoke(commands, ["doctor", *words], **options)  # type: ignore[arg-type]


def write(name: str, folder: str = ".") -> list[str]:
    """Write the files of a sample, and return their paths."""
    Path(folder).mkdir(exist_ok=True)
    for file, content in samples()[name].files.items():
        Path(folder, file).write_bytes(content)
    return [str(Path(folder, file)) for file in samples()[name].files]


def test_a_good_pair_exits_with_0() -> None:
    result = doctor(*write("certificate and key"))
    assert result.exit_code == 0
    assert result.stdout.startswith("cert.pem, key.pem: an APNs certificate and its private key\n  topic        com.ex")


@pytest.mark.parametrize("name", ["expired", "legacy server key", "key with a passphrase", "other text"])
def test_what_would_fail_exits_with_1(name: str) -> None:
    assert doctor(*write(name)).exit_code == 1


def test_a_folder_is_searched_for_credentials() -> None:
    for name in ("certificate and key", "service account", "legacy server key", "other text", "large file"):
        write(name, "keys")
    result = doctor("keys", "--json")
    data = json.loads(result.stdout)
    assert (result.exit_code, data["ok"]) == (1, False)
    assert [one["what"] for one in data["credentials"]] == [
        "an APNs certificate and its private key",
        "a legacy server key, for FCM or GCM",
        "a Google service account, for FCM",
    ]
    assert data["not_for_a_credential"] == [os.path.join("keys", "README.md")]  # noqa: PTH118 - as it is printed
    assert data["unreadable"] == [os.path.join("keys", "dump.bin")]  # noqa: PTH118 - as it is printed


def test_two_credentials_can_be_checked_at_once() -> None:
    result = doctor(*write("certificate and key"), *write("service account"), *write("other text"))
    assert result.exit_code == 1
    assert [block.split(":")[0] for block in result.stdout.split("\n\n")] == [
        "cert.pem, key.pem",
        "service-account.json",
        "README.md",
    ]


def test_standard_input_is_read() -> None:
    result = doctor("-", input=samples()["service account"].files["service-account.json"])
    assert result.exit_code == 0
    assert result.stdout.startswith("-: a Google service account")
    assert doctor("-", "--create-with", input=LEGACY_KEY).stdout.endswith("from this.\n")


@pytest.mark.parametrize("name", ["legacy server key", "key alone", "service account"])
def test_a_secret_on_the_command_line_is_diagnosed_with_a_warning_and_not_shown(name: str) -> None:
    (content,) = samples()[name].files.values()
    result = doctor(content.decode().strip())
    assert "stays in the shell's history" in result.stderr
    assert result.stdout.startswith("-: ")
    assert content.decode().strip() not in result.output


def test_a_secret_in_the_place_of_a_name_is_not_shown(folder: Path) -> None:
    account = json.loads(samples()["service account"].files["service-account.json"])
    account["project_id"] = account["private_key"]
    (folder / "account.json").write_text(json.dumps(account))
    for options in ((), ("--json",), ("--create-with",)):
        result = doctor("account.json", *options)
        assert result.exit_code == 0
        assert "[secret]" in result.output
        assert "BEGIN PRIVATE KEY" not in result.output


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("missing.pem", "missing.pem: there is no such file; a secret is given in a file, or as - on standard input"),
        ("AAAA" + "x" * 60, "an argument of 64 characters: there is no such file; a secret is given"),
        ("x" * 5000, "an argument of 5000 characters: there is no such file"),
        ("MIIEowIBAAKCAQEA/" + "x+/" * 40, "an argument of 137 characters: there is no such file"),
        ("keys/" + "x" * 40, "an argument of 45 characters: there is no such file"),
        ("/home/alice/keys-of-the-app/apns/production", "/home/alice/keys-of-the-app/apns/production: there is no"),
        ("--jsn", "--jsn: is not an option of this command; see --help"),
        ("empty", "empty: has no files"),
    ],
)
def test_a_word_that_is_no_file_is_a_usage_error(folder: Path, word: str, message: str) -> None:
    (folder / "empty").mkdir()
    result = doctor(word)
    assert isinstance(result.exception, UsageError)
    assert str(result.exception).startswith(message)


def test_a_folder_without_credentials_is_a_usage_error() -> None:
    write("other text", "docs")
    result = doctor("docs")
    assert str(result.exception) == "docs: no file for a credential was found"


def test_a_large_file_is_a_usage_error() -> None:
    assert "is larger than the limit" in str(doctor(*write("large file")).exception)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root can read every file")
def test_an_unreadable_file_is_a_usage_error() -> None:
    (file,) = write("service account")
    Path(file).chmod(0)
    assert "cannot be read" in str(doctor(file).exception)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_a_named_pipe_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    assert "is a pipe" in str(doctor("pipe").exception)


def test_the_password_comes_from_a_file_or_a_variable(folder: Path) -> None:
    files = write("p12 with its password")
    (folder / "password.txt").write_text(f"{PASSWORD}\nanother line\n")
    given = doctor(*files, "--password-file", "password.txt")
    found = doctor(*files, env={VARIABLE: PASSWORD})
    assert given.stdout == found.stdout
    assert "belongs to the certificate" in given.stdout
    assert PASSWORD not in given.output
    assert "needs its password" in doctor(*files).stdout


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")
def test_the_password_is_asked_for_on_a_terminal(folder: Path) -> None:
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "notify_mock", "doctor", *write("p12 with its password")]
    with subprocess.Popen(
        command, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True, start_new_session=True
    ) as process:
        os.close(theirs)
        asked = b""
        while b"Password of push.p12: " not in asked:
            asked += os.read(ours, 100)
        os.write(ours, f"{PASSWORD}\n".encode())
        output, _ = process.communicate(timeout=30)
    os.close(ours)
    assert "belongs to the certificate" in output
    assert PASSWORD not in output


def test_the_call_is_printed_with_names_of_files() -> None:
    result = doctor(*write("p12 with its password"), "--create-with")
    assert "After the commands above:" in result.stdout
    assert "private_key=Path('key.pem').read_text(\"utf-8\")" in result.stdout
    assert "--data-urlencode PrivateKey@key.pem" in result.stdout
    data = json.loads(doctor(*write("service account"), "--create-with", "--json").stdout)
    assert data["credentials"][0]["create_with"].keys() == {"python", "curl"}


def test_nothing_is_written(folder: Path) -> None:
    files = write("p12 with its password")
    doctor(*files, "--create-with")
    assert sorted(path.name for path in folder.iterdir()) == ["push.p12"]
