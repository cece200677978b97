"""Servers that share a state, simulated with 300 seeds; ``make simulate`` runs 20,000."""

from __future__ import annotations

import pytest

from notify_mock.command_log.machine import Machine
from simulation.__main__ import main, several
from simulation.scheduler import Broken
from simulation.world import run


@pytest.mark.parametrize("first", range(0, 150, 50))
def test_servers_that_share_a_state_keep_their_promises(first: int) -> None:
    seen, failures = several(range(first, first + 50))
    assert not failures
    assert min(seen) > 50


def test_seeds_that_once_failed_keep_them() -> None:
    """The answer of the store to a held call was lost, and the call was held for ever."""
    assert several([1718, 2851])[1] == []


def test_a_seed_repeats() -> None:
    assert run(7) == run(7)


def test_a_failing_seed_is_printed(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def broken(seed: int) -> None:
        raise Broken(f"seed {seed}, step 3: lost")

    monkeypatch.setattr("simulation.__main__.run", broken)
    monkeypatch.setattr("simulation.__main__.ProcessPoolExecutor", Here)
    assert main(["--seeds", "1", "--seed", "41"]) == 1
    assert capsys.readouterr().out == (
        "seed 41, step 3: lost\nrepeat with: make simulate SEED=41 SEEDS=1\n"
        "1 seeds, 1 broken: 0 steps, 0 entries, 0 acknowledged, 0 crashes, 0 callbacks\n"
    )


def test_the_simulation_notices_a_server_that_does_not_end_what_another_was_doing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Machine, "_end_server", lambda self, server: None)
    assert several(range(20))[1]


class Here:
    """Runs everything in this process."""

    def __init__(self, _jobs: int) -> None:
        self.map = map

    def __enter__(self) -> Here:
        return self

    def __exit__(self, *_: object) -> None: ...
