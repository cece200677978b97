"""Run the named benchmarks, or all of them, and print their table."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Mapping
from time import perf_counter

from benchmarks.cassettes import cassettes, replayed_both
from benchmarks.events import events
from benchmarks.faults import faults
from benchmarks.fetches import constant, intercepted, replayed, stubbed
from benchmarks.growth import growth
from benchmarks.holding import holding
from benchmarks.imports import imports
from benchmarks.inspector import inspector
from benchmarks.memory import memory
from benchmarks.notifications import notifications
from benchmarks.paging import paging
from benchmarks.plugin import plugin
from benchmarks.resets import resets
from benchmarks.restarts import restarts
from benchmarks.sharing import sharing
from benchmarks.startup import startup
from benchmarks.table import Row, render
from benchmarks.throughput import access_log, creates, fetches, lasting
from benchmarks.tunnels import tunnels
from benchmarks.wrapping import wrapping

BENCHMARKS: Mapping[str, Callable[[], list[Row]]] = {
    "constant": constant,
    "responses": stubbed,
    "vcr": replayed,
    "import": imports,
    "plugin": plugin,
    "reset": resets,
    "startup": startup,
    "restart": restarts,
    "page": paging,
    "memory": memory,
    "faults": faults,
    "intercept": intercepted,
    "exec": wrapping,
    "tunnel": tunnels,
    "replay": replayed_both,
    "cassette": cassettes,
    "notifications": notifications,
    "get": fetches,
    "post": creates,
    "log": access_log,
    "state": lasting,
    "sharing": sharing,
    "held": holding,
    "events": events,
    "growth": growth,
    "inspector": inspector,
}


def main() -> None:
    """Print the table to stdout and progress to stderr. A missed target is not a failure: the table marks it."""
    names = _names()
    for name in ("TWILIO_REGION", "TWILIO_EDGE"):  # the SDK would add them to its URLs
        os.environ.pop(name, None)
    rows = [row for name in names for row in _run(name)]
    print(f"{_machine()}\n\n{render(rows)}")


def _names() -> list[str]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(BENCHMARKS)} (default: all)")
    names: list[str] = parser.parse_args().names
    for name in names:
        if name not in BENCHMARKS:
            parser.error(f"unknown benchmark {name!r}; expected one of: {', '.join(BENCHMARKS)}")
    return names or list(BENCHMARKS)


def _run(name: str) -> list[Row]:
    print(f"{name} ", end="", file=sys.stderr, flush=True)
    start = perf_counter()
    rows = BENCHMARKS[name]()
    print(f" {perf_counter() - start:.0f} s", file=sys.stderr)
    return rows


def _machine() -> str:
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{python}, {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs"


if __name__ == "__main__":
    main()
