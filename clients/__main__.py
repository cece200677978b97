"""Run the named clients, or all of them, and update their table in ``docs/clients.md``: ``make clients``."""

from __future__ import annotations

import sys
from time import perf_counter

from clients.catalog import CLIENTS
from clients.installing import ROOT
from clients.running import Run, run
from clients.table import render
from docs.generate import fill

_PAGE = ROOT / "docs" / "clients.md"


def main() -> int:
    """Return exit status 1 if a client failed. A client that isn't installed is reported as not run."""
    words = sys.argv[1:]
    chosen = [one for one in CLIENTS if not words or any(word in one.name for word in words)]
    if not chosen:
        print(f"unknown client {' or '.join(words)}; expected one of: {', '.join(one.name for one in CLIENTS)}")
        return 2
    runs = []
    for client in chosen:
        start = perf_counter()
        runs.append(run(client))
        _tell(runs[-1], perf_counter() - start)
    print(render(runs))
    if not words:
        _PAGE.write_text(fill(_PAGE.read_text(), "clients", render(runs)))
    return int(any(one.outcome == "FAILED" for one in runs))


def _tell(done: Run, seconds: float) -> None:
    detail = f": {done.detail}" if done.detail else ""
    print(f"{done.client.name}: {done.outcome} ({seconds:.0f} s){detail}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
