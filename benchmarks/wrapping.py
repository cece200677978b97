"""The cost of running a command with ``notify-mock exec``."""

from __future__ import annotations

import tempfile
from time import perf_counter

from benchmarks.measure import in_turns
from benchmarks.processes import start, stopping
from benchmarks.startup import WAIT_SECONDS, console_script, ready_url
from benchmarks.table import Row, at_most

_ROUNDS = 24


def wrapping() -> list[Row]:
    """Compare a whole run of ``notify-mock exec -- true`` with ``notify-mock serve`` until its ready line."""
    with tempfile.TemporaryDirectory() as folder:
        _wrapped(folder)
        pair = in_turns(lambda: _wrapped(folder), lambda: _ready(folder), _ROUNDS)
    return [at_most("notify-mock exec -- true / the ready line of notify-mock serve", pair, 2)]


def _wrapped(folder: str) -> float:
    begin = perf_counter()
    process = start([console_script(), "exec", "--", "true"], folder)
    output, _ = process.communicate(timeout=WAIT_SECONDS)
    seconds = perf_counter() - begin
    if process.returncode or "0 calls" not in output:
        raise RuntimeError(f"exec failed with exit status {process.returncode}:\n{output}")
    return seconds


def _ready(folder: str) -> float:
    begin = perf_counter()
    with stopping(start([console_script(), "serve", "--port", "0"], folder)) as process:
        ready_url(process)
        return perf_counter() - begin
