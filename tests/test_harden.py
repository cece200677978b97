"""The attacks of ``make harden``: the parts that need no server."""

from __future__ import annotations

from pathlib import Path

import pytest

from harden import schemas
from harden.__main__ import ATTACKS, Attack, main
from harden.load import differences
from harden.recordings import check_cassette, strays
from harden.soak import growth
from harden.table import ENOUGH, Result, explain
from notify_mock import Emulator


def test_the_shares_of_the_attacks_are_percent() -> None:
    assert sum(attack.share for attack in ATTACKS.values()) == 100


def test_the_table_has_a_row_for_each_attack(capsys: pytest.CaptureFixture[str]) -> None:
    attacks = {
        "good": Attack(lambda seconds, seed: Result("good", 1200, "calls", note="RSS 1 -> 2 MiB"), 50),
        "absent": Attack(lambda seconds, seed: Result("absent", 0, "calls", skipped="no tmpfs"), 50),
    }
    assert main(["--seed", "5", "--minutes", "0.01"], attacks) == 0
    printed = capsys.readouterr().out
    assert printed == (
        "Seed 5\n\n"
        "| what   | how many    | result               | seconds |\n"
        "| ------ | ----------- | -------------------- | ------- |\n"
        "| good   | 1,200 calls | kept; RSS 1 -> 2 MiB | 0       |\n"
        "| absent | 0 calls     | skipped: no tmpfs    | 0       |\n"
    )


def test_a_broken_promise_is_exit_status_1(capsys: pytest.CaptureFixture[str]) -> None:
    attacks = {"bad": Attack(lambda seconds, seed: Result("bad", 1, "calls", [f"lost in {seed}"]), 100)}
    assert main(["--seed", "5"], attacks) == 1
    assert "| BROKEN (1) |" in (printed := capsys.readouterr().out)
    assert printed.endswith("bad: lost in 5\n")


def test_a_server_that_is_gone_is_a_broken_promise_and_the_other_attacks_go_on(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def gone(seconds: float, seed: int) -> Result:
        raise ConnectionRefusedError("refused")

    attacks = {"gone": Attack(gone, 50), "good": Attack(lambda seconds, seed: Result("good", 1, "calls"), 50)}
    assert main([], attacks) == 1
    printed = capsys.readouterr().out
    assert "gone: the attack ended: ConnectionRefusedError('refused')" in printed
    assert "| good " in printed


def test_time_that_an_attack_leaves_goes_to_the_others() -> None:
    given: list[float] = []

    def attack(seconds: float, seed: int) -> Result:
        given.append(round(seconds))
        return Result("x", 1, "calls")

    main(["--minutes", "2"], {"one": Attack(attack, 75), "two": Attack(attack, 25)})
    assert given == [90, 120]


def test_only_named_attacks_are_made(capsys: pytest.CaptureFixture[str]) -> None:
    attacks = {name: Attack(lambda seconds, seed, name=name: Result(name, 1, "calls"), 50) for name in ("a", "b")}
    assert main(["b"], attacks) == 0
    assert "| a " not in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["c"], attacks)
    assert "unknown attack 'c'; expected one of: a, b" in capsys.readouterr().err


def test_many_failures_are_cut() -> None:
    lines = explain([Result("x", 1, "calls", [str(number) for number in range(ENOUGH)])]).splitlines()
    assert lines == ["x: 0", "x: 1", "x: 2", "x: 3", "x: 4", "x: and 15 more"]


def test_lost_and_duplicated_records_are_named() -> None:
    assert differences("now", ["a", "b"], ["b", "b", "c"]) == [
        "now, a was lost",
        "now, b is duplicated or unknown",
        "now, c is duplicated or unknown",
    ]


@pytest.mark.parametrize(
    ("memory", "expected"),
    [([1], (1, 1)), ([5, 2, 3, 4], (2, 4)), ([9, 9, 5, 6, 1, 1, 7, 6], (6, 7))],
)
def test_memory_is_compared_after_the_warm_up(memory: list[float], expected: tuple[float, float]) -> None:
    assert growth(memory) == expected


def test_a_cassette_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    with Emulator(record=path) as emulator:
        for name in ("a", "b", "b"):
            emulator.client().notify.v1.credentials.create(type="fcm", secret="key", friendly_name=name)
    assert check_cassette(path, ["a", "b"], 2) == ["the entry of b is duplicated or unknown"]
    assert check_cassette(path, ["b"], 3) == [
        "the entry of a is duplicated or unknown",
        "the entry of b is duplicated or unknown",
        "the cassette has 2 entries of 1, expected at least 3",
    ]
    (tmp_path / ".x.yaml.tmp").touch()
    assert strays(path) == [".x.yaml.tmp is left"]
    path.write_text(path.read_text()[:500])
    (wrong,) = check_cassette(path, ["a", "b"], 2)
    assert wrong.startswith(f"the cassette is not whole: {path}")


def test_without_schemathesis_its_attacks_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for attack in (schemas.twilio, schemas.control):
        assert attack(1, 1).skipped == "schemathesis is not installed, use make harden"


def test_the_report_of_schemathesis_is_read() -> None:
    case = "1. Test Case ID: a\n\n- Server error\n\n    [500]\n\n"
    report = (
        f"= FAILURES =\n___ GET /x ___\n{case}{case}_____ GET /y _____\n{case}======= SUMMARY\n  12 generated, 3 found"
    )
    assert schemas.read_report(report, 1) == (12, ["1. Test Case ID: a - Server error [500]"] * 3)
    assert schemas.read_report("  12 generated", 0) == (12, [])
    assert schemas.read_report("no such file", 2).failures == ["schemathesis ended with status 2: no such file"]
    assert schemas.read_report("", 0).failures == ["schemathesis made no requests: "]


def test_documents_are_joined_with_the_product_in_the_path() -> None:
    def document(product: str) -> dict[str, object]:
        item = {"get": {}, "servers": []}
        return {
            "servers": [{"url": f"https://{product}.twilio.com"}],
            "paths": {"/v1/X": item},
            "components": {"schemas": {product: {}}, "securitySchemes": {}},
        }

    whole = schemas.joined([document("chat"), document("notify")])
    assert whole["paths"] == {"/chat/v1/X": {"get": {}}, "/notify/v1/X": {"get": {}}}
    assert whole["components"] == {"schemas": {"chat": {}, "notify": {}}, "securitySchemes": {}}
