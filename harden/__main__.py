"""Run the named attacks, or all of them, and print their table: ``make harden``."""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Callable, Mapping, Sequence
from http.client import HTTPException
from time import perf_counter
from typing import NamedTuple

from harden import disk, kills, load, schemas, sharing, soak, sockets, state
from harden.table import Result, explain, render


class Attack(NamedTuple):
    """An attack, and its share of the time in percent."""

    run: Callable[[float, int], Result]
    share: int


ATTACKS: Mapping[str, Attack] = {
    "twilio": Attack(schemas.twilio, 15),
    "control": Attack(schemas.control, 15),
    "sockets": Attack(sockets.run, 15),
    "load": Attack(load.run, 10),
    "soak": Attack(soak.run, 10),
    "kills": Attack(kills.run, 10),
    "state": Attack(state.run, 10),
    "sharing": Attack(sharing.run, 10),
    "disk": Attack(disk.run, 5),
}


def main(words: Sequence[str] | None = None, attacks: Mapping[str, Attack] = ATTACKS) -> int:
    """Print the table to stdout and progress to stderr. Return exit status 1 if a promise is broken."""
    options = _options(words, attacks)
    print(f"seed {options.seed}, repeat with: make harden SEED={options.seed}", file=sys.stderr)
    end = perf_counter() + options.minutes * 60
    rows = []
    for number, name in enumerate(options.names):
        start = perf_counter()
        left = sum(attacks[one].share for one in options.names[number:])
        result = _run(name, attacks[name], max(0, end - start) * attacks[name].share / left, options.seed)
        rows.append((result, perf_counter() - start))
        print(f"{result.name}: {result.outcome} ({rows[-1][1]:.0f} s)", file=sys.stderr)
    results = [result for result, _ in rows]
    print("\n\n".join(filter(None, [f"Seed {options.seed}", render(rows), explain(results)])))
    return int(any(result.failures for result in results))


def _run(name: str, attack: Attack, seconds: float, seed: int) -> Result:
    try:
        return attack.run(seconds, seed)
    except (OSError, HTTPException, RuntimeError) as error:
        return Result.broken(name, error)


def _options(words: Sequence[str] | None, attacks: Mapping[str, Attack]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m harden", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(attacks)} (default: all)")
    parser.add_argument("--minutes", type=float, default=15, help="how long all of them take together (default: 15)")
    parser.add_argument("--seed", type=int, default=random.randrange(10**6), help="default: chosen at random")
    options = parser.parse_args(words)
    for name in options.names:
        if name not in attacks:
            parser.error(f"unknown attack {name!r}; expected one of: {', '.join(attacks)}")
    options.names = options.names or list(attacks)
    return options


if __name__ == "__main__":
    sys.exit(main())
