"""A state that is opened again answers as if nothing had happened."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from helpers.lasting import FakeTime, content, copy_after_crash
from helpers.tour import Tour

from notify_mock import Emulator

Reopen = Callable[[Emulator, Path, Path], Path]


def cleanly(emulator: Emulator, file: Path, _folder: Path) -> Path:
    emulator.close()
    return file


def after_a_crash(_emulator: Emulator, file: Path, folder: Path) -> Path:
    return copy_after_crash(file, folder / "copy")


@pytest.fixture(params=[cleanly, after_a_crash])
def reopen(request: pytest.FixtureRequest) -> Reopen:
    chosen: Reopen = request.param
    return chosen


def walk(tour: Tour, now: FakeTime, numbers: range) -> Iterator[Any]:
    for number in numbers:
        now.now += 1.25
        yield tour.step(number)


@pytest.mark.parametrize("seed", range(3))
def test_a_restart_changes_no_byte_of_a_tour_of_500_steps(
    reopen: Reopen, seed: int, tmp_path: Path, now: FakeTime
) -> None:
    """Both emulators end the first half at the same position, so that request ids of reads are the same, too."""
    file = tmp_path / "state.db"
    with closing(Emulator(state=file, seed=seed)) as emulator:
        tour = Tour(emulator, seed)
        for _ in walk(tour, now, range(250)):
            pass
        then, before = now.now, content(emulator)
        same = copy_after_crash(file, tmp_path / "same")
        again = reopen(emulator, file, tmp_path)
    found = []
    for path in (same, again):
        with closing(Emulator(state=path)) as emulator:
            assert content(emulator) == before
            now.now = then
            found.append(list(walk(Tour(emulator, seed, tour.checkpoints.copy()), now, range(250, 750))))
    assert found[0] == found[1]


def test_a_state_that_lasts_is_the_one_in_memory(tmp_path: Path, now: FakeTime) -> None:
    with closing(Emulator(state=tmp_path / "state.db")) as lasting, closing(Emulator()) as forgetful:
        tours = Tour(lasting, 1), Tour(forgetful, 1)
        for number in range(400):
            now.now += 1.25
            made = [tour.step(number) for tour in tours]
            assert str(type(made[0])) == str(type(made[1]))
            assert content(lasting) == content(forgetful)
