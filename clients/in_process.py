"""Run a program in this process, with all of its Twilio clients redirected to an emulator."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import notify_mock

with notify_mock.intercept(faults=Path(__file__).with_name("faults.yaml"), unused_faults="ignore"):
    runpy.run_path(sys.argv[1], run_name="__main__")
