"""Numbers and their nouns in messages."""

from __future__ import annotations

import pytest

from notify_mock import Emulator
from notify_mock.support.counted import counted


@pytest.mark.parametrize(
    ("number", "nouns", "expected"),
    [
        (1, ("call",), "1 call"),
        (0, ("call",), "0 calls"),
        (2, ("entry", "entries"), "2 entries"),
        (1, ("entry", "entries"), "1 entry"),
    ],
)
def test_one_is_singular_and_every_other_number_is_plural(number: int, nouns: tuple[str, ...], expected: str) -> None:
    assert counted(number, *nouns) == expected


def test_messages_use_the_singular_for_one() -> None:
    emulator = Emulator(journal_limit=1)
    for _ in range(2):
        emulator.client().notify.v1.credentials.list()
    emulator.services.add()
    assert repr(emulator.services) == "<1 service>"
    assert repr(emulator).endswith(", 1 record>")
    assert repr(emulator.journal) == "<Journal of 1 exchange>"
    assert emulator.journal.show().startswith("(1 earlier exchange is not shown)")
    with pytest.raises(AssertionError, match=r"expected 1 attempt at credential\.create") as caught:
        emulator.assert_attempts("credential.create", 1)
    with pytest.raises(AssertionError, match=r"keeps 1 exchange .* has dropped 1 exchange that may"):
        emulator.journal.expect("credential.list", count=2)
    assert "1 attempts" not in str(caught.value)
