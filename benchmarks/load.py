"""Requests of wrk to a server, and what they cost."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from statistics import median
from typing import NamedTuple

from benchmarks.processes import cpu_seconds
from benchmarks.servers import Target
from benchmarks.table import Missing

CONNECTIONS = 8
_LONGEST_SECONDS = 3600
_SCRIPT = Path(__file__).with_name("load.lua")
_MEASURED = re.compile(r"^measured (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)


class Load(NamedTuple):
    """One run of wrk: seconds for each request, the 99th percentile of their latency, and the server's CPU seconds for
    each request."""

    each: float
    p99: float
    cpu: float


def find_wrk() -> str:
    """Return the path of wrk. Raises ``Missing``."""
    found = shutil.which("wrk")
    if found is None:
        raise Missing("wrk is not installed; on Debian: apt-get install wrk")
    return found


def put_load(target: Target, seconds: float, connections: int = CONNECTIONS) -> Load:
    """Send the target's request again and again for ``seconds``, on connections that stay open, from one thread.

    Raises ``RuntimeError`` if any request failed: errors must not be measured.
    """
    before = cpu_seconds(target.pid)
    printed = _run(target, seconds, connections)
    used = cpu_seconds(target.pid) - before
    found = _MEASURED.search(printed)
    number, micros, p99, failed = map(int, found.groups()) if found else (0, 0, 0, 0)
    if failed or not number:
        raise RuntimeError(f"{failed} of {number} requests to {target.url} failed:\n{printed}")
    return Load(micros / 1e6 / number, p99 / 1e6, used / number)


def put_requests(target: Target, number: int) -> None:
    """Send ``number`` requests or a few more. ``%d`` in the body is the number of the request."""
    _run(target, _LONGEST_SECONDS, CONNECTIONS, str(number))


def middle(loads: list[Load]) -> str:
    """Return the medians as text: ``31,000/s at 28 us CPU``."""
    per_second = 1 / median(load.each for load in loads)
    return f"{per_second:,.0f}/s at {median(load.cpu for load in loads) * 1e6:.1f} us CPU"


def _run(target: Target, seconds: float, connections: int, *number: str) -> str:
    """Return what wrk prints."""
    options = ["-t1", f"-c{connections}", f"-d{seconds:g}s", "-s", str(_SCRIPT)]
    body = [target.body, *number] if target.body else []
    arguments = ["-H", f"Authorization: {target.authorization}", target.url, "--", target.method, *body]
    return subprocess.run([find_wrk(), *options, *arguments], capture_output=True, text=True, check=True).stdout
