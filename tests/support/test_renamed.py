"""Old names that still work: each gives a warning with the new name, at the line that uses it."""

from __future__ import annotations

import inspect
import warnings
from pathlib import Path

import pytest
from helpers.calls import ask, basic
from helpers.entries import entry

from notify_mock import Call, Cassette, Drop, Emulator, UsageError
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


def test_the_old_name_in_a_file_or_marker_is_warned_of_once_and_not_at_every_reset(tmp_path: Path) -> None:
    (tmp_path / "faults.yaml").write_text("faults:\n  - {effect: drop, door: chat/v2}\n")
    with pytest.warns(FutureWarning, match="door is now called api"):
        emulator = Emulator(faults=tmp_path / "faults.yaml")
    with pytest.warns(FutureWarning, match="door is now called api"):
        emulator.add_permanent_fault("*", Drop(), door="chat/v2")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        emulator.reset()
    assert [rule.match.api for rule in emulator.faults] == ["chat/v2", "chat/v2"]


def test_what_a_client_sends_is_logged_and_never_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    emulator = Emulator(fault_header=True)
    headers = {"authorization": basic(*emulator.auth), "x-notify-mock-fault": "refuse code=20429; door=notify/v1"}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rule = emulator.app.test_client().post(
            "/_mock/faults", json={"effect": "drop", "door": "chat/v2"}, base_url="http://127.0.0.1/"
        )
        answer = emulator.handle(Call("GET", "notify.twilio.com", "/v1/Credentials", headers=headers))
    assert (rule.status_code, rule.json["api"]) == (201, "chat/v2")
    assert answer.status == 429
    assert [record.message.partition(" is now")[0] for record in caplog.records] == [
        "POST /_mock/faults: door",
        "x-notify-mock-fault: door",
    ]


def test_nothing_is_warned_of_where_an_exchange_is_only_looked_at(emulator: Emulator) -> None:
    ask(emulator, "GET", "/v1/Credentials")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        inspect.getmembers(emulator.journal.last)
    with pytest.raises(AttributeError, match="dor"):
        _ = emulator.journal.last.dor


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
    with pytest.warns(FutureWarning, match="match_on: door is now called api"):
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
