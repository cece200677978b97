"""The cost of fault injection for a call that no fault rule applies to."""

from __future__ import annotations

from benchmarks.fetches import SdkCall
from benchmarks.measure import in_turns, repeated
from benchmarks.table import Row, at_most
from notify_mock import Drop, Emulator

_ROUNDS = 60
_RULES = 1000


def faults() -> list[Row]:
    """Compare no rules with the check for rules removed, and 1,000 rules with none."""
    none = in_turns(repeated(_fetch(Emulator())), repeated(_fetch(_without_faults())), _ROUNDS)
    armed = in_turns(repeated(_fetch(_with_rules())), repeated(_fetch(Emulator())), _ROUNDS)
    return [
        at_most("fetch with no fault rule / with the check for rules removed", none, 1.03),
        at_most("fetch with 1,000 fault rules that don't match / with none", armed, 2.0),
    ]


def _without_faults() -> Emulator:
    emulator = Emulator()
    emulator.faults.apply = lambda *_: None  # type: ignore[method-assign]
    return emulator


def _with_rules() -> Emulator:
    """Return an emulator with 200 rules each for other calls, records, accounts, parameters and clients."""
    emulator = Emulator()
    for number in range(_RULES // 5):
        emulator.faults.add("credential.create", Drop())
        emulator.faults.add("*", Drop(), sid=f"CR{number:032x}")
        emulator.faults.add("credential.*", Drop(), account_sid=f"AC{number:032x}")
        emulator.faults.add("credential.fetch", Drop(), FriendlyName=f"other {number}")
        emulator.faults.add("credential.fetch", Drop(), headers={"User-Agent": f"other {number}"})
    return emulator


def _fetch(emulator: Emulator) -> SdkCall:
    sid = emulator.credentials.add(type="fcm", friendly_name="Android app").sid
    client = emulator.client()
    return lambda: client.notify.v1.credentials(sid).fetch()
