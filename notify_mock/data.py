"""Records to start from, read from YAML, JSON or plain Python data."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from notify_mock.records import plant
from notify_mock.resource import Resource
from notify_mock.resources import RESOURCES
from notify_mock.state import State
from notify_mock.usage import UsageError, only_known

DataOption = Mapping[str, Any] | str | Path
"""``{"credentials": [{"type": "fcm", "secret": "..."}, ...]}``, or the path of a YAML or JSON file that holds it."""


class Seed(NamedTuple):
    """One record to plant, and where it was written."""

    resource: Resource[Any]
    values: Mapping[str, Any]
    where: str


def read_data(given: DataOption) -> tuple[Seed, ...]:
    """What an option names. Raises ``UsageError`` with file, line and key; the records' own fields are checked by
    ``plant_all``."""
    if isinstance(given, Mapping):
        return _seeds(given, {}, "data")
    if not isinstance(given, (str, Path)):
        raise UsageError("data", f"a {type(given).__name__} is no data", "give a mapping or the path of a file")
    path = Path(given)
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        raise UsageError(str(path), f"can't be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UsageError(str(path), "isn't UTF-8 text") from error
    content, lines = _json(text, path) if path.suffix == ".json" else _yaml(text, path)
    return _seeds(content, lines, str(path))


def plant_all(seeds: tuple[Seed, ...], state: State) -> None:
    """Add the records. Raises ``UsageError`` at the first that can't be."""
    for seed in seeds:
        plant(state, seed.resource, seed.values, seed.where)


def _seeds(content: Any, lines: Mapping[tuple[str, int], int], source: str) -> tuple[Seed, ...]:
    keys = {resource.key: resource for resource in RESOURCES}
    if not isinstance(content, Mapping):
        raise UsageError(source, "holds no mapping", f"write {' or '.join(keys)}: and a list below it")
    only_known(source, content, keys)
    seeds = []
    for key, items in content.items():
        if not isinstance(items, list):
            raise UsageError(f"{source}, {key}", "is no list", "put a dash before each record")
        for number, item in enumerate(items):
            line = lines.get((key, number))
            where = f"{source}, line {line}, {key}[{number}]" if line else f"{source}, {key}[{number}]"
            if not isinstance(item, Mapping) or not all(isinstance(name, str) for name in item):
                raise UsageError(where, "is no record", "write its fields as name: value")
            seeds.append(Seed(keys[key], item, where))
    return tuple(seeds)


def _json(text: str, path: Path) -> tuple[Any, dict[tuple[str, int], int]]:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        for name, _ in pairs:
            if sum(name == other for other, _ in pairs) > 1:
                raise UsageError(str(path), f"key {name!r} is given twice")
        return dict(pairs)

    try:
        return json.loads(text, object_pairs_hook=unique), {}
    except json.JSONDecodeError as error:
        raise UsageError(f"{path}, line {error.lineno}", f"isn't JSON: {error.msg}") from error


def _yaml(text: str, path: Path) -> tuple[Any, dict[tuple[str, int], int]]:
    import yaml

    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        _refuse_twins(root, path)
        lines = {
            (key.value, number): item.start_mark.line + 1
            for key, items in (root.value if isinstance(root, yaml.MappingNode) else ())
            if isinstance(items, yaml.SequenceNode)
            for number, item in enumerate(items.value)
        }
        return (loader.construct_document(root) if root else None), lines
    except yaml.MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(f"{path}{line}", f"isn't YAML: {error.problem}") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise UsageError(str(path), f"isn't YAML: {error}") from error
    finally:
        loader.dispose()


def _refuse_twins(node: Any, path: Path) -> None:
    """YAML's loader lets the last of two equal keys win in silence; here that is an error."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if key.value in seen if isinstance(key, yaml.ScalarNode) else False:
                raise UsageError(f"{path}, line {key.start_mark.line + 1}", f"key {key.value!r} is given twice")
            seen.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
            _refuse_twins(value, path)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_twins(item, path)
