"""Building plain data from YAML nodes, strictly and with limits."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from notify_mock.support.usage import UsageError

_TEXT, _MAPPING, _SEQUENCE, _MERGE, *_NUMBERS = (
    f"tag:yaml.org,2002:{name}" for name in ("str", "map", "seq", "merge", "int", "float")
)
_TUPLE = "tag:yaml.org,2002:python/tuple"
"""Written by vcrpy for the fields of a form. It is read as a list."""

MAX_DEPTH = 100
MAX_VALUES = 10_000_000
"""Keys and values in a file, at every level."""

_MAX_DIGITS = 400
"""Long enough for every float; PyYAML takes quadratic time for numbers with colons."""


@cache
def loader_class() -> Any:
    """Return PyYAML's safe loader, with a limit on nesting: libyaml's can overflow the stack and end the process.

    It raises ``RecursionError`` beyond ``MAX_DEPTH``.
    """
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        depth = 0

        def descend_resolver(self, _parent: Any, _index: Any) -> None:
            self.depth += 1
            if self.depth > MAX_DEPTH + 1:
                raise RecursionError

        def ascend_resolver(self) -> None:
            self.depth -= 1

    return Loader


class Builder:
    """Builds plain data from YAML nodes. Faster than PyYAML's constructor, and duplicate keys are an error."""

    def __init__(self, loader: Any, path: Path) -> None:
        self._loader, self._path = loader, path
        self._built: dict[int, Any] = {}
        self._count = 0

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
        if node.tag == _TUPLE and isinstance(node.value, list):
            return self._sequence(node)
        if not isinstance(node.value, str):
            raise self._error(node, f"is not valid YAML: {node.tag} is not the tag of a list or mapping")
        if node.tag in _NUMBERS and len(node.value) > _MAX_DIGITS:
            raise self._error(node, "contains a number that is too long; put it in quotes if it is text")
        return self._loader.construct_object(node, deep=True)

    def _sequence(self, node: Any) -> list[Any]:
        found: list[Any] = []
        self._built[id(node)] = found
        found.extend(self.build(item) for item in node.value)
        return found

    def _mapping(self, node: Any) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        self._built[id(node)] = found
        merged: list[Any] = []
        for key, value in node.value:
            if key.tag == _MERGE:
                merged += self._merged(value)
                continue
            name = self.build(key)
            if not isinstance(name, Hashable) or name in found:
                twice = f"key {name!r} is given twice"
                raise self._error(
                    key, twice if isinstance(name, Hashable) else "is not valid YAML: found unhashable key"
                )
            found[name] = self.build(value)
        for inherited in merged:  # the first one takes precedence
            self._count += len(inherited)
            if self._count > MAX_VALUES:
                raise self._error(node, f"merges more than {MAX_VALUES:,} values")
            for name, value in inherited.items():
                found.setdefault(name, value)
        return found

    def _merged(self, node: Any) -> list[Mapping[Any, Any]]:
        built = self.build(node)
        mappings = built if isinstance(built, list) else [built]
        if not all(isinstance(one, Mapping) for one in mappings):
            raise self._error(node, "is not valid YAML: << expects a mapping or a list of mappings")
        return mappings

    def _error(self, node: Any, wrong: str) -> UsageError:
        return UsageError(f"{self._path}, line {node.start_mark.line + 1}", wrong)
