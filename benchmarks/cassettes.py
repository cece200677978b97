"""Cassettes: a fetch replayed by notify_mock and by vcrpy, and the cost of large cassettes."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

import vcr  # type: ignore[import-untyped]
import yaml
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from benchmarks.calls import HOST, LIST, call, fcm_form, play
from benchmarks.fetches import SdkCall
from benchmarks.measure import in_turns, once, repeated
from benchmarks.table import Row, at_least, at_most
from notify_mock import Cassette, Emulator, Recorder

_ROUNDS = 60
_LOADS = 4
_MANY, _FEW = 10_000, 10


def replayed_both() -> list[Row]:
    """Replay the same file, recorded by notify_mock from its own emulator, with the same SDK. Reading isn't timed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "fetch.yaml")
        emulator = Emulator(record=path)
        sid = emulator.client().notify.v1.credentials.create(type="fcm", secret="key", friendly_name="Android").sid
        emulator.client().notify.v1.credentials(sid).fetch()
        emulator.close()
        player = Emulator(cassette=Cassette(path, repeat=True))
        ours = _fetch(player.client(*emulator.auth), sid)
        with vcr.use_cassette(str(path), record_mode="none", allow_playback_repeats=True):
            theirs = _fetch(Client(*emulator.auth, http_client=TwilioHttpClient()), sid)
            pair = in_turns(repeated(ours), repeated(theirs), _ROUNDS)
    return [at_least("fetch replayed by vcrpy / replayed in-process", pair, 5)]


def _fetch(client: Client, sid: str) -> SdkCall:
    if client.notify.v1.credentials(sid).fetch().friendly_name != "Android":
        raise RuntimeError("the fetch returned an unexpected record")
    return lambda: client.notify.v1.credentials(sid).fetch()


def cassettes() -> list[Row]:
    """Load 10,000 entries, compared with the parser alone; play one of 10,000 entries, compared with one of ten."""
    with tempfile.TemporaryDirectory() as folder:
        large, small = Path(folder, "large.yaml"), Path(folder, "small.yaml")
        _write(large, _MANY)
        _write(small, _FEW)
        text = large.read_text()
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        loads = in_turns(
            lambda: once(lambda: Cassette(large)),
            lambda: once(lambda: yaml.load(text, loader)),
            _LOADS,
        )
        lookups = in_turns(repeated(_lookup(large, _MANY)), repeated(_lookup(small, _FEW)), _ROUNDS)
    return [
        at_most("load a cassette of 10,000 entries / yaml.load of its text", loads, 1.2),
        at_most("play one of 10,000 entries / one of 10", lookups, 1.1),
    ]


def _write(path: Path, number: int) -> None:
    """Create ``number`` credentials and record them."""
    recorder = Recorder(path)
    emulator = Emulator()
    for count in range(number):
        asked = call(emulator, "POST", LIST, fcm_form(count))
        recorder.end(recorder.begin(), asked, emulator.handle(asked))
    recorder.close()


def _lookup(path: Path, number: int) -> Callable[[], object]:
    """Return a call for the entry in the middle, through the whole emulator."""
    emulator = Emulator(cassette=Cassette(path, repeat=True))
    asked = call(emulator, "POST", LIST, fcm_form(number // 2))
    if play(emulator, "POST", LIST, fcm_form(number // 2)).status != 201:
        raise RuntimeError(f"{HOST} returned an unexpected response")
    return lambda: emulator.handle(asked)
