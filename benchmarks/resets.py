"""Starting over: the reset of a used emulator against a single fetch."""

from __future__ import annotations

from twilio.rest import Client

from benchmarks.calls import create_fcm, fcm_form
from benchmarks.measure import in_turns, once
from benchmarks.table import Row, at_most
from notify_mock import Emulator

_ROUNDS = 400
_CREDENTIALS = 36


def resets() -> list[Row]:
    """One reset and one fetch a round; the emulator is used again before each, outside the timed part."""
    used, other = Emulator(), Emulator()
    used_client, other_client = used.client(), other.client()
    sid = create_fcm(other, 0)

    def reset() -> float:
        _use(used_client)
        return once(used.reset)

    def fetch() -> float:
        _use(used_client)
        return once(lambda: other_client.notify.v1.credentials(sid).fetch())

    pair = in_turns(reset, fetch, _ROUNDS)
    return [at_most("reset() of a used emulator / one fetch in-process", pair, 1.0)]


def _use(client: Client) -> None:
    """A few dozen credentials, each created and fetched, and one list of them."""
    credentials = client.notify.v1.credentials
    for number in range(_CREDENTIALS):
        form = fcm_form(number)
        made = credentials.create(type=form["Type"], friendly_name=form["FriendlyName"], secret=form["Secret"])
        client.notify.v1.credentials(made.sid).fetch()
    credentials.list(limit=_CREDENTIALS)
