"""Time two things alternately: a busy machine slows both down, and their ratio stays the same."""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Sequence
from statistics import median, quantiles
from time import perf_counter
from typing import NamedTuple, TypeVar

T = TypeVar("T")

Sample = Callable[[], float]
"""Does something once more and returns the seconds that it took."""

_WARM_UP_CALLS = 50


class Pair(NamedTuple):
    """The seconds of both sides for each round."""

    ours: list[float]
    theirs: list[float]

    def ratios(self) -> list[float]:
        """Return ours divided by theirs for each round."""
        return [ours / theirs for ours, theirs in zip(self.ours, self.theirs, strict=True)]

    def flipped(self) -> Pair:
        """Return the pair with its sides swapped."""
        return Pair(self.theirs, self.ours)


class Spread(NamedTuple):
    """The median of numbers, and the lower and upper quartile."""

    low: float
    middle: float
    high: float


def spread(numbers: list[float]) -> Spread:
    low, _, high = quantiles(numbers, n=4, method="inclusive")
    return Spread(low, median(numbers), high)


def in_turns(ours: Sample, theirs: Sample, rounds: int) -> Pair:
    """Sample both sides ``rounds`` times."""
    return Pair(*all_in_turns([ours, theirs], rounds))


def all_in_turns(samples: Sequence[Callable[[], T]], rounds: int) -> list[list[T]]:
    """Take each sample ``rounds`` times. Every second round is in reverse: the order must not matter."""
    taken: list[list[T]] = [[] for _ in samples]
    gc.collect()
    for number in range(rounds):
        for side in range(len(samples)) if number % 2 == 0 else reversed(range(len(samples))):
            taken[side].append(samples[side]())
        _tick(number, rounds)
    return taken


def once(call: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = perf_counter()
    call()
    return perf_counter() - start


def repeated(call: Callable[[], object], least: float = 0.02) -> Sample:
    """Return a sample that repeats the call for at least ``least`` seconds and returns the seconds of one call."""
    _many(call, _WARM_UP_CALLS)
    number = 1
    while _many(call, number) < least:
        number *= 2
    return lambda: _many(call, number) / number


def _many(call: Callable[[], object], number: int) -> float:
    turns = range(number)
    start = perf_counter()
    for _ in turns:
        call()
    return perf_counter() - start


def _tick(number: int, rounds: int) -> None:
    """Print a dot to stderr after every tenth of the rounds."""
    if (number + 1) * 10 // rounds > number * 10 // rounds:
        print(".", end="", file=sys.stderr, flush=True)
