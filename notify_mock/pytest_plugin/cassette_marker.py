"""Finds the cassette of a test: the one named in its marker, or the one where pytest-recording would put it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from notify_mock.cassettes.files import inside, safe_name
from notify_mock.replay.cassette import Cassette
from notify_mock.support.usage import UsageError, only_known

if TYPE_CHECKING:
    import pytest

_OPTIONS = ("on_miss", "repeat", "match_on", "ignore", "unused", "key")


def read_marker(item: pytest.Item, marker: pytest.Mark) -> Cassette:
    """Return the cassette for ``item``. Raises ``UsageError`` that names the marker."""
    try:
        only_known("arguments", marker.kwargs, _OPTIONS)
        if not all(isinstance(name, (str, Path)) for name in marker.args):
            raise UsageError("arguments", "a name is not text", 'expected names such as notify_cassette("name.yaml")')
        paths = [_find(item, str(name)) for name in marker.args] or [_by_test(item)]
        return Cassette(*paths, **marker.kwargs)
    except UsageError as error:
        raise error.inside("marker notify_cassette") from error


def _folder(item: pytest.Item) -> Path:
    """Return pytest-recording's folder: ``cassettes/<module>`` next to the test."""
    return item.path.parent / "cassettes" / item.path.stem


def _find(item: pytest.Item, name: str) -> Path:
    """Look in the folder of the module first, then in ``cassettes``, which all modules share."""
    shared = item.path.parent / "cassettes"
    own = inside(shared, str(Path(item.path.stem, name)))
    return own if own.exists() else inside(shared, name)


def _by_test(item: pytest.Item) -> Path:
    """Raises ``UsageError`` if another test has the same file, because special characters in names become dashes."""
    name = _name(item)
    for other in item.session.items:
        if other is item or other.path.parent != item.path.parent or other.path.stem != item.path.stem:
            continue
        if _is_unnamed(other) and _name(other).casefold() == name.casefold() and other.nodeid != item.nodeid:
            raise UsageError(name, f"is also the cassette of {other.nodeid}", "name one of them in its marker")
    return _folder(item) / name


def _is_unnamed(item: pytest.Item) -> bool:
    marker = item.get_closest_marker("notify_cassette")
    return marker is not None and not marker.args


def _name(item: pytest.Item) -> str:
    """Return ``TestClass.test_name.yaml``, or ``test_name.yaml`` for a function."""
    owner = getattr(item, "cls", None)
    return safe_name(f"{owner.__name__}.{item.name}" if owner is not None else item.name)
