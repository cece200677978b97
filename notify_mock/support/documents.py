"""Read YAML and JSON files safely and strictly, and keep the line numbers of their items."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from notify_mock.support.files import MAX_CASSETTE_BYTES, MAX_DATA_BYTES, read_bytes
from notify_mock.support.usage import UsageError
from notify_mock.support.yaml_nodes import MAX_DEPTH, MAX_VALUES, Builder, loader_class

_YAML_SURPRISES = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)
"""Raised by PyYAML's constructors for a tag that does not fit its value, such as ``!!bool x``."""

_TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep"


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


def read_file(path: Path, limit: int = MAX_DATA_BYTES) -> Content:
    """Read a JSON file (``.json`` or ``.har``) or a YAML file of at most ``limit`` bytes.

    Raises ``UsageError`` with file and line, also for a file with more than ``MAX_VALUES`` values or ``MAX_DEPTH``
    levels. An alias in YAML counts as what it stands for, in values and text.
    """
    text = _text(path, limit)
    try:
        content = _json(text, path) if path.suffix in (".json", ".har") else _yaml(text, path)
    except RecursionError as error:
        raise UsageError(str(path), _TOO_DEEP) from error
    _refuse_endless(content, limit)
    return content


def _text(path: Path, limit: int) -> str:
    try:
        return read_bytes(path, limit).decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(str(path), "is not UTF-8 text") from error


def _refuse_endless(content: Content, limit: int) -> None:
    """Count values and text level by level, and no further than to a limit: aliases can make a short file endless."""
    level, values, characters = [content.value], 0, 0
    for _ in range(MAX_DEPTH):
        level = list(islice(_inner(level), MAX_VALUES - values + 1))
        values += len(level)
        characters += sum(len(value) for value in level if isinstance(value, (str, bytes)))
        if values > MAX_VALUES or characters > limit:
            what = f"{MAX_VALUES:,} values" if values > MAX_VALUES else f"{limit:,} characters"
            raise UsageError(content.source, f"has more than {what}, counting what aliases stand for")
        if not level:
            return
    raise UsageError(content.source, _TOO_DEEP)


def _inner(level: list[Any]) -> Iterator[Any]:
    for value in level:
        if isinstance(value, (dict, list)):
            yield from value
        if isinstance(value, dict):
            yield from value.values()


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
    except ValueError as error:
        raise UsageError(str(path), f"cannot be read as JSON: {error}") from error


def _yaml(text: str, path: Path) -> Content:
    import yaml

    try:
        loader = loader_class()(text)
        try:
            root = loader.get_single_node()
            return Content(Builder(loader, path).build(root) if root else None, str(path), _lines(root))
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
        root = yaml.compose(_text(path, MAX_CASSETTE_BYTES), loader_class())
        deeper = {
            (f"{outer.value}.{key}", number): line
            for outer, inner in (root.value if isinstance(root, yaml.MappingNode) else ())
            for (key, number), line in _lines(inner).items()
        }
        return {**_lines(root), **deeper}
    except (yaml.YAMLError, RecursionError, *_YAML_SURPRISES):
        return {}
