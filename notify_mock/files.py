"""YAML and JSON files of a user's: read safely, strictly, and with the lines where the items stand."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from notify_mock.usage import UsageError, shown

_YAML_SURPRISES = (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError)
"""What PyYAML's constructors raise for a tag on a value that doesn't fit it, such as ``!!bool x``."""


class Content(NamedTuple):
    """What a file holds, and where: ``source`` names the file, ``lines`` the items of its top-level lists."""

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
    return _json(text, path) if path.suffix == ".json" else _yaml(text, path)


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
        loader = yaml.SafeLoader(text)
        try:
            root = loader.get_single_node()
            _refuse_twins(root, path, set())
            lines = {
                (key.value, number): item.start_mark.line + 1
                for key, items in (root.value if isinstance(root, yaml.MappingNode) else ())
                if isinstance(key, yaml.ScalarNode) and isinstance(items, yaml.SequenceNode)
                for number, item in enumerate(items.value)
            }
            return Content(loader.construct_document(root) if root else None, str(path), lines)
        finally:
            loader.dispose()
    except UsageError:
        raise
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(f"{path}{line}", f"isn't YAML: {error.problem}") from error
    except (yaml.YAMLError, *_YAML_SURPRISES) as error:
        raise UsageError(str(path), f"isn't YAML that can be read: {error}") from error


def _refuse_twins(node: Any, path: Path, visited: set[int]) -> None:
    """YAML's loader lets the last of two equal keys win in silence; here that is an error."""
    import yaml

    if id(node) in visited:
        return
    visited.add(id(node))
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise UsageError(f"{path}, line {key.start_mark.line + 1}", f"key {key.value!r} is given twice")
                seen.add(key.value)
            _refuse_twins(value, path, visited)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twins(item, path, visited)
