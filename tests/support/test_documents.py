"""YAML and JSON from anyone: aliases, merges, depth and odd values never take endless time or crash."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from notify_mock import Emulator, UsageError
from notify_mock.support import documents, yaml_nodes
from notify_mock.support.documents import read_file
from notify_mock.support.files import MAX_DATA_BYTES


def bomb(node: str, first: str) -> str:
    """Return 20 lines, each of which contains the one before nine times."""
    lines = [f"a0: &a0 {first}"]
    lines += [f"a{n}: &a{n} {node % ', '.join([f'*a{n - 1}'] * 9)}" for n in range(1, 20)]
    return "\n".join(lines)


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("x.yaml", bomb("[%s]", "[x]"), "has more than 10,000,000 values, counting what aliases stand for"),
        ("x.yaml", f"a: &a {'x' * 2_000_000}\nb: [{'*a, ' * 40}]", "has more than 67,108,864 characters"),
        ("x.yaml", f"a: &a {{? {'x' * 2_000_000} : 1}}\nb: [{'*a, ' * 40}]", "has more than 67,108,864 characters"),
        ("x.yaml", "a: &a [*a]", "is nested more than 100 levels deep"),
        ("x.yaml", "[" * 300 + "]" * 300, "is nested more than 100 levels deep"),
        ("x.yaml", "{a: " * 90_000 + "}" * 90_000, "x.yaml"),
        ("x.yaml", "- " * 90_000, "x.yaml"),
        ("x.json", "[" * 300 + "]" * 300, "is nested more than 100 levels deep"),
        ("x.json", "[" * 90_000 + "]" * 90_000, "is nested more than 100 levels deep"),
        ("x.json", '{"a":' * 90_000 + "1" + "}" * 90_000, "is nested more than 100 levels deep"),
        ("x.yaml", bomb("!!set {<<: [%s]}", "{x: 1}"), "line 2: is not valid YAML: tag:yaml.org,2002:set is not"),
        ("x.yaml", f"\na: {'1:' * 90_000}1", "line 2: contains a number that is too long; put it in quotes"),
        ("x.yaml", f"a: {'1:' * 190}1.5", "cannot be read as YAML: int too large"),
        ("x.yaml", "a: {<<: 3}", "line 1: is not valid YAML: << expects a mapping"),
        ("x.yaml", "a: {<<: {b: 1}, c: 1, c: 2}", "line 1: key 'c' is given twice"),
    ],
)
def test_bombs_and_deep_nesting_are_errors(tmp_path: Path, name: str, text: str, expected: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError) as caught:
        read_file(tmp_path / name)
    assert expected in str(caught.value)


def test_merges_are_those_of_yaml(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_text("a: &a {x: 1, y: 1}\nb: &b {y: 2, z: 2}\nc: {<<: *a, x: 3}\nd: {z: 4, <<: [*a, *b]}\n")
    value = read_file(path).value
    assert (value["c"], value["d"]) == ({"x": 3, "y": 1}, {"x": 1, "y": 1, "z": 4})
    path.write_text(bomb("{<<: [%s]}", "{x: 1}"))
    assert read_file(path).value["a19"] == {"x": 1}


def test_merges_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_nodes, "MAX_VALUES", 30)
    (tmp_path / "x.yaml").write_text("a: &a {b: 1, c: 1}\n" + "\n".join(f"m{n}: {{<<: *a}}" for n in range(20)))
    with pytest.raises(UsageError, match="line 17: merges more than 30 values"):
        read_file(tmp_path / "x.yaml")


def test_a_file_below_the_limits_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "MAX_VALUES", 3)
    (tmp_path / "x.json").write_text('{"a": [1]}')
    assert read_file(tmp_path / "x.json").value == {"a": [1]}
    (tmp_path / "x.json").write_text('{"a": [1, 2]}')
    with pytest.raises(UsageError, match="has more than 3 values"):
        read_file(tmp_path / "x.json")


@pytest.mark.parametrize("option", ["data", "faults", "cassette", "hydrate"])
def test_options_refuse_pipes_and_files_that_are_too_large(tmp_path: Path, option: str) -> None:
    path = tmp_path / "x.yaml"
    path.touch()
    os.truncate(path, MAX_DATA_BYTES * 4 + 1)
    with pytest.raises(UsageError, match=r"x\.yaml: is larger than the limit of 64 MiB"):
        Emulator(**{option: path})  # type: ignore[arg-type]
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(UsageError, match=r"x\.yaml: is a pipe; expected a regular file"):
        Emulator(**{option: path})  # type: ignore[arg-type]
