"""Run many simulations and print what they were, or the seed of the first one that fails: ``make simulate``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from simulation.scheduler import Broken
from simulation.world import Seen, run

_CHUNK = 50


def main(words: Sequence[str] | None = None) -> int:
    """Return exit status 1 if a promise is broken."""
    parser = argparse.ArgumentParser(prog="python -m simulation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20_000, help="how many (default: 20,000)")
    parser.add_argument("--seed", type=int, default=0, help="the first one (default: 0)")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes (default: one for each CPU)")
    options = parser.parse_args(words)
    starts = range(options.seed, options.seed + options.seeds, _CHUNK)
    chunks = [range(start, min(start + _CHUNK, options.seed + options.seeds)) for start in starts]
    totals, broken = [0] * len(Seen._fields), 0
    with ProcessPoolExecutor(options.jobs) as pool:
        for seen, failures in pool.map(several, chunks):
            totals = [total + one for total, one in zip(totals, seen, strict=True)]
            broken += len(failures)
            for failure in failures:
                print(f"{failure}\nrepeat with: make simulate SEED={failure.split()[1].strip(',')} SEEDS=1", flush=True)
    counts = ", ".join(f"{total:,} {name}" for name, total in zip(Seen._fields, totals, strict=True))
    print(f"{options.seeds:,} seeds, {broken} broken: {counts}")
    return int(broken > 0)


def several(seeds: Sequence[int]) -> tuple[Seen, list[str]]:
    """Return how much happened with these seeds, and what was broken."""
    totals, failures = [0] * len(Seen._fields), []
    for seed in seeds:
        try:
            totals = [total + one for total, one in zip(totals, run(seed), strict=True)]
        except Broken as error:
            failures.append(str(error))
    return Seen(*totals), failures


if __name__ == "__main__":
    sys.exit(main())
