"""Fixtures that most tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml  # noqa: F401 - pytester forgets what a test imports, and its C extension can't be imported twice
from helpers.pem import Pair, make_pair
from hypothesis import Phase, settings

from notify_mock import Emulator
from notify_mock.certificate_authority.authority import FOLDER_VARIABLE

pytest_plugins = ["pytester"]

settings.register_profile("suite", deadline=None)
"""Without a time limit for an example, since machines are slow at times."""

settings.load_profile("suite")
settings.register_profile(
    "mutants", derandomize=True, database=None, deadline=None, phases=[Phase.explicit, Phase.generate]
)
"""For ``make mutants``: always the same examples, and no search for a simpler one after a failure."""


@pytest.fixture(scope="session", autouse=True)
def ca_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A temporary certificate authority for this test session and its child processes."""
    folder = tmp_path_factory.mktemp("ca")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(FOLDER_VARIABLE, str(folder))
        for name in [name for name in os.environ if name.startswith("TWILIO_")]:  # of the developer's shell
            patch.delenv(name)
        yield folder


@pytest.fixture
def pytester(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Without the plugins that only this suite uses: they take longer to start than all the rest."""
    unused = ("anyio", "hypothesispytest", "respx", "time_machine")
    monkeypatch.setenv("PYTEST_ADDOPTS", " ".join(f"-p no:{name}" for name in unused))
    return pytester


@pytest.fixture(scope="session")
def pair() -> Pair:
    return make_pair()


@pytest.fixture
def emulator() -> Emulator:
    return Emulator()


@pytest.fixture
def served() -> Iterator[Emulator]:
    """An emulator with its own server."""
    with Emulator() as emulator:
        yield emulator
