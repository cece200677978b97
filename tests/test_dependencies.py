"""The table of dependencies in docs/design.md and the lock file, compared with setup.cfg and the packages' metadata."""

from __future__ import annotations

import configparser
import re
import runpy
import subprocess
import sys
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata

import pytest
from helpers.paths import ROOT
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

CONFIG = configparser.ConfigParser(interpolation=None)
CONFIG.read(ROOT / "setup.cfg")
EXTRAS = {"core": CONFIG["options"]["install_requires"], **CONFIG["options.extras_require"]}
DECLARED = {
    extra: [Requirement(line) for line in text.split("\n") if line and not line.startswith("%")]
    for extra, text in EXTRAS.items()
}
PAGE = (ROOT / "docs" / "design.md").read_text()
TABLE = PAGE.partition("## Dependencies\n")[2].partition("\n## ")[0]
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")] for line in re.findall(r"^\|.*$", TABLE, re.MULTILINE)[2:]
]
LICENCES = {"Apache Software License": "Apache-2.0", "BSD License": "BSD-3-Clause", "MIT License": "MIT"}
"""SPDX identifiers of what older metadata calls a licence."""


def _licences(package: Message) -> set[str]:
    """Return how the metadata states the licence: as an expression, or as text and classifiers."""
    if "License-Expression" in package:
        return {package["License-Expression"]}
    text = package.get("License", "")
    names = [
        line.rpartition(" :: ")[2] for line in package.get_all("Classifier", []) if line.startswith("License :: OSI")
    ]
    return {LICENCES.get(text, text), " OR ".join(sorted(LICENCES.get(name, name) for name in names))}


def test_the_table_has_every_dependency_once() -> None:
    named = {(extra, requirement.name) for extra, found in DECLARED.items() for requirement in found}
    doubled = {("bench", requirement.name) for requirement in DECLARED["bench"]}  # in the extra test already
    assert sorted((row[0], row[1]) for row in ROWS) == sorted(named - doubled)
    assert all(all(row) for row in ROWS), "a cell is empty"


@pytest.mark.parametrize("row", ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS])
def test_the_table_has_the_licence_of_the_metadata(row: list[str]) -> None:
    try:
        package = metadata(row[1])
    except PackageNotFoundError:
        pytest.skip(f"{row[1]} is not installed")
    assert row[4] in _licences(package)  # type: ignore[arg-type]


def test_importing_the_package_imports_no_dependency() -> None:
    code = "import notify_mock, sys; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    modules = {requirement.name.lower().replace("pyyaml", "yaml") for requirement in DECLARED["core"]}
    assert modules & set(loaded.split()) == set()


@pytest.mark.parametrize("extra", ["core", "test", "lint", "mutants"])
def test_the_lock_file_has_a_version_of_every_dependency_that_setup_cfg_allows(extra: str) -> None:
    lines = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements-dev.lock").read_text(), re.MULTILINE)
    for requirement in DECLARED[extra]:
        versions = [
            version for name, version in lines if canonicalize_name(name) == canonicalize_name(requirement.name)
        ]
        assert versions, f"{requirement.name}: run make lock"
        assert all(requirement.specifier.contains(version) for version in versions), f"{requirement}: run make lock"


def test_every_python_of_the_classifiers_is_tested() -> None:
    named = re.findall(r"Python :: (3\.\d+)$", CONFIG["metadata"]["classifiers"], re.MULTILINE)
    (tested,) = re.findall(r"^PYTHONS \?= (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert set(named) <= set(tested.split())
    assert CONFIG["options"]["python_requires"] == f">={named[0]}"


def test_relative_links_of_the_readme_become_links_to_the_tag() -> None:
    pytest.importorskip("setuptools")
    absolute = runpy.run_path(str(ROOT / "setup.py"))["absolute_links"]
    text = "[a](docs/a.md#b), [c](#c), [d](https://d.example), [![e](e.png)](LICENSE)"
    home = "https://home.example/notify-mock"
    page, image = (f"{home}/{kind}/v1.2.3" for kind in ("blob", "raw"))
    expected = f"[a]({page}/docs/a.md#b), [c](#c), [d](https://d.example), [![e]({image}/e.png)]({page}/LICENSE)"
    assert absolute(text, f"{home}/", "1.2.3") == expected
