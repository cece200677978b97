"""The page "Check a credential" is true."""

from __future__ import annotations

import re
import runpy
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from helpers.credential_files import samples
from helpers.pages import blocks
from helpers.paths import ROOT

from notify_mock.cli import commands
from notify_mock.cli.doctor import doctor

PAGE = (ROOT / "docs" / "check-a-credential.md").read_text()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="some of the samples need openssl")
def test_the_table_is_up_to_date() -> None:
    generate = runpy.run_path(str(ROOT / "docs" / "generate.py"))
    assert generate["fill"](PAGE, "doctor", generate["doctor_table"]()) == PAGE, "run: make docs"


def test_the_page_names_every_option() -> None:
    options = {name for parameter in doctor.params for name in parameter.opts if name.startswith("--")}
    assert options == set(re.findall(r"--[a-z]+(?:-[a-z]+)*", PAGE.partition("## What it says")[0]))


def test_the_first_example_prints_what_the_page_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Except for the day until which the certificate is valid."""
    for name, content in samples()["key with a passphrase"].files.items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    (shown,) = blocks("docs/check-a-credential.md", "console")
    command, _, expected = shown.partition("\n")
    done = CliRunner().invoke(commands, command.removeprefix("$ notify-mock ").split())
    valid = re.compile(r"valid until  .*")
    assert valid.sub("", done.output) == valid.sub("", expected)
    assert done.exit_code == 1
