"""Servers whose state lasts, killed while they write: what was acknowledged is there, once."""

from __future__ import annotations

import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from random import Random
from threading import Semaphore
from time import monotonic
from urllib.parse import urlsplit

from harden.table import ENOUGH, Result
from harden.target import SECONDS, Client, Target

_CLIENTS = 4
_MOST_CALLS = 80
_PAGE = 1000


def run(seconds: float, seed: int) -> Result:
    """Kill one server after another on one file, each after a random number of calls."""
    end = monotonic() + seconds
    failures: list[str] = []
    kills = 0
    with tempfile.TemporaryDirectory(prefix="notify-mock-") as folder:
        file = Path(folder, "state.db")
        acknowledged: set[str] = set()
        while not kills or (monotonic() < end and len(failures) < ENOUGH):
            wrong, names = kill(file, Random(f"{seed}/{kills}").randint(1, _MOST_CALLS), f"{kills}", acknowledged)
            acknowledged |= names
            failures += [f"seed {seed}, kill {kills}: {problem}" for problem in wrong]
            kills += 1
        failures += [f"seed {seed}, at the end: {problem}" for problem in check(file, acknowledged)]
    return Result(
        "servers with a state killed (kill -9)", kills, "kills", failures, f"{len(acknowledged):,} writes kept"
    )


def kill(file: Path, calls: int, prefix: str, acknowledged: set[str]) -> tuple[list[str], set[str]]:
    """Check what the last server has left, and kill this one after ``calls`` writes. Returns what is wrong, and the
    names that it has acknowledged."""
    with Target("--state", str(file)) as target:
        wrong = _compare(target, acknowledged)
        writers = [_Writer(target, f"{prefix}-{number}") for number in range(_CLIENTS)]
        with ThreadPoolExecutor(_CLIENTS) as pool:
            jobs = [pool.submit(writer.run) for writer in writers]
            for number in range(calls):
                writers[number % _CLIENTS].answers.acquire(timeout=SECONDS)
            target.kill()
        wrong += [problem for job in jobs for problem in job.result()]
        wrong += [f"traceback: {last}" for last in target.tracebacks()]
    return wrong, {name for writer in writers for name in writer.acknowledged}


def check(file: Path, acknowledged: set[str]) -> list[str]:
    """Start once more, stop as usual, and start again. Returns what is wrong."""
    wrong: list[str] = []
    for _ in range(2):
        with Target("--state", str(file)) as target:
            wrong += _compare(target, acknowledged)
            status = target.stop()
            wrong += [] if status == 0 else [f"the server ended with status {status}: {target.log()}"]
    return wrong


def _compare(target: Target, acknowledged: set[str]) -> list[str]:
    with target.client() as client:
        found = Counter(_names(client))
    lost, doubled = acknowledged - set(found), [name for name, count in found.items() if count > 1]
    return [f"lost: {name}" for name in sorted(lost)] + [f"doubled: {name}" for name in doubled]


def _names(client: Client) -> list[str]:
    names: list[str] = []
    path = f"/v1/Credentials?PageSize={_PAGE}"
    while path:
        page = client.call("GET", path).content
        names += [one["friendly_name"] for one in page["credentials"]]
        link = urlsplit(page["meta"]["next_page_url"] or "")
        path = f"{link.path}?{link.query}" if link.path else ""
    return names


class _Writer:
    """A client that creates records until the server is gone. ``answers`` is released after each response."""

    def __init__(self, target: Target, prefix: str) -> None:
        self._target, self._prefix = target, prefix
        self.answers = Semaphore(0)
        self.acknowledged: list[str] = []

    def run(self) -> list[str]:
        number = 0
        try:
            with self._target.client() as client:
                while True:
                    name = f"{self._prefix}-{number}"
                    number += 1
                    reply = client.call("POST", "/v1/Credentials", {"Type": "fcm", "Secret": "s", "FriendlyName": name})
                    if reply.status != 201:
                        return [f"{name}: {reply}"]
                    self.acknowledged.append(name)
                    self.answers.release()
        except (OSError, HTTPException):
            return []  # the server was killed
