"""The worlds as fixtures. Only this file decides in which of them the application's tests run."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from notifier import Notifier
from notifier.fcm import as_notify_did
from worlds import DirectWorld, NotifyWorld, TransitionWorld, World

from notify_mock import Emulator


@pytest.fixture(params=["notify", "transition", "direct", "direct, for installed apps"])
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    if request.param == "notify":
        yield NotifyWorld(request.getfixturevalue("notify_mock"))
        return
    found: DirectWorld
    if request.param == "transition":
        found = TransitionWorld(request.getfixturevalue("notify_mock"))
    else:
        found = DirectWorld() if request.param == "direct" else DirectWorld(as_notify_did)
    yield found
    found.close()


@pytest.fixture
def notifier(world: World) -> Notifier:
    return Notifier(world.gateway)


@pytest.fixture
def direct() -> Iterator[DirectWorld]:
    world = DirectWorld()
    yield world
    world.close()


@pytest.fixture
def notify(notify_mock: Emulator) -> NotifyWorld:
    return NotifyWorld(notify_mock)
