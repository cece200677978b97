"""What fails a test whose own code has passed: blocked requests, unused fault rules, misses and age of its cassette."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from notify_mock.emulator import Emulator
    from notify_mock.faults.rule import Rule
    from notify_mock.interception.interception import Interception


class Checks:
    """The checks of one test.

    With a shared emulator, only what happens after the start of the test counts. ``max_age`` is that of a cassette
    without its own.
    """

    def __init__(
        self, emulator: Emulator, interception: Interception | None, *, is_shared: bool, max_age: str | None = None
    ) -> None:
        self._emulator, self._interception, self._is_shared = emulator, interception, is_shared
        self._max_age = max_age
        self._earlier_rules: list[Rule] = emulator.faults.unused if is_shared else []
        self._earlier_misses = len(emulator.cassette.misses) if is_shared and emulator.cassette else 0
        if is_shared and interception is not None:
            interception.escaped.clear()

    def run(self) -> None:
        """Fail the test if something is wrong."""
        if self._interception is not None:
            fail_for_blocked(self._interception.escaped)
        self._check_rules()
        self._check_cassette()

    def _check_rules(self) -> None:
        unused = [rule for rule in self._emulator.faults.unused if not any(rule is old for old in self._earlier_rules)]
        warned = [str(rule) for rule in unused if rule.unused == "warn"]
        failed = [str(rule) for rule in unused if rule.unused == "error"]
        text = "fault rules that were never applied: "
        if warned:
            warnings.warn(pytest.PytestWarning(text + ", ".join(warned)), stacklevel=2)
        if failed:
            pytest.fail(f"{text}{', '.join(failed)} (unused='ignore' allows this)", pytrace=False)

    def _check_cassette(self) -> None:
        playback = self._emulator.cassette
        if playback is None or playback.cassette is None:
            return
        if playback.misses[self._earlier_misses :]:
            pytest.fail("\n".join(map(str, playback.misses[self._earlier_misses :])), pytrace=False)
        if self._max_age is not None and playback.cassette.max_age is None:
            try:
                playback.cassette.warn_of_age(self._max_age)
            except UserWarning as error:  # warnings are errors
                pytest.fail(str(error), pytrace=False)
        if self._is_shared or not playback.unused:
            return
        if playback.cassette.unused == "warn":
            warnings.warn(pytest.PytestWarning(str(playback)), stacklevel=2)
        if playback.cassette.unused == "error":
            pytest.fail(f"{playback} (unused='ignore' allows this)", pytrace=False)


def fail_for_blocked(requests: list[str]) -> None:
    """Fail for blocked requests, even if the code of the test caught the error."""
    if requests:
        pytest.fail(f"blocked requests: {'; '.join(requests)}", pytrace=False)
