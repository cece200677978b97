"""The start of an emulator with a large state, compared with reading its records as JSON."""

from __future__ import annotations

import dataclasses
import json
import tempfile
from pathlib import Path

from benchmarks.calls import fcm_form
from benchmarks.measure import in_turns, once
from benchmarks.table import Row, at_most
from notify_mock.command_log.lasting import LastingEngine

_CREDENTIALS = 100_000
_ROUNDS = 5
_LIMIT = 4


def restarts() -> list[Row]:
    """Stop an emulator with many credentials, and start it again."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "state.db")
        text = _fill(file)

        def start() -> float:
            engines: list[LastingEngine] = []
            seconds = once(lambda: engines.append(LastingEngine(state=file)))
            engines[0].close_log()
            return seconds

        pair = in_turns(start, lambda: once(lambda: json.loads(text)), _ROUNDS)
    return [at_most(f"start with {_CREDENTIALS:,} credentials / json.loads of them", pair, _LIMIT)]


def _fill(file: Path) -> str:
    """Create the credentials, and return them as JSON."""
    engine = LastingEngine(state=file)
    forms = [fcm_form(number) for number in range(_CREDENTIALS)]
    data = [{"type": "fcm", "friendly_name": form["FriendlyName"], "secret": form["Secret"]} for form in forms]
    engine.add_records({"credentials": data})
    text = json.dumps([dataclasses.asdict(record) for record in engine.credentials.values()], default=str)
    engine.close_log()
    return text
