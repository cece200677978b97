"""The floors of the house: a module imports only from modules that stand before it in this list."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import notify_mock

ROOT = Path(notify_mock.__file__).parent
ORDER = [
    # facts
    *(
        "usage",
        "address",
        "errors",
        "catalog",
        "clock",
        "sids",
        "doors",
        "headers",
        "redaction",
        "call",
        "pem",
        "pairs",
    ),
    *("fields", "files", "signature"),
    # memory
    *("index", "store", "selection", "accounts", "exchange", "sought", "journal", "holds"),
    *("deliveries", "deliveries.problems", "deliveries.delivery", "deliveries.inbox", "deliveries.providers"),
    *("deliveries.callback", "deliveries.outbox"),
    *("faults", "faults.fate", "faults.answers", "faults.times", "faults.connections", "faults.states"),
    *("faults.deliveries", "faults.kinds"),
    *("faults.match", "faults.schedule", "faults.rule", "faults.book", "faults.reading", "state"),
    # domain
    *("resource", "resources.credential", "resources.service", "resources.binding", "resources.notification"),
    *("resources", "pages", "verbs", "records", "data", "asserts"),
    *("deliveries.channel", "deliveries.apn", "deliveries.fcm", "deliveries.sms", "deliveries.other"),
    *("deliveries.certificate", "deliveries.credentials", "deliveries.asking", "deliveries.notify"),
    # core
    *("routes", "writer", "player", "attempts", "engine"),
    # fronts
    *("callbacks", "callbacks.target", "callbacks.posting", "callbacks.mounted", "callbacks.sender"),
    *(
        "openapi_records",
        "openapi",
        "control_guard",
        "control_json",
        "control",
        "app",
        "body",
        "connection",
        "server",
        "shared_server",
    ),
    *("pace", "breakage", "transport", "emulator", "logs", "cli.options", "cli.serve", "cli"),
    "pytest_plugin",
    # the package's face
    *("", "__main__"),
]
ONLY_IN = {
    "flask": {"app", "control", "control_guard", "control_json", "emulator"},
    "urllib3": {"callbacks.posting", "breakage"},
    "werkzeug": {"callbacks.mounted", "app", "body", "connection", "server", "call"},
    "pytest": {"pytest_plugin"},
    "twilio": {"transport", "emulator"},
    "requests": {"transport", "breakage"},
    "aiohttp": {"breakage"},
    "click": {"cli", "cli.options", "cli.serve"},
}
LAZY = {"cryptography", "yaml"}


def name_of(path: Path) -> str:
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix("__init__").removesuffix(".")


def imports(path: Path) -> list[tuple[str, bool]]:
    """Imported modules, and whether the import runs with the module (not in a function, not for types alone)."""
    tree = ast.parse(path.read_text())
    found = []
    for node in ast.walk(tree):
        top = node in tree.body
        if isinstance(node, ast.Import):
            found += [(alias.name, top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            inside = node.module == "notify_mock"
            found += [(f"notify_mock.{alias.name}" if inside else str(node.module), top) for alias in node.names]
    return found


MODULES = sorted(ROOT.rglob("*.py"))


def test_every_module_has_its_place() -> None:
    assert sorted(ORDER) == sorted(name_of(path) for path in MODULES)


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_module_imports_only_from_before_it(path: Path) -> None:
    own = name_of(path)
    for imported, _ in imports(path):
        if not imported.startswith("notify_mock."):
            continue
        name = imported.removeprefix("notify_mock.")
        if name.startswith("__"):
            continue
        assert name in ORDER, f"{own} imports {imported}"
        assert ORDER.index(name) < ORDER.index(own), f"{own} stands before {name}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_libraries_stay_in_their_rooms(path: Path) -> None:
    own = name_of(path)
    for imported, top in imports(path):
        package = imported.partition(".")[0]
        assert own in ONLY_IN.get(package, {own}), f"{own} imports {package}"
        assert not (package in LAZY and top), f"{own} imports {package} at module level"


def test_every_module_says_what_it_is() -> None:
    for path in MODULES:
        doc = ast.get_docstring(ast.parse(path.read_text()))
        assert doc is not None, path
        assert doc.splitlines()[0].endswith("."), path
