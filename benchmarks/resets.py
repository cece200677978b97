"""The reset of a used emulator, compared with a single fetch."""

from __future__ import annotations

from twilio.rest import Client

from benchmarks.calls import fcm_form
from benchmarks.measure import in_turns, once
from benchmarks.table import Row, at_most
from notify_mock import Emulator

_ROUNDS = 300
_CREDENTIALS = 12


def resets() -> list[Row]:
    """Use a fresh emulator, fetch and reset in every round. The two sides differ only in what is timed."""
    emulator = Emulator()
    client = emulator.client()

    def reset() -> float:
        _fetch(client, _use(client))
        return once(emulator.reset)

    def fetch() -> float:
        sid = _use(client)
        seconds = once(lambda: _fetch(client, sid))
        emulator.reset()
        return seconds

    pair = in_turns(reset, fetch, _ROUNDS)
    return [at_most("reset() of a used emulator / one fetch in-process", pair, 1.0)]


def _use(client: Client) -> str:
    """Create and fetch a dozen credentials, list them, and return the SID of the last."""
    sid = ""
    for number in range(_CREDENTIALS):
        form = fcm_form(number)
        made = client.notify.v1.credentials.create(
            type=form["Type"], friendly_name=form["FriendlyName"], secret=form["Secret"]
        )
        sid = made.sid
        _fetch(client, sid)
    client.notify.v1.credentials.list(limit=_CREDENTIALS)
    return sid


def _fetch(client: Client, sid: str) -> object:
    return client.notify.v1.credentials(sid).fetch()
