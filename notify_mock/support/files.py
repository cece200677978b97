"""Read YAML and JSON files safely and strictly, and keep the line numbers of their items."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from notify_mock.support.usage import UsageError, shown

_TEXT, _MAPPING, _SEQUENCE, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq", "merge"))
_YAML_SURPRISES = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)
"""Raised by PyYAML's constructors for a tag that does not fit its value, such as ``!!bool x``."""


class Content(NamedTuple):
    """The content of a file. ``source`` is its path.

    ``lines`` has the line numbers of the items of top-level lists, and of top-level keys (item number -1).
    """

    value: Any
    source: str
    lines: Mapping[tuple[str, int], int]

    def items(self, key: str) -> list[tuple[Mapping[str, Any], str]]:
        """Return the mappings in the list under ``key``, each with its place. Raises ``UsageError``."""
        listed = self.value[key]
        if not isinstance(listed, list):
            raise UsageError(f"{self.source}, {key}", "is not a list", "put a dash before each item")
        items = []
        for number, item in enumerate(listed):
            line = self.lines.get((key, number))
            where = f"{self.source}, line {line}, {key}[{number}]" if line else f"{self.source}, {key}[{number}]"
            if not isinstance(item, Mapping) or not all(isinstance(name, str) for name in item):
                raise UsageError(where, "is not a mapping", "write its fields as name: value")
            items.append((item, where))
        return items


def read_file(path: Path) -> Content:
    """Read a JSON file (``.json`` or ``.har``) or a YAML file. Raises ``UsageError`` with file and line."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(str(path), f"cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(str(path), "is not UTF-8 text") from error
    except ValueError as error:
        raise UsageError(shown(str(path)), f"is not a path: {error}") from error
    return _json(text, path) if path.suffix in (".json", ".har") else _yaml(text, path)


def _json(text: str, path: Path) -> Content:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise UsageError(str(path), f"key {name!r} is given twice")
            found[name] = value
        return found

    try:
        return Content(json.loads(text, object_pairs_hook=unique), str(path), {})
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}, line {error.lineno}", f"is not valid JSON: {error.msg}") from error
    except UsageError:
        raise
    except (ValueError, RecursionError) as error:
        raise UsageError(str(path), f"cannot be read as JSON: {error}") from error


def _yaml(text: str, path: Path) -> Content:
    import yaml

    try:
        loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)(text)
        try:
            root = loader.get_single_node()
            return Content(_Builder(loader, path).build(root) if root else None, str(path), _lines(root))
        finally:
            loader.dispose()
    except UsageError:
        raise
    except yaml.MarkedYAMLError as error:
        last = text.count("\n", 0, len(text.rstrip("\n"))) + 1
        line = f", line {min(error.problem_mark.line + 1, last)}" if error.problem_mark else ""
        raise UsageError(f"{path}{line}", f"is not valid YAML: {error.problem}") from error
    except (yaml.YAMLError, *_YAML_SURPRISES) as error:
        raise UsageError(str(path), f"cannot be read as YAML: {error}") from error


def _lines(root: Any) -> dict[tuple[str, int], int]:
    import yaml

    found: dict[tuple[str, int], int] = {}
    for key, items in root.value if isinstance(root, yaml.MappingNode) else ():
        if isinstance(key, yaml.ScalarNode):
            found[key.value, -1] = key.start_mark.line + 1
            for number, item in enumerate(items.value if isinstance(items, yaml.SequenceNode) else ()):
                found[key.value, number] = item.start_mark.line + 1
    return found


def find_lines(path: Path) -> Mapping[tuple[str, int], int]:
    """Return the line numbers in a JSON file, including ``log.entries``, for error messages.

    The file is read as YAML, which nearly all JSON is; the result is empty if it is not.
    """
    import yaml

    try:
        root = yaml.compose(path.read_text("utf-8"), getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        deeper = {
            (f"{outer.value}.{key}", number): line
            for outer, inner in (root.value if isinstance(root, yaml.MappingNode) else ())
            for (key, number), line in _lines(inner).items()
        }
        return {**_lines(root), **deeper}
    except (OSError, yaml.YAMLError, *_YAML_SURPRISES):
        return {}


class _Builder:
    """Builds plain data from YAML nodes. Faster than PyYAML's constructor, and duplicate keys are an error."""

    def __init__(self, loader: Any, path: Path) -> None:
        self._loader, self._path = loader, path
        self._built: dict[int, Any] = {}

    def build(self, node: Any) -> Any:
        """Return the data of ``node``. Raises ``UsageError`` for duplicate keys, and the loader's own errors."""
        if node.tag == _TEXT:
            return node.value
        if id(node) in self._built:
            return self._built[id(node)]
        if node.tag == _SEQUENCE and isinstance(node.value, list):
            return self._sequence(node)
        if node.tag == _MAPPING and isinstance(node.value, list):
            return self._mapping(node)
        return self._loader.construct_object(node, deep=True)

    def _sequence(self, node: Any) -> list[Any]:
        found: list[Any] = []
        self._built[id(node)] = found
        found.extend(self.build(item) for item in node.value)
        return found

    def _mapping(self, node: Any) -> Any:
        found: dict[Any, Any] = {}
        self._built[id(node)] = found
        for key, value in node.value:
            if key.tag == _MERGE:
                return self._loader.construct_object(node, deep=True)
            name = self.build(key)
            if not isinstance(name, Hashable) or name in found:
                twice = f"key {name!r} is given twice"
                wrong = twice if isinstance(name, Hashable) else "is not valid YAML: found unhashable key"
                raise UsageError(f"{self._path}, line {key.start_mark.line + 1}", wrong)
            found[name] = self.build(value)
        return found
