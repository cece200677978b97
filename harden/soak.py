"""Mixed calls, faults and resets for a long time: memory stays flat, and no record is lost or duplicated."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from random import Random
from time import monotonic

from harden.load import PATH, walk
from harden.table import ENOUGH, Result
from harden.target import Reply, Target

_CLIENTS = 8
_CALLS = 80
_FAULTS = (
    {"call": "*", "effect": "refuse", "code": 20503, "chance": 0.05},
    {"call": "*", "effect": "drop", "chance": 0.03},
    {"call": "*", "effect": "drop", "phase": "after", "chance": 0.03},
    {"call": "*", "effect": "reset", "phase": "after", "chance": 0.02},
    {"call": "*", "effect": "truncate", "phase": "after", "chance": 0.03},
    {"call": "*", "effect": "garble", "what": "json", "phase": "after", "chance": 0.03},
    {"call": "*.create", "effect": "delay", "seconds": 0.002, "chance": 0.2},
)
_EXPECTED = (200, 201, 204, 503)
_GROWTH = 1.05
_MARGIN = 4.0
"""Memory may grow by 5 % and 4 MiB after the warm-up: fragmentation, not a leak."""


def run(seconds: float, seed: int) -> Result:
    """Repeat rounds of mixed calls under faults, each followed by a check and a reset."""
    end = monotonic() + seconds
    failures: list[str] = []
    memory: list[float] = []
    with Target(log_level="warning") as target:
        while not memory or (monotonic() < end and len(failures) < ENOUGH):
            failures += _round(target, Random(f"{seed}/{len(memory)}"), len(memory))
            memory.append(target.memory())
        failures += [f"traceback: {last}" for last in target.tracebacks()]
    before, after = growth(memory)
    if after > before * _GROWTH + _MARGIN:
        failures.append(f"memory grew from {before:.0f} to {after:.0f} MiB")
    calls = len(memory) * _CLIENTS * _CALLS
    return Result("soak with faults and resets", calls, "calls", failures, f"RSS {before:.0f} -> {after:.0f} MiB")


def growth(memory: list[float]) -> tuple[float, float]:
    """Return the most memory used in the second quarter, after the warm-up, and in the last one."""
    quarter = max(1, len(memory) // 4)
    return max(memory[quarter : 2 * quarter] or memory), max(memory[-quarter:])


def _round(target: Target, random: Random, number: int) -> list[str]:
    for rule in random.sample(_FAULTS, 4):
        target.control("POST", "faults", rule)
    seeds = [random.random() for _ in range(_CLIENTS)]
    with ThreadPoolExecutor(_CLIENTS) as pool:
        jobs = [pool.submit(_Caller(target, number, Random(one)).run) for one in seeds]
        callers = [job.result() for job in jobs]
    target.control("DELETE", "faults")
    failures = [failure for caller in callers for failure in caller.check()]
    target.control("POST", "reset")
    state = target.control("GET", "state")
    if any(state[key] for key in ("credentials", "services", "faults")):
        failures.append(f"round {number}: records or rules are left after a reset")
    for caller in callers:
        caller.close()
    return failures


class _Caller:
    """One client with an account of its own, which knows the names of the records that exist.

    ``certain`` are those that must exist. ``possible`` are those for which a response was lost.
    """

    def __init__(self, target: Target, number: int, random: Random) -> None:
        self._random = random
        self._round = number
        self._account = f"AC{random.getrandbits(128):032x}"
        self._client = target.client(self._account)
        self._sids: dict[str, str] = {}
        self._possible: set[str] = set()
        self._services: list[str] = []
        self._failures: list[str] = []

    def run(self) -> _Caller:
        """Make calls of all kinds."""
        for number in range(_CALLS):
            act = self._random.choice(
                [self._create, self._create, self._update, self._delete, self._list, self._notify]
            )
            act(f"name-{number}")
        return self

    def check(self) -> list[str]:
        """Compare the records with those that must exist, and return the differences."""
        found, _ = walk(self._client, self._random.randint(1, 60))
        names = [self._client.call("GET", f"{PATH}/{sid}").content["friendly_name"] for sid in found]
        lost = [f"{name} was lost" for name in self._sids if name not in names]
        known = {*self._sids, *self._possible}
        added = [f"{name} is duplicated or unknown" for name in names if names.count(name) > 1 or name not in known]
        return [f"round {self._round}, {self._account}: {wrong}" for wrong in (*self._failures, *lost, *added)]

    def close(self) -> None:
        self._client.close()

    def _call(self, method: str, path: str, form: Mapping[str, object] | None = None) -> Reply | None:
        """Return the response, or None if it was lost."""
        try:
            reply = self._client.call(method, path, form)
        except (OSError, HTTPException, ValueError) as error:
            self._client.close()
            if isinstance(error, TimeoutError):
                self._failures.append(f"{method} {path} had no response in time")
            return None
        if reply.status not in _EXPECTED:
            self._failures.append(f"{method} {path} returned {reply}")
        return reply

    def _create(self, name: str) -> None:
        reply = self._call("POST", PATH, {"Type": "fcm", "Secret": "key", "FriendlyName": name})
        if reply is None:
            self._possible.add(name)
        elif reply.status == 201:
            self._sids[name] = reply.content["sid"]

    def _update(self, _: str) -> None:
        if self._sids:
            name = self._random.choice(list(self._sids))
            self._call("POST", f"{PATH}/{self._sids[name]}", {"FriendlyName": name, "Secret": "other"})

    def _delete(self, _: str) -> None:
        if not self._sids:
            return
        name = self._random.choice(list(self._sids))
        reply = self._call("DELETE", f"{PATH}/{self._sids[name]}")
        if reply is None:
            self._possible.add(name)
        if reply is None or reply.status == 204:
            del self._sids[name]

    def _list(self, _: str) -> None:
        self._call("GET", f"{PATH}?PageSize={self._random.randint(1, 100)}")

    def _notify(self, name: str) -> None:
        if not self._services:
            reply = self._call("POST", "/v1/Services", {"FriendlyName": name})
            self._services += [reply.content["sid"]] if reply and reply.status == 201 else []
            return
        path = f"/v1/Services/{self._services[0]}"
        binding = {"Identity": name, "BindingType": "sms", "Address": "+15005550006", "Tag": ["a", "b"]}
        self._call("POST", f"{path}/Bindings", binding)
        self._call("POST", f"{path}/Notifications", {"Identity": name, "Body": "hello"})
