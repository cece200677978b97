"""The results of the runs, as Markdown."""

from __future__ import annotations

from collections.abc import Sequence

from clients.running import Run

HEAD = ("client", "version", "runs in", "what it needs", "result")


def render(runs: Sequence[Run]) -> str:
    """Return a table with a row for each run."""
    rows = [HEAD, tuple("---" for _ in HEAD), *(_row(run) for run in runs)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _row(run: Run) -> tuple[str, ...]:
    result = run.outcome if run.outcome != "not run" else f"not run: {run.detail}"
    return run.client.name, run.version, run.language, needs(run.client.needed), result.replace("|", "\\|")


def needs(variables: Sequence[str]) -> str:
    """Return the names of the variables, or ``nothing``."""
    return " + ".join(f"`{name}`" for name in variables) or "nothing"
