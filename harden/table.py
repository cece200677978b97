"""The results of the attacks, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEAD = ("what", "how many", "result", "seconds")

ENOUGH = 20
"""An attack ends after so many failures: more would not say more, and each may be a wait."""

_MAX_SHOWN = 5


@dataclass(frozen=True)
class Result:
    """The outcome of one attack: ``count`` of ``unit`` were made, and each failure is a broken promise.

    ``skipped`` is the reason why the attack was not made. ``note`` is a measurement to report.
    """

    name: str
    count: int
    unit: str
    failures: Sequence[str] = ()
    note: str = ""
    skipped: str = ""

    @classmethod
    def broken(cls, name: str, error: Exception) -> Result:
        """Return the result of an attack that could not go on, because the server is gone or does not answer."""
        return cls(name, 0, "", [f"the attack ended: {error!r}"])

    @property
    def outcome(self) -> str:
        if self.failures:
            return f"BROKEN ({len(self.failures)})"
        if self.skipped:
            return f"skipped: {self.skipped}"
        return f"kept; {self.note}" if self.note else "kept"


def render(rows: Sequence[tuple[Result, float]]) -> str:
    """Return a Markdown table that is also readable as plain text. Each row is a result and its seconds."""
    lines = [HEAD, *((one.name, f"{one.count:,} {one.unit}", one.outcome, f"{seconds:.0f}") for one, seconds in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [_line(line, widths) for line in lines]
    text.insert(1, _line(["-" * width for width in widths], widths))
    return "\n".join(text)


def explain(results: Sequence[Result]) -> str:
    """Return the first broken promises of each attack, one on a line."""
    lines: list[str] = []
    for one in results:
        lines += [f"{one.name}: {failure}" for failure in one.failures[:_MAX_SHOWN]]
        if len(one.failures) > _MAX_SHOWN:
            lines.append(f"{one.name}: and {len(one.failures) - _MAX_SHOWN} more")
    return "\n".join(lines)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return f"| {' | '.join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))} |"
