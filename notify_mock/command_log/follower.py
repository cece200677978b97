"""Keeps one server in step with the others that share its state, in a thread of its own."""

from __future__ import annotations

import time
from threading import Event, Thread

from notify_mock.command_log.entry import SYNC, Command, SharedStore, StoreError, StoreUnavailable
from notify_mock.command_log.log import CommandLog

STAY_SECONDS = 1.0
"""How often a server renews its lease."""

_READ_SECONDS = 0.2
_QUIET_SECONDS = 0.02


class Follower:
    """Applies what others append, shares the reads of this server, and renews its lease, until ``stop``."""

    def __init__(self, log: CommandLog, store: SharedStore) -> None:
        self._log, self._store = log, store
        self._position = log.position
        self._stay_at = self._share_at = 0.0
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="notify-mock-state", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop, then leave the others."""
        self._stopped.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self.turn()
            except (StoreUnavailable, StoreError) as error:
                self._log.note_problem(str(error))
                self._stopped.wait(_READ_SECONDS)

    def turn(self) -> None:
        """Do once what is due. Raises ``StoreUnavailable`` or ``StoreError``."""
        log, now = self._log, _now()
        if now >= self._stay_at or log.problem:
            self._stay_at = now + STAY_SECONDS
            log.stay()
        if log.problem:
            log.commit([Command(SYNC, None)])
        if now >= self._share_at:
            self._share_at = now + _READ_SECONDS
            log.share_reads()
        if log.position != self._position:  # commits bring what others have appended
            self._position = log.position
            self._stopped.wait(_QUIET_SECONDS)
            return
        log.catch_up(self._store.newer(self._position, _READ_SECONDS))
        self._position = log.position


def _now() -> float:
    """Return the time of a clock that freezegun does not replace."""
    return time.clock_gettime(time.CLOCK_MONOTONIC) if hasattr(time, "clock_gettime") else time.monotonic()
