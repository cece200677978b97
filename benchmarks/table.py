"""The table of results: one row for each measurement, with its target."""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.measure import Pair, spread

HEAD = ("what", "measured", "target", "met?", "details")


class Row(NamedTuple):
    """One row of the table, ready to print."""

    what: str
    measured: str
    target: str
    met: bool
    behind: str

    def cells(self) -> tuple[str, ...]:
        return (self.what, self.measured, self.target, "yes" if self.met else "no", self.behind)


def at_most(what: str, pair: Pair, limit: float) -> Row:
    """Return a row whose ratio, ours divided by theirs, should be small."""
    middle = spread(pair.ratios()).middle
    return Row(what, f"{middle:.3f}", f"at most {limit:g}", middle <= limit, _behind(pair))


def at_least(what: str, pair: Pair, limit: float) -> Row:
    """Return a row whose ratio, theirs divided by ours, should be large."""
    middle = spread(pair.flipped().ratios()).middle
    return Row(what, f"{middle:.1f}", f"at least {limit:g}", middle >= limit, _behind(pair, flipped=True))


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


def _behind(pair: Pair, *, flipped: bool = False) -> str:
    """Return the medians of both sides, and the range of the middle half of the ratios."""
    ratios = spread((pair.flipped() if flipped else pair).ratios())
    ours, theirs = duration(spread(pair.ours).middle), duration(spread(pair.theirs).middle)
    sides = f"{theirs} / {ours}" if flipped else f"{ours} / {theirs}"
    return f"{sides}; {len(pair.ours)} rounds, middle half {ratios.low:.3g} to {ratios.high:.3g}"


def _line(cells: tuple[str, ...] | list[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return f"| {' | '.join(padded)} |"
