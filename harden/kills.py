"""Recorders that are killed while they write: every cassette is whole, and the next start cleans up."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException
from pathlib import Path
from random import Random
from threading import Semaphore
from time import monotonic

from harden.recordings import check_cassette, record, recorder, saved, strays
from harden.table import ENOUGH, Result
from harden.target import SECONDS, Target

_CLIENTS = 4
_MOST_CALLS = 120


def run(seconds: float, seed: int) -> Result:
    """Kill one recorder after another, each after a random number of calls."""
    end = monotonic() + seconds
    failures: list[str] = []
    kills = 0
    while not kills or (monotonic() < end and len(failures) < ENOUGH):
        with tempfile.TemporaryDirectory(prefix="notify-mock-") as folder:
            wrong = _kill(Path(folder, "killed.yaml"), Random(f"{seed}/{kills}").randint(1, _MOST_CALLS))
        failures += [f"seed {seed}, kill {kills}: {problem}" for problem in wrong]
        kills += 1
    return Result("recorders killed (kill -9)", kills, "kills", failures)


def _kill(cassette: Path, calls: int) -> list[str]:
    """Kill a recorder after ``calls`` calls, start it again, and return what is wrong."""
    with recorder(cassette) as target:
        writers = [_Writer(target, number) for number in range(_CLIENTS)]
        with ThreadPoolExecutor(_CLIENTS) as pool:
            jobs = [pool.submit(writer.run) for writer in writers]
            for number in range(calls):
                writers[number % _CLIENTS].answers.acquire(timeout=SECONDS)
            target.kill()
        wrong = [problem for job in jobs for problem in job.result()]
    sent = [name for writer in writers for name in writer.sent]
    least = saved(sum(writer.answered for writer in writers))
    return wrong + check_cassette(cassette, sent, least) + _restart(cassette, sent, least)


def _restart(cassette: Path, sent: list[str], least: int) -> list[str]:
    """Continue the cassette, and stop as usual."""
    with recorder(cassette) as target:
        with target.client() as client:
            wrong = record(client, "after")
        status = target.stop()
        wrong += [] if status == 0 else [f"the next recorder ended with status {status}: {target.log()}"]
    return wrong + check_cassette(cassette, [*sent, "after"], least + 1) + strays(cassette)


class _Writer:
    """A client that makes calls until the recorder is gone. ``answers`` is released after each response."""

    def __init__(self, target: Target, number: int) -> None:
        self._target, self._number = target, number
        self.answers = Semaphore(0)
        self.sent: list[str] = []
        self.answered = 0

    def run(self) -> list[str]:
        wrong: list[str] = []
        try:
            with self._target.client() as client:
                while not wrong:
                    self.sent.append(f"name-{self._number}-{len(self.sent)}")
                    wrong += record(client, self.sent[-1])
                    self.answered += 1
                    self.answers.release()
        except (OSError, HTTPException):
            pass  # the recorder was killed
        return wrong
