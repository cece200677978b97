"""Old names that still work: each gives a warning with the new name, at the line that uses it."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest
from helpers.calls import ask
from helpers.entries import entry

from notify_mock import Cassette, Drop, Emulator, UsageError
from notify_mock.cassettes.vcr import write_yaml


def test_a_fault_rule_still_takes_a_door(emulator: Emulator) -> None:
    with pytest.warns(FutureWarning, match="door is now called api") as caught:
        added = emulator.faults.add("*", Drop(), door="chat/v2")
    assert added.rule.match.api == "chat/v2"
    assert added.rule.describe()["api"] == "chat/v2"
    assert caught[0].filename == __file__


def test_a_rule_in_a_file_says_where_the_old_name_stands(tmp_path: Path) -> None:
    path = tmp_path / "faults.yaml"
    path.write_text("faults:\n  - {effect: drop, door: chat/v2}\n")
    with pytest.warns(FutureWarning, match=r"faults\.yaml, line 2, faults\[0\], door is now called api"):
        Emulator(faults=path)


def test_the_journal_is_still_searched_by_door(emulator: Emulator) -> None:
    ask(emulator, "GET", "/v1/Credentials")
    with pytest.warns(FutureWarning, match="door is now called api"):
        (exchange,) = emulator.journal.expect("credential.list", door="notify/v1")
    with pytest.warns(FutureWarning, match=r"Exchange\.door is now called Exchange\.api"):
        assert exchange.door == exchange.api == "notify/v1"
    assert exchange.describe()["door"] == "notify/v1"


def test_a_cassette_is_still_matched_on_door(tmp_path: Path) -> None:
    import yaml

    path = tmp_path / "x.yaml"
    path.write_text(yaml.safe_dump({"version": 1, "interactions": [entry()]}))
    with pytest.warns(FutureWarning, match="match_on door is now called api"):
        old = Cassette(path, match_on=("method", "door"))
    new = Cassette(path, match_on=("method", "api"))
    assert write_yaml(old.interactions) == write_yaml(new.interactions)
    assert [old.key(one.call()) for one in old.interactions] == [new.key(one.call()) for one in new.interactions]


def test_the_old_name_beside_the_new_one_is_an_error(emulator: Emulator) -> None:
    with pytest.raises(UsageError, match="door: is the old name of api, and both are given"):
        emulator.faults.add("*", Drop(), door="chat/v2", api="chat/v2")


def test_the_new_names_do_not_warn(emulator: Emulator) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        emulator.faults.add("*", Drop(), api="chat/v2")
        assert emulator.journal.calls("*", api="notify/v1") == []
