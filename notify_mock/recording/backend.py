"""The parts behind an emulator: the cassette, the upstream and the recorder."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from notify_mock.engine.engine import Observer
from notify_mock.engine.replay import Forward
from notify_mock.recording.recorder import Recorder
from notify_mock.recording.upstream import Upstream
from notify_mock.redaction.keys import find_key
from notify_mock.redaction.pseudonyms import Pseudonyms
from notify_mock.replay.cassette import Cassette, CassetteOption
from notify_mock.support.usage import UsageError

UpstreamOption = str | Upstream
RecordOption = str | Path | Recorder


class Backend(NamedTuple):
    """What an emulator plays, forwards calls to and records with."""

    cassette: CassetteOption | None
    forward: Forward | None
    observer: Observer | None
    upstream: Upstream | None
    recorder: Recorder | None

    def close(self) -> None:
        """Save the recording and close connections. Raises ``UsageError`` if something cannot be written."""
        if self.upstream is not None:
            self.upstream.close()
        if self.recorder is not None:
            self.recorder.close()


def read_backend(
    cassette: CassetteOption | None, upstream: UpstreamOption | None, record: RecordOption | None
) -> Backend:
    """Return the backend for an emulator's options. Without a cassette, all calls are forwarded to the upstream.

    Raises ``UsageError``.
    """
    __tracebackhide__ = True
    recorder = Recorder(record) if isinstance(record, (str, Path)) else record
    behind = Upstream(upstream) if isinstance(upstream, str) else upstream
    if recorder is None:
        given = _all_missing() if cassette is None else cassette
        return Backend(given, behind.send if behind is not None else None, None, behind, None)
    if behind is None:
        if recorder.plays_only:
            raise UsageError("record", f"{recorder.path} already exists", "use the mode rewrite, all or new_episodes")
        return Backend(cassette, None, recorder, None, recorder)
    if cassette is not None:
        raise UsageError("cassette", "cannot be used while an upstream is recorded", "leave cassette out")
    return Backend(recorder.cassette(), recorder.forwarding(behind.send), None, behind, recorder)


def _all_missing() -> Cassette:
    return Cassette.of((), Pseudonyms(find_key(Path())), on_miss="forward")
