"""The cassette of a test, to replay or record: the one named in its marker, or where pytest-recording would put it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from notify_mock.cassettes.files import inside, safe_name
from notify_mock.emulator import Emulator
from notify_mock.replay.cassette import Cassette
from notify_mock.support.usage import UsageError, only_known

if TYPE_CHECKING:
    import pytest

    from notify_mock.recording.recorder import Mode, Recorder
    from notify_mock.server.shared_server import SharedServer

TWILIO = "https://notify.twilio.com"
"""Where cassettes are recorded from by default."""

_OPTIONS = ("on_miss", "repeat", "match_on", "ignore", "unused", "key", "max_age")


class CassetteOfTest(NamedTuple):
    """The files of a test's cassette, the options for replaying it, and how it is recorded from ``upstream``."""

    paths: list[Path]
    options: Mapping[str, Any]
    mode: Mode
    upstream: Any

    @property
    def is_replayed(self) -> bool:
        """Whether it is only replayed. It is recorded otherwise."""
        return self.mode == "none" or (self.mode == "once" and all(path.exists() for path in self.paths))

    def make(self, options: Mapping[str, Any], server: SharedServer) -> Emulator:
        """Return an emulator that replays or records the cassette. Raises ``UsageError``."""
        if self.is_replayed:
            return Emulator(**{**options, "cassette": self._read()}, server=server)
        recorder = self._recorder()
        try:
            emulator = Emulator(**{**options, "upstream": self.upstream, "record": recorder}, server=server)
            if self.mode == "new_episodes" and self.paths[0].exists():
                emulator.cassette = self._read(on_miss="forward")
        except UsageError:
            recorder.close()
            raise
        return emulator

    def _read(self, **options: Any) -> Cassette:
        with _naming_marker():
            return Cassette(*self.paths, **{**self.options, **options})

    def _recorder(self) -> Recorder:
        from notify_mock.recording.recorder import Recorder

        with _naming_marker():
            if len(self.paths) > 1:
                raise UsageError("arguments", "cannot record into more than one cassette", "give one name")
            return Recorder(self.paths[0], mode=self.mode)


def read_marker(item: pytest.Item, marker: pytest.Mark, upstream: Any) -> CassetteOfTest:
    """Return the cassette for ``item``. Raises ``UsageError`` that names the marker."""
    with _naming_marker():
        only_known("arguments", marker.kwargs, _OPTIONS)
        if not all(isinstance(name, (str, Path)) for name in marker.args):
            raise UsageError("arguments", "a name is not text", 'expected names such as notify_cassette("name.yaml")')
        paths = [_find(item, str(name)) for name in marker.args] or [_by_test(item)]
        return CassetteOfTest(paths, marker.kwargs, item.config.getoption("--notify-mock-record"), upstream)


@contextmanager
def _naming_marker() -> Iterator[None]:
    try:
        yield
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
