"""The memory of a stored credential."""

from __future__ import annotations

import gc
import sys
import tracemalloc

from benchmarks.calls import LEGACY_KEY_LENGTH, LIST, fcm_form, play
from benchmarks.table import Row
from notify_mock import Emulator
from notify_mock.journal.journal import DEFAULT_LIMIT

_RECORDS = 100_000
_LIMIT = 1500
_STEP = _RECORDS // 10


def memory() -> list[Row]:
    """Measure the bytes that remain for each of 100,000 creates. The journal is full before, so it doesn't grow."""
    emulator = Emulator()
    tracemalloc.start()
    try:
        _create(emulator, 0, DEFAULT_LIMIT)
        before = held()
        _create(emulator, DEFAULT_LIMIT, _RECORDS)
        each = (held() - before) / _RECORDS
    finally:
        tracemalloc.stop()
    behind = f"{_RECORDS:,} POST calls, tracemalloc; secrets of {LEGACY_KEY_LENGTH} characters"
    return [Row("memory for each fcm credential", f"{each:,.0f} bytes", f"at most {_LIMIT:,}", each <= _LIMIT, behind)]


def _create(emulator: Emulator, first: int, number: int) -> None:
    for made in range(first, first + number):
        play(emulator, "POST", LIST, fcm_form(made))
        if made % _STEP == 0 and made:
            print(".", end="", file=sys.stderr, flush=True)


def held() -> int:
    """Return the bytes in use now."""
    gc.collect()
    return tracemalloc.get_traced_memory()[0]
