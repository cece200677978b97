"""The table of results: one row for each measurement, with its target."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.measure import Pair, spread

HEAD = ("what", "measured", "target", "met?", "details")


class Missing(Exception):
    """What a benchmark needs is not installed. The message says what, and how to install it."""


class Row(NamedTuple):
    """One row of the table, ready to print. ``met`` is None if it was not measured."""

    what: str
    measured: str
    target: str
    met: bool | None
    behind: str

    def cells(self) -> tuple[str, ...]:
        met = "-" if self.met is None else "yes" if self.met else "no"
        return (self.what, self.measured, self.target, met, self.behind)


def at_most(what: str, pair: Pair, limit: float, sides: str = "") -> Row:
    """Return a row whose ratio, ours divided by theirs, should be small. ``sides`` describes both sides in numbers."""
    middle = spread(pair.ratios()).middle
    return Row(what, f"{middle:.3f}", f"at most {limit:g}", middle <= limit, _behind(pair, sides))


def at_least(what: str, pair: Pair, limit: float, sides: str = "") -> Row:
    """Return a row whose ratio, theirs divided by ours, should be large."""
    middle = spread(pair.flipped().ratios()).middle
    return Row(what, f"{middle:.3g}", f"at least {limit:g}", middle >= limit, _behind(pair.flipped(), sides))


def skipped(what: str, target: str, reason: object) -> Row:
    """Return a row that was not measured."""
    return Row(what, "skipped", target, None, str(reason))


def render(rows: list[Row]) -> str:
    """Return a Markdown table that is also readable as plain text."""
    lines = [HEAD, *(row.cells() for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    text = [_line(cells, widths) for cells in lines]
    text.insert(1, _line(["-" * width for width in widths], widths))
    return "\n".join(text)


def duration(seconds: float) -> str:
    """Return the duration as text: ``41.3 us``, ``2.6 ms`` or ``1.21 s``."""
    if seconds < 1e-3:
        return f"{seconds * 1e6:.1f} us"
    return f"{seconds * 1e3:.1f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _behind(pair: Pair, sides: str) -> str:
    """Return ``sides``, by default the medians of both, and the range of the middle half of the ratios."""
    ratios = spread(pair.ratios())
    sides = sides or f"{duration(spread(pair.ours).middle)} / {duration(spread(pair.theirs).middle)}"
    return f"{sides}; {len(pair.ours)} rounds, middle half {ratios.low:.3g} to {ratios.high:.3g}"


def _line(cells: tuple[str, ...] | list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
