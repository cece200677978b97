"""The folders are layers of the architecture (floors): each imports only from the floors below it."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import notify_mock

ROOT = Path(notify_mock.__file__).parent
FLOORS = (
    ("support",),
    ("twilio_api",),
    ("accounts", "cassettes", "certificate_authority", "http1", "journal", "push_keys", "store"),
    ("faults", "redaction", "resources"),
    ("deliveries", "replay"),
    ("doctor", "engine"),
    ("callbacks", "command_log", "snippets"),
    ("control_api",),
    ("events", "inspector", "mcp_server"),
    ("server",),
    ("interception",),
    ("recording",),
    ("emulator", "options"),
    ("cli", "pytest_plugin"),
    ("__init__", "__main__"),
)
"""From the lowest floor up. Folders on the same floor do not import each other, not even in functions or for types."""

ONLY_IN = {
    "flask": ("control_api", "inspector", "server.app", "emulator"),
    "jinja2": ("inspector",),
    "werkzeug": ("callbacks.mounted", "twilio_api.messages", "server.app"),
    "httptools": ("http1",),
    "uvloop": ("server.loop",),
    "pytest": ("pytest_plugin",),
    "twilio": ("emulator", "interception"),
    "requests": ("interception",),
    "urllib3": ("interception", "recording.upstream"),
    "httpx": ("interception.adapters",),
    "aiohttp": ("interception",),
    "click": ("cli",),
    "mcp": ("mcp_server",),
    "pydantic": ("mcp_server",),
    "redis": ("command_log.stores.shared",),
    "cryptography": ("support.crypto",),
}
"""The folders or modules in which a library may be imported."""

LAZY = {"notify_mock.support.crypto", "redis", "yaml"}
"""Imported only in functions, because importing them takes longer than the rest of the start."""


POSIX_ONLY = {"fcntl", "grp", "posix", "pty", "pwd", "resource", "syslog", "termios", "tty"}
"""Modules that Windows does not have: they may only be imported where they are used."""


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {name_of(path): path for path in sorted(ROOT.rglob("*.py")) if path.stem != "sitecustomize"}


def imports(path: Path) -> list[tuple[str, bool]]:
    """Return the imported modules, and whether each is imported at module level (not in a function or for types)."""
    tree = ast.parse(path.read_text())
    found = []
    for node in ast.walk(tree):
        top = node in tree.body
        if isinstance(node, ast.Import):
            found += [(alias.name, top) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = str(node.module)
            names = [f"{module}.{alias.name}".removeprefix("notify_mock.") for alias in node.names]
            found += [(f"notify_mock.{name}" if name in MODULES else module, top) for name in names]
    return found


def own_imports(name: str) -> list[str]:
    """Return the modules of the package that a module imports, anywhere in it."""
    found = [module.removeprefix("notify_mock.") for module, _ in imports(MODULES[name]) if "notify_mock" in module]
    return [module for module in found if module != "notify_mock"]


def floor_of(name: str) -> int:
    (floor,) = (number for number, floor in enumerate(FLOORS) if name.partition(".")[0] in floor)
    return floor


def test_every_folder_and_module_is_on_a_floor() -> None:
    assert {name.partition(".")[0] for name in MODULES} == {name for floor in FLOORS for name in floor}


@pytest.mark.parametrize("name", MODULES)
def test_a_module_imports_only_from_its_folder_and_the_floors_below(name: str) -> None:
    folder = name.partition(".")[0]
    for imported in own_imports(name):
        below = floor_of(imported) < floor_of(name)
        assert below or imported.partition(".")[0] == folder, f"{name} imports {imported}"


def test_there_are_no_circular_imports() -> None:
    order = TopologicalSorter({name: own_imports(name) for name in MODULES})
    try:
        order.prepare()
    except CycleError as error:
        pytest.fail(" <- ".join(error.args[1]))


@pytest.mark.parametrize("name", MODULES)
def test_libraries_are_imported_only_where_allowed(name: str) -> None:
    for imported, top in imports(MODULES[name]):
        library = imported.partition(".")[0]
        allowed = ONLY_IN.get(library, (name,))
        assert f"{name}.".startswith(tuple(f"{place}." for place in allowed)), f"{name} imports {library}"
        assert not ({library, imported} & LAZY and top), f"{name} imports {imported} at module level"


@pytest.mark.parametrize("name", MODULES)
def test_no_module_that_windows_lacks_is_imported_at_start(name: str) -> None:
    assert not [imported for imported, top in imports(MODULES[name]) if top and imported in POSIX_ONLY]


def test_only_four_modules_are_outside_the_folders() -> None:
    assert [path.stem for path in sorted(ROOT.glob("*.py"))] == ["__init__", "__main__", "emulator", "options"]
    assert all(len(list(folder.glob("*.py"))) <= 16 for folder in ROOT.rglob("*") if folder.is_dir())


def test_every_module_has_a_docstring() -> None:
    for path in ROOT.rglob("*.py"):
        doc = ast.get_docstring(ast.parse(path.read_text()))
        assert doc is not None, path
        assert doc.splitlines()[0].endswith("."), path
