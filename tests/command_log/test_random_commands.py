"""Random commands, stops and crashes at random moments: the state is always that of an emulator in memory."""

from __future__ import annotations

import http.client
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from helpers.calls import ask, basic
from helpers.lasting import content, copy_after_crash
from helpers.tour import Tour
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from notify_mock import Emulator
from notify_mock.command_log.stores.sqlite import SqliteStore
from notify_mock.support import clock


class LastingMachine(RuleBasedStateMachine):
    """The model is an emulator in memory that gets the same commands at the same times."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_900_000_000.0
        self.stack = ExitStack()
        self.stack.enter_context(patch.object(clock, "time", SimpleNamespace(time=lambda: self.now)))
        self.stack.enter_context(patch.object(SqliteStore, "_prepare", _quickly(SqliteStore._prepare)))
        folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.folder, self.copies = Path(folder), 0
        self.file = self.folder / "state.db"
        self.model = Emulator(seed=5)
        self.tours = [Tour(Emulator(state=self.file, seed=5), 5), Tour(self.model, 5)]

    @property
    def emulator(self) -> Emulator:
        return self.tours[0].emulator

    def teardown(self) -> None:
        self.emulator.close()
        self.stack.close()

    def reopen(self) -> None:
        self.tours[0] = Tour(Emulator(state=self.file), 5, self.tours[0].checkpoints)

    @rule(numbers=st.lists(st.integers(0, 10_000), min_size=1, max_size=8), passed=st.sampled_from([0.0, 0.5, 40.0]))
    def take_steps(self, numbers: list[int], passed: float) -> None:
        for number in numbers:
            self.now += passed
            results = [tour.step(number) for tour in self.tours]
            assert str(type(results[0])) == str(type(results[1]))
            assert getattr(results[0], "status", 0) == getattr(results[1], "status", 0)

    @rule(kind=st.sampled_from(["fcm", "gcm"]))
    def call_over_a_socket(self, kind: str) -> None:
        form = {"Type": kind, "Secret": "s", "ApiKey": "s"}
        if len(self.model.faults):
            self.emulator.faults.clear()
            self.model.faults.clear()
        host, port = self.emulator.url.removeprefix("http://").split(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=10)
        body = "&".join(f"{name}={value}" for name, value in form.items())
        headers = {"Authorization": basic(*self.emulator.auth), "Content-Type": "application/x-www-form-urlencoded"}
        connection.request("POST", "/v1/Credentials", body, headers)
        status = connection.getresponse().status
        connection.close()
        assert status == ask(self.model, "POST", "/v1/Credentials", **form).status

    @rule()
    def stop(self) -> None:
        self.emulator.close()
        self.reopen()

    @rule()
    def crash(self) -> None:
        self.copies += 1
        copy = copy_after_crash(self.file, self.folder / str(self.copies))
        self.emulator.close()
        self.file = copy
        self.reopen()

    @rule()
    def keep_a_snapshot(self) -> None:
        log: Any = self.emulator._log
        log.snapshot()

    @invariant()
    def the_state_is_that_of_the_model(self) -> None:
        assert content(self.emulator) == content(self.model)


def _quickly(prepare: Any) -> Any:
    def prepare_quickly(store: SqliteStore, *args: bool) -> None:
        prepare(store, *args)
        store._db.execute("PRAGMA synchronous = OFF")

    return prepare_quickly


LastingMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestLasting = LastingMachine.TestCase
