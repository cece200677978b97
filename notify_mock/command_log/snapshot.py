"""The whole state as text, with the version of its format."""

from __future__ import annotations

import json
from typing import Any

from notify_mock.command_log.entry import StoreError
from notify_mock.command_log.machine import Machine
from notify_mock.command_log.plain import Decoder, Encoder
from notify_mock.support.version import __version__

SCHEMA = 1
"""The version of the format. It changes with the classes in ``plain.py``."""


def write_snapshot(machine: Machine, at: float) -> str:
    """Return the state as JSON. ``at`` is the time of the last command. The machine must not be busy."""
    encode = Encoder().encode
    content = {
        "schema": SCHEMA,
        "version": __version__,
        "at": at,
        "senders": machine.senders,
        "generation": machine.generation,
        "keeps bodies": machine.keeps_bodies,
        "state": encode(machine.state()),
        "checkpoints": encode(machine.checkpoints),
        "permanent faults": encode(machine.permanent_faults),
    }
    return json.dumps(content, separators=(",", ":"))


def read_snapshot(machine: Machine, text: str, position: int) -> float:
    """Put the state into a machine, and return the time of its last command. Raises ``StoreError``."""
    where = f"the snapshot at position {position}"
    try:
        content: dict[str, Any] = json.loads(text)
        schema, version = content["schema"], content["version"]
        if schema != SCHEMA:
            raise StoreError(
                f"{where} has format {schema}, written by notify-mock {version}; "
                f"notify-mock {__version__} reads format {SCHEMA}. Open it with that version and export its state"
            )
        decode = Decoder().decode
        state = decode(content["state"])  # first, as it was written: the checkpoints refer to it
        machine.checkpoints = decode(content["checkpoints"])
        machine.permanent_faults[:] = decode(content["permanent faults"])
        machine.restore_state(state)
        machine.senders, machine.generation = list(content["senders"]), int(content["generation"])
        machine.keeps_bodies = bool(content.get("keeps bodies", machine.keeps_bodies))
        return float(content["at"])
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise StoreError(f"{where} is damaged ({type(error).__name__}: {error})") from error
