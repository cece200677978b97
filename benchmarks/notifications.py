"""The cost of a notification to many bindings, and of finding bindings by tag and identity."""

from __future__ import annotations

import gc
import json
import sys
import tracemalloc
from collections.abc import Callable

from benchmarks.calls import call, payload, play
from benchmarks.measure import Pair, Sample, in_turns, once, repeated
from benchmarks.memory import held
from benchmarks.table import Row, at_most
from notify_mock import Emulator
from notify_mock.journal.journal import DEFAULT_LIMIT

_BINDINGS = 100_000
_TOLD = 10_000
_ROUNDS = 20
_LIMIT = 2048
_STEP = _BINDINGS // 10
_MESSAGE = {
    "Title": "New message",
    "Body": "Alice: are you coming tonight?",
    "Sound": "ping",
    "Data": '{"room": "CH7"}',
}


def _form(number: int) -> dict[str, str]:
    """Return the form of an apn binding with its own identity; one in ten has the tag ``told``."""
    tag = "told" if number % (_BINDINGS // _TOLD) == 0 else "other"
    return {"Identity": f"user-{number}", "BindingType": "apn", "Address": f"{number:064x}", "Tag": tag}


class _Scene:
    """A service with an apn credential and ``number`` bindings."""

    def __init__(self, number: int) -> None:
        self.emulator = Emulator()
        credential = self.emulator.credentials.add(type="apn")
        self.service = self.emulator.services.add(apn_credential_sid=credential.sid).sid
        self.bindings = f"/v1/Services/{self.service}/Bindings"
        for made in range(number):
            form = _form(made)
            self.emulator.bindings.add(
                identity=form["Identity"], binding_type="apn", address=form["Address"], tags=[form["Tag"]]
            )
            if made % _STEP == 0:
                print(".", end="", file=sys.stderr, flush=True)

    def send(self) -> Sample:
        """Return a sample of the seconds that a notification takes for each of its deliveries."""
        target = f"/v1/Services/{self.service}/Notifications"
        request = call(self.emulator, "POST", target, {"Tag": "told", **_MESSAGE})

        def sample() -> float:
            self.emulator.deliveries.reset()
            gc.collect()
            seconds = once(lambda: self.emulator.handle(request)) / _TOLD
            if len(self.emulator.deliveries) != _TOLD or self.emulator.deliveries.find(state="failed"):
                raise RuntimeError("the notification has missing or failed deliveries")
            return seconds

        return sample

    def listed(self, query: str, expected: int) -> Callable[[], object]:
        """Return a list call with this query, after checking that it finds ``expected`` bindings."""
        target = f"{self.bindings}?{query}"
        if len(payload(play(self.emulator, "GET", target))["bindings"]) != expected:
            raise RuntimeError(f"{target} doesn't find {expected} bindings")
        request = call(self.emulator, "GET", target)
        return lambda: self.emulator.handle(request)


def notifications() -> list[Row]:
    """Measure ``Emulator.handle`` directly: the time of the SDK would hide differences."""
    large, small = _Scene(_BINDINGS), _Scene(_TOLD)
    rows = [at_most("one of 10,000 deliveries (100,000 bindings) / json.dumps of its payload", _delivering(large), 4)]
    for what, query, in_large, in_small in (
        ("by identity", "Identity=user-5000", 1, 1),
        ("by tag, a page of 50", "Tag=told", 50, 50),
        ("by two tags without a match", "Tag=told&Tag=none", 0, 0),
    ):
        pair = in_turns(repeated(large.listed(query, in_large)), repeated(small.listed(query, in_small)), _ROUNDS)
        rows.append(at_most(f"bindings {what}, among 100,000 / among 10,000", pair, 1.5))
    return [*rows, _memory()]


def _delivering(scene: _Scene) -> Pair:
    send = scene.send()
    send()
    sent = scene.emulator.deliveries.last.payload
    return in_turns(send, repeated(lambda: json.dumps(sent)), _ROUNDS)


def _memory() -> Row:
    """Measure the bytes that remain for each created binding. The journal is full before."""
    scene = _Scene(0)
    tracemalloc.start()
    try:
        _create(scene, 0, DEFAULT_LIMIT)
        before = held()
        _create(scene, DEFAULT_LIMIT, _BINDINGS)
        each = (held() - before) / _BINDINGS
    finally:
        tracemalloc.stop()
    behind = f"{_BINDINGS:,} POST calls, tracemalloc; own identity and device token, one tag"
    return Row("memory for each apn binding", f"{each:,.0f} bytes", f"at most {_LIMIT:,}", each <= _LIMIT, behind)


def _create(scene: _Scene, first: int, number: int) -> None:
    for made in range(first, first + number):
        play(scene.emulator, "POST", scene.bindings, _form(made))
