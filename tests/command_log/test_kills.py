"""Servers that are killed while they write; ``make harden`` does it for minutes."""

from __future__ import annotations

from pathlib import Path

from harden.state import check, kill


def test_what_a_killed_server_has_acknowledged_is_there_once(file: Path) -> None:
    acknowledged: set[str] = set()
    for number, calls in enumerate((1, 30, 60)):
        wrong, names = kill(file, calls, str(number), acknowledged)
        acknowledged |= names
        assert not wrong
        assert len(names) >= calls
    assert check(file, acknowledged) == []
