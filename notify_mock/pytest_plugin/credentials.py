"""The credentials of a failing test that would make every push fail, for its report."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from notify_mock.deliveries.credentials import use_of
from notify_mock.support.counted import counted
from notify_mock.twilio_api.masking import show_text

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator

_MAX_SHOWN = 3
_MAX_CHECKED = 100


def show_failing(emulator: Emulator) -> str:
    """Return a line for each of the first such credentials, or an empty text."""
    lines = list(_lines(emulator))
    more = len(lines) - _MAX_SHOWN
    return "\n".join([*lines[:_MAX_SHOWN], *([f"and {counted(more, 'more credential')}"] if more > 0 else [])])


def _lines(emulator: Emulator) -> Iterator[str]:
    now, accept_legacy = emulator.clock.time(), emulator.providers.fcm.accept_legacy
    for record in islice(emulator.credentials.values(), _MAX_CHECKED):
        problem = use_of(record, now, accept_legacy=accept_legacy).problem
        if problem is not None:
            name = f" ({show_text(record.friendly_name)})" if record.friendly_name else ""
            yield f"a push with {record.sid}{name} fails: {problem}"
