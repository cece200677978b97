"""The cost of having the plugin installed, for a pytest run that doesn't use it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.measure import Sample, in_turns, once
from benchmarks.processes import output
from benchmarks.table import Row, at_most

_ROUNDS = 30
_TESTS = 500
_PLUGIN = "notify_mock.pytest_plugin"
_NO_SUCH_PLUGIN = "notify_mock.no_such_plugin"


def plugin() -> list[Row]:
    """Run 500 empty tests with and without the plugin, as whole processes."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pytest.ini").write_text("[pytest]\n")
        Path(folder, "test_empty.py").write_text("".join(f"def test_{n}(): pass\n\n\n" for n in range(_TESTS)))
        _check(folder)
        pair = in_turns(_run(_NO_SUCH_PLUGIN, folder), _run(_PLUGIN, folder), _ROUNDS)
    return [at_most("500 empty tests with the plugin unused / without it", pair, 1.03)]


def _run(blocked: str, folder: str) -> Sample:
    return lambda: once(lambda: output(_arguments(blocked), folder))


def _arguments(blocked: str) -> list[str]:
    """Return the command line. Both sides block one plugin, so that their command lines have the same form."""
    return ["-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", "-p", f"no:{blocked}", "-q"]


def _check(folder: str) -> None:
    """Run each side once, which also warms the caches, and check that only the right side has the plugin."""
    for blocked, expected in ((_NO_SUCH_PLUGIN, True), (_PLUGIN, False)):
        if f"{_TESTS} passed" not in output(_arguments(blocked), folder):
            raise RuntimeError("the empty tests did not pass")
        if ("--notify-mock-seed" in output([*_arguments(blocked), "--help"], folder)) != expected:
            raise RuntimeError(f"with no:{blocked} the plugin is {'missing' if expected else 'still there'}")
