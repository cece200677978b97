"""YAML and JSON files of a user's: read safely, strictly, and with the lines where the items stand."""

from __future__ import annotations

import json
from collections.abc import Hashable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from notify_mock.support.usage import UsageError, shown

_TEXT, _MAPPING, _SEQUENCE, _MERGE = (f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq", "merge"))
_YAML_SURPRISES = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)
"""What PyYAML's constructors raise for a tag on a value that doesn't fit it, such as ``!!bool x``."""


class Content(NamedTuple):
    """What a file holds, and where: ``source`` names the file, ``lines`` the items of its top-level lists, and with -1
    its top-level keys."""

    value: Any
    source: str
    lines: Mapping[tuple[str, int], int]

    def items(self, key: str) -> list[tuple[Mapping[str, Any], str]]:
        """The mappings in the list under ``key``, each with its place. Raises ``UsageError`` for anything else."""
        listed = self.value[key]
        if not isinstance(listed, list):
            raise UsageError(f"{self.source}, {key}", "is no list", "put a dash before each item")
        items = []
        for number, item in enumerate(listed):
            line = self.lines.get((key, number))
            where = f"{self.source}, line {line}, {key}[{number}]" if line else f"{self.source}, {key}[{number}]"
            if not isinstance(item, Mapping) or not all(isinstance(name, str) for name in item):
                raise UsageError(where, "is no mapping", "write its fields as name: value")
            items.append((item, where))
        return items


def read_file(path: Path) -> Content:
    """The content of a YAML file, or a JSON file by its suffix. Raises ``UsageError`` with file and line."""
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(str(path), f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(str(path), "isn't UTF-8 text") from error
    except ValueError as error:
        raise UsageError(shown(str(path)), f"is no path: {error}") from error
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
        raise UsageError(f"{path}, line {error.lineno}", f"isn't JSON: {error.msg}") from error
    except UsageError:
        raise
    except (ValueError, RecursionError) as error:
        raise UsageError(str(path), f"isn't JSON that can be read: {error}") from error


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
        raise UsageError(f"{path}{line}", f"isn't YAML: {error.problem}") from error
    except (yaml.YAMLError, *_YAML_SURPRISES) as error:
        raise UsageError(str(path), f"isn't YAML that can be read: {error}") from error


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
    """The lines of a JSON file, for an error in it, also of ``log.entries``: nearly all JSON is YAML too. Empty where
    it isn't."""
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
    """Plain data from YAML nodes, in one walk that is quicker than PyYAML's own constructor and stricter: there the
    last of two equal keys wins in silence, and here that is an error."""

    def __init__(self, loader: Any, path: Path) -> None:
        self._loader, self._path = loader, path
        self._built: dict[int, Any] = {}

    def build(self, node: Any) -> Any:
        """Raises ``UsageError`` for twins, and what the loader raises."""
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
                wrong = (
                    f"key {name!r} is given twice" if isinstance(name, Hashable) else "isn't YAML: found unhashable key"
                )
                raise UsageError(f"{self._path}, line {key.start_mark.line + 1}", wrong)
            found[name] = self.build(value)
        return found
