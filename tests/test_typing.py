"""Misspelt keywords are errors for mypy and pyright, before the test that has them runs."""

from __future__ import annotations

import json
import os
import re
import runpy
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers.paths import ROOT

KEYWORDS = runpy.run_path(str(ROOT / "docs" / "keywords.py"))

GOOD = """\
from notify_mock import Emulator
from notify_mock.faults.timing import Delay

emulator = Emulator()
emulator.credentials.add(type="apn", sandbox=True, friendly_name="iOS", date_created="2030-01-01")
service = emulator.services.add(log_enabled=False)
name: str | None = service.friendly_name
emulator.bindings.of("AC1").add(service_sid=service.sid, binding_type="fcm", identity="a", address="t", tags=["x"])
emulator.journal.expect("credential.create", count=1, Type="apn", FriendlyName=None, status=201, form={"X": None})
emulator.journal.calls("callback.post", IsFinal="true")
emulator.faults.add("credential.create", "refuse", code=20429, retry_after="2s", times=2, Type="apn", phase="after")
with emulator.faults.add("*", Delay(5), after="10s", form={"X": "*"}, predicate=lambda exchange: exchange.sid is None):
    pass
emulator.faults.add("delivery.fcm", "undelivered", outcome="down", NotificationSid="NO1")
emulator.deliveries.expect(count=1, notification="NO1", identity="a", state="sent")
sid: str = emulator.client().notify.v1.services.create(friendly_name="x").sid or ""
"""

BAD = """\
from notify_mock import Emulator

emulator = Emulator()
emulator.credentials.add(type="apn", freindly_name="iOS")  # wrong
emulator.services.add(log_enabled="no")  # wrong
emulator.journal.expect("credential.create", cuont=0)  # wrong
emulator.journal.expect("credential.create", count=0, FreindlyName="Android")  # wrong
emulator.journal.calls(friendly_name="Android")  # wrong
emulator.journal.calls(status="201")  # wrong
emulator.faults.add("*", "refuse", code=20429, tiems=2)  # wrong
emulator.faults.add("*", "refuse", code=20429, form={"X": 1})  # wrong
emulator.deliveries.expect(idenity="a")  # wrong
emulator.deliveries.find(code="52004")  # wrong
emulator.client().notify.v1.services.create(freindly_name="x")  # wrong for pyright
"""
"""For mypy, a client is of the type ``Any``, as in any program: twilio has no ``py.typed``. Pyright reads its code."""

Check = Callable[[Path], str]
"""Runs a type checker in a folder and returns its output."""


def _mypy(folder: Path) -> str:
    pytest.importorskip("mypy", reason="mypy is not installed: pip install -e '.[lint]'")
    flags = ["--strict", "--follow-imports=silent", "--config-file=", f"--cache-dir={folder / 'cache'}"]
    environment = {**os.environ, "MYPYPATH": str(ROOT)}
    return _output([sys.executable, "-m", "mypy", *flags, "good.py", "bad.py"], folder, environment)


def _pyright(folder: Path) -> str:
    pytest.importorskip("pyright", reason="pyright is not installed: pip install -e '.[lint]'")
    settings = {"extraPaths": [str(ROOT)], "include": ["good.py", "bad.py"], "typeCheckingMode": "standard"}
    (folder / "pyrightconfig.json").write_text(json.dumps(settings))
    environment = {**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"}
    return _output([sys.executable, "-m", "pyright", "--pythonpath", sys.executable], folder, environment)


def _output(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.timeout(240)
@pytest.mark.parametrize("check", [_mypy, _pyright], ids=["mypy", "pyright"])
def test_a_type_checker_accepts_known_keywords_and_reports_misspelt_ones(check: Check, tmp_path: Path) -> None:
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    found = check(tmp_path)
    reported = {(name, int(line)) for name, line in re.findall(r"(\w+)\.py:(\d+):(?:\d+ -)? error", found)}
    endings = ("# wrong", "# wrong for pyright") if check is _pyright else ("# wrong",)
    wrong = {("bad", number) for number, line in enumerate(BAD.splitlines(), 1) if line.endswith(endings)}
    assert reported == wrong, found


@pytest.mark.parametrize("folder", KEYWORDS["MODULES"])
def test_the_types_of_keyword_arguments_are_up_to_date(folder: str) -> None:
    file = ROOT / "notify_mock" / folder / "keywords.py"
    assert file.read_text() == KEYWORDS["MODULES"][folder](), "run: make docs"


def test_nothing_is_needed_at_run_time_for_types() -> None:
    code = "import sys, notify_mock; print([name for name in sys.modules if name.endswith('.keywords')])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
