"""The reference of the pytest plugin: fixtures, markers, options and ini values, as Markdown."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from docs.site.docstrings import escape, markdown
from docs.site.python_api import places
from notify_mock import pytest_plugin

MARKERS = [
    str(node.args[1].value)
    for node in ast.walk(ast.parse(inspect.getsource(pytest_plugin)))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "addinivalue_line"
    if isinstance(node.args[1], ast.Constant)
]
"""The markers as ``pytest --markers`` shows them."""

FIXTURES = ("notify_mock", "notify_mock_factory", "notify_mock_options", "notify_mock_server")


class _Parser:
    """Stands for pytest's parser, and keeps what the plugin adds."""

    def __init__(self) -> None:
        self.rows: list[tuple[str, str]] = []

    def getgroup(self, *_: str) -> _Parser:
        return self

    def addoption(self, name: str, metavar: str = "", help: str = "", **_: Any) -> None:  # noqa: A002 - pytest's name
        self.rows.append((f"{name} {metavar}".strip(), help))

    def addini(self, name: str, help: str, **_: Any) -> None:  # noqa: A002 - pytest's name
        self.rows.append((name, help))


def plugin_page() -> str:
    """Return the page. Raises ``ValueError`` for a fixture without a docstring."""
    known = places("pytest")
    parts = ["# pytest plugin", "Fixtures, markers, command-line options and ini values. How to use them is in "]
    parts[-1] += "[Write a test](../write-a-test.md)."
    parts.append("## Fixtures")
    for name in FIXTURES:
        parts += [f"### {name}", markdown(vars(pytest_plugin)[name], known, name)]
    parts.append("## Markers")
    for text in MARKERS:
        signature, _, purpose = text.partition("): ")
        name, _, arguments = signature.partition("(")
        lines = "".join(f"    {one},\n" for one in arguments.split(", "))
        parts += [
            f"### pytest.mark.{name}",
            f"```python\n@pytest.mark.{name}(\n{lines})\n```",
            f"{escape(purpose[0].upper() + purpose[1:])}.",
        ]
    parser = _Parser()
    pytest_plugin.pytest_addoption(parser)  # type: ignore[arg-type]
    for heading, found in (("Command-line options", True), ("Ini values", False)):
        rows = [f"| `{name}` | {escape(text)} |" for name, text in parser.rows if name.startswith("--") is found]
        parts.append("\n".join([f"## {heading}\n", "| name | meaning |", "|---|---|", *rows]))
    return "\n\n".join(parts) + "\n"
