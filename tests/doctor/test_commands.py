"""The commands and calls that the doctor prints do what they say."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from helpers.credential_files import PASSWORD, Sample, now, samples

from notify_mock import Emulator
from notify_mock.doctor.create_lines import create_lines
from notify_mock.doctor.diagnose import diagnose

GOOD = samples()["certificate and key"]
FAILING_LATER = ("chain, own certificate last",)


def written(folder: Path, sample: Sample) -> dict[str, bytes]:
    """Write the sample's files, and return their contents by path."""
    for name, content in sample.files.items():
        (folder / name).write_bytes(content)
    return {str(folder / name): content for name, content in sample.files.items()}


def run(command: str, password: str) -> subprocess.CompletedProcess[str]:
    """Run a command of a finding. openssl would ask for a password on the terminal, which there is none of here."""
    for words in ("openssl rsa", "openssl pkcs12"):
        command = command.replace(words, f"{words} -passin env:WORD")
    script = f"PATH=$PATH:/opt/homebrew/bin; export WORD='{password}'; {command}"
    return subprocess.run(
        ["sh", "-c", script], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30, check=False
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("name", [name for name in samples() if name not in FAILING_LATER])
def test_the_commands_mend_the_files_and_change_none(tmp_path: Path, name: str) -> None:
    files = written(tmp_path, samples()[name])
    before = diagnose(files, None, now())
    commands = [one for finding in before.findings for one in finding.commands if " -out " in one or " > " in one]
    for command in commands:
        done = run(command, "" if name == "p12 without a password" else PASSWORD)
        assert done.returncode == 0, (command, done.stderr)
    if commands:
        after = diagnose({file: Path(file).read_bytes() for file in before.files.values()}, None, now())
        assert after.ok, after
        assert not any(finding.commands for finding in after.findings)
    assert all(Path(file).read_bytes() == content for file, content in files.items())


def test_most_samples_have_commands() -> None:
    """So that the test above cannot pass without testing anything."""
    found = [diagnose(sample.files, None, now()).findings for sample in samples().values()]
    assert sum(any(one.commands for one in findings) for findings in found) > 15


@pytest.mark.parametrize("name", ["certificate and key", "service account", "sandbox only", "both in one file"])
def test_the_python_call_creates_the_credential(tmp_path: Path, name: str) -> None:
    diagnosis = diagnose(written(tmp_path, samples()[name]), None, now())
    for role, file in diagnosis.files.items():
        Path(file).write_text(diagnosis.parameters[role])
    emulator = Emulator()
    with emulator.intercept(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("TWILIO_ACCOUNT_SID", emulator.auth[0])
        patch.setenv("TWILIO_AUTH_TOKEN", emulator.auth[1])
        exec(create_lines(diagnosis)["python"], {})
    (record,) = emulator.credentials.values()
    assert emulator.doctor(record).ok
    assert record.sandbox == {"service account": None, "sandbox only": "True"}.get(name, "False")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("name", ["certificate and key", "service account"])
def test_the_curl_call_creates_the_credential(tmp_path: Path, served: Emulator, name: str) -> None:
    folder = tmp_path / "it's here"
    folder.mkdir()
    diagnosis = diagnose(written(folder, samples()[name]), None, now())
    line = create_lines(diagnosis)["curl"].replace("https://notify.twilio.com", served.url)
    sid, token = served.auth
    script = f"export TWILIO_ACCOUNT_SID={sid} TWILIO_AUTH_TOKEN={token}; {line} -s --fail"
    subprocess.run(["sh", "-c", script], capture_output=True, timeout=30, check=True)
    (record,) = served.credentials.values()
    assert served.doctor(record).ok


@pytest.mark.parametrize(
    "name", ["certificate alone", "legacy server key", "token key (.p8)", "other text", "empty file"]
)
def test_what_cannot_become_a_credential_has_no_call(name: str) -> None:
    sample = samples()[name]
    assert create_lines(diagnose(sample.files, None, now())) == {}


def test_a_locked_p12_has_a_call_for_after_the_commands() -> None:
    sample = samples()["p12, password not given"]
    assert "PrivateKey@key.pem" in create_lines(diagnose(sample.files, None, now()))["curl"]


def test_outputs_do_not_overwrite_what_was_given() -> None:
    good = dict(GOOD.files)
    diagnosis = diagnose({"cert.pem": b"\xef\xbb\xbf" + good["cert.pem"], "key.pem": good["key.pem"]}, None, now())
    assert diagnosis.files == {"Certificate": "cert-clean.pem", "PrivateKey": "key.pem"}


def test_names_of_files_are_quoted() -> None:
    files = {"my cert.pem": b"x\n" + GOOD.files["cert.pem"], "key.pem": GOOD.files["key.pem"]}
    (command,) = (one for finding in diagnose(files, None, now()).findings for one in finding.commands)
    assert command == "openssl x509 -in 'my cert.pem' -out cert.pem"
