"""The files in the folders ``cassettes/`` that no test of a complete run has opened."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from notify_mock.cassettes.files import SUFFIXES, find_files
from notify_mock.pytest_plugin.cassette_marker import read_marker
from notify_mock.support.counted import counted
from notify_mock.support.usage import UsageError

_FOLDER = "cassettes"
_KEY = "notify_mock_cassettes"
_PARTIAL = {"ignore": "--ignore", "ignore_glob": "--ignore-glob", "lf": "--lf", "collectonly": "--collect-only"}
"""Options of pytest with which a run is not complete, and nothing counts as deselected."""


class UnusedCassettes:
    """Hooks that note which cassettes the tests open, and report the others at the end.

    A file is used if any library opens it in a process of the run, or if the marker of a collected test names it, even
    if the test is skipped. Nothing is reported unless the run is complete and has passed: every test of the folder that
    ``cassettes/`` is in was collected and none was deselected.
    """

    def __init__(self, config: pytest.Config, action: str) -> None:
        self._config, self._action = config, action
        self._opened: set[str] = set()
        self._folders: set[str] = set()
        self._missing = self._ignoring()
        self._lines: list[str] = []
        sys.addaudithook(self._note)

    def _ignoring(self) -> str:
        given = [flag for name, flag in _PARTIAL.items() if self._config.getoption(name, None)]
        return f"{given[0]} was given" if given else ""

    def _note(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Note a file that is opened. Audit hooks cannot be removed, and must not raise."""
        path = arguments[0] if event == "open" and arguments else None
        path = os.fsdecode(path) if isinstance(path, bytes) else path
        if isinstance(path, str) and path.endswith(SUFFIXES) and "\0" not in path:
            self._opened.add(os.path.realpath(path))

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        if items:
            self._missing = f"{counted(len(items), 'test')} deselected"

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            self._missing = f"{report.nodeid} was not collected"

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what the markers of the tests name: their tests may be skipped."""
        for item in session.items:
            marker = item.get_closest_marker("notify_cassette")
            if marker is None:
                continue
            self._folders.add(os.path.realpath(item.path.parent / _FOLDER))
            try:
                self._opened.update(os.path.realpath(path) for path in read_marker(item, marker, "").paths)
            except UsageError:  # its test will report it
                continue

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker of pytest-xdist has noted."""
        noted = getattr(node, "workeroutput", {}).get(_KEY)
        opened, folders, missing = noted or ((), (), "a worker has crashed")
        self._opened.update(opened)
        self._folders.update(folders)
        self._missing = self._missing or missing

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        output = getattr(self._config, "workeroutput", None)
        if output is not None:
            output[_KEY] = sorted(self._opened), sorted(self._folders), self._missing
        elif exitstatus == pytest.ExitCode.OK:
            self._check(session)

    def _check(self, session: pytest.Session) -> None:
        folders = [folder for folder in sorted(self._all_folders()) if self._is_covered(folder)]
        missing = self._missing or ("" if folders else "no folder with cassettes was tested as a whole")
        if missing:
            self._lines = [f"unused cassettes were not looked for: {missing}"]
            return
        unused = [path for path in _files(folders) if os.path.realpath(path) not in self._opened]
        if not unused:
            return
        names = [os.path.relpath(path, self._config.rootpath) for path in unused]
        self._lines = [f"{counted(len(names), 'cassette')} that no test opened:", *names]
        if self._action == "error":
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def _all_folders(self) -> set[str]:
        """Return the folders ``cassettes`` next to the tests with the marker, and those in which a file was opened."""
        parents = (parent for path in self._opened for parent in Path(path).parents)
        return self._folders | {str(parent) for parent in parents if parent.name == _FOLDER}

    def _is_covered(self, folder: str) -> bool:
        """Whether the tests next to the folder were collected: one of the arguments is that folder, or above it."""
        paths = [self._config.invocation_params.dir / argument for argument in self._config.args]
        folders = [path for path in paths if os.path.isdir(path)]  # noqa: PTH112 - the other raises for long names
        return any(Path(folder).parent.is_relative_to(path.resolve()) for path in folders)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._lines:
            is_error = self._action == "error" and len(self._lines) > 1
            terminalreporter.section("notify-mock cassettes", red=is_error, yellow=not is_error)
            for line in self._lines:
                terminalreporter.line(line)


def _files(folders: Iterable[str]) -> list[Path]:
    """Return the cassettes in all of these folders, some of which may have none."""
    found: list[Path] = []
    for folder in filter(os.path.isdir, folders):
        try:
            found += find_files([folder])
        except UsageError:
            continue
    return list(dict.fromkeys(found))
