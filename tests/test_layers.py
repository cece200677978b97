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
        "hosts",
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
    *("faults.match", "faults.schedule", "faults.rule", "faults.book", "faults.reading"),
    *("cassettes", "cassettes.interaction", "cassettes.origins", "cassettes.leaks", "cassettes.pseudonyms"),
    *("cassettes.redact", "cassettes.lint", "cassettes.vcr", "cassettes.har", "cassettes.wiremock", "cassettes.files"),
    *("cassettes.keys", "cassettes.convert", "cassettes.matching", "cassettes.cassette", "cassettes.playback"),
    "state",
    # domain
    *("resource", "resources.credential", "resources.service", "resources.binding", "resources.notification"),
    *("resources", "pages", "verbs", "records", "data", "hydration", "asserts"),
    *("deliveries.channel", "deliveries.apn", "deliveries.fcm", "deliveries.sms", "deliveries.other"),
    *("deliveries.certificate", "deliveries.credentials", "deliveries.asking", "deliveries.notify"),
    # core
    *("routes", "writer", "replay", "recordings", "player", "attempts", "engine", "staging", "fidelity"),
    # fronts
    *("callbacks", "callbacks.target", "callbacks.posting", "callbacks.mounted", "callbacks.sender"),
    *("openapi_records", "openapi", "control_guard", "control_json", "control", "app", "body"),
    *("certificates", "authority", "trust", "environment", "tls", "proxy"),
    *("outgoing", "connections", "secured", "proxied", "connection", "server", "shared_server"),
    *("pace", "breakage", "transport", "patches", "switchboard"),
    *("seams.aiohttp", "seams.connections", "seams.httpx", "seams.sdk", "seams.sockets", "seams", "interception"),
    *("upstream", "recorder", "backing", "emulator", "logs"),
    *("cli.options", "cli.running", "cli.serve", "cli.exec", "cli.env", "cli.ca"),
    *("cli.replay", "cli.record", "cli.cassette", "cli"),
    *("marked_cassette", "marked_emulator", "pytest_plugin"),
    # runs in other processes
    "startup.sitecustomize",
    # the package's face
    *("", "__main__"),
]
ONLY_IN = {
    "flask": {"app", "control", "control_guard", "control_json", "emulator"},
    "werkzeug": {"callbacks.mounted", "app", "body", "outgoing", "connection", "server", "call"},
    "pytest": {"pytest_plugin", "marked_cassette", "marked_emulator"},
    "twilio": {"transport", "emulator", "seams.sdk"},
    "requests": {"transport", "breakage", "seams.sdk"},
    "urllib3": {"callbacks.posting", "breakage", "seams.connections", "upstream"},
    "httpx": {"seams.httpx"},
    "aiohttp": {"breakage", "seams.aiohttp", "seams.sdk"},
    "click": {name for name in ORDER if name == "cli" or name.startswith("cli.")},
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
