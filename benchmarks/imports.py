"""The time of an import in a fresh process, without the start of the interpreter."""

from __future__ import annotations

import tempfile

from benchmarks.measure import Sample, in_turns
from benchmarks.processes import output
from benchmarks.table import Row, at_most

_ROUNDS = 30
_LIMIT = 0.5

_SCRIPT = """
from time import perf_counter
start = perf_counter()
{statement}
print(perf_counter() - start)
"""


def imports() -> list[Row]:
    """The bare package, whose names are lazy; and the emulator itself, which is what a user waits for."""
    with tempfile.TemporaryDirectory() as folder:
        return [
            _against_flask("import notify_mock", folder),
            _against_flask("from notify_mock import Emulator", folder),
        ]


def _against_flask(statement: str, folder: str) -> Row:
    ours, theirs = _import(statement, folder), _import("import flask", folder)
    ours()
    theirs()
    return at_most(f"{statement} / import flask", in_turns(ours, theirs, _ROUNDS), _LIMIT)


def _import(statement: str, folder: str) -> Sample:
    """Isolated (``-I``), so that both are looked up along the same path, which doesn't begin with this folder."""
    arguments = ["-I", "-c", _SCRIPT.format(statement=statement)]
    return lambda: float(output(arguments, folder))
