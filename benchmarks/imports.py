"""The time of an import in a new process, without the start of the interpreter."""

from __future__ import annotations

import tempfile
from importlib.util import find_spec
from pathlib import Path

from benchmarks.measure import Sample, in_turns
from benchmarks.processes import output
from benchmarks.table import Row, at_most

_ROUNDS = 20
_LIMIT = 0.5

_SCRIPT = """
import sys
from time import perf_counter
sys.path += {path}
start = perf_counter()
{statement}
print(perf_counter() - start)
"""


def imports() -> list[Row]:
    """Import the package alone, whose names are lazy, and the emulator, which is what users wait for."""
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
    """Import in isolation (``-I``) and without site packages (``-S``).

    An editable install runs code from site packages before any program. This code imports much of what the package
    needs, so the package would look faster than it is.
    """
    script = _SCRIPT.format(path=[_home("flask"), _home("notify_mock")], statement=statement)
    return lambda: float(output(["-I", "-S", "-c", script], folder))


def _home(package: str) -> str:
    """Return the folder that contains the package."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{package} isn't installed")
    return str(Path(spec.origin).parents[1])
