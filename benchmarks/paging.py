"""A page deep in a long list, compared with its first page."""

from __future__ import annotations

from urllib.parse import urlsplit

from benchmarks.calls import LIST, call, fcm_form, payload, play
from benchmarks.measure import Sample, in_turns, repeated
from benchmarks.table import Row, at_most
from notify_mock import Emulator

_ROUNDS = 60
_RECORDS = 100_000
_DEEP = 99_000
_SIZE = 50
_STEP = 1000


def paging() -> list[Row]:
    """Measure ``Emulator.handle`` directly: the time of the SDK would hide differences."""
    emulator = Emulator()
    for number in range(_RECORDS):
        form = fcm_form(number)
        emulator.credentials.add(type="fcm", friendly_name=form["FriendlyName"], secret=form["Secret"])
    deep = _target_behind(emulator, _DEEP)
    _check(emulator, deep, _DEEP)
    first = f"{LIST}?PageSize={_SIZE}"
    _check(emulator, first, 0)
    pair = in_turns(_page(emulator, deep), _page(emulator, first), _ROUNDS)
    return [at_most("page of 50 at record 99,000 of 100,000 / the first page", pair, 1.5)]


def _target_behind(emulator: Emulator, record: int) -> str:
    """Return the target of the page after ``record`` records, found by following links."""
    target = f"{LIST}?PageSize={_STEP}"
    for _ in range(record // _STEP):
        link = urlsplit(payload(play(emulator, "GET", target))["meta"]["next_page_url"])
        target = f"{link.path}?{link.query}"
    return target.replace(f"PageSize={_STEP}", f"PageSize={_SIZE}")


def _check(emulator: Emulator, target: str, record: int) -> None:
    """Check that the page is full and starts at ``record``."""
    found = payload(play(emulator, "GET", target))["credentials"]
    if len(found) != _SIZE or found[0]["friendly_name"] != fcm_form(record)["FriendlyName"]:
        raise RuntimeError(f"{target} is not the page at record {record}")


def _page(emulator: Emulator, target: str) -> Sample:
    request = call(emulator, "GET", target)
    return repeated(lambda: emulator.handle(request))
