"""Reads rules from options, files, the scenarios in this package, and a request header."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from notify_mock.support.documents import Content, read_file
from notify_mock.support.usage import UsageError, nearest, only_known, shown

FaultsOption = Sequence[Mapping[str, Any]] | str | Path
"""A list of rules as plain data, or the path of a YAML or JSON file with such a list under ``faults``."""

Specs = tuple[tuple[Mapping[str, Any], str], ...]
"""Rules as plain data, each with its location for error messages."""

_SCENARIOS = Path(__file__).parent / "scenarios"


def read_faults(given: FaultsOption) -> Specs:
    """Return the rules that an option gives. Raises ``UsageError``; ``Faults.read`` checks the keys of each rule."""
    if isinstance(given, (str, Path)):
        return _specs(read_file(Path(given)))
    if isinstance(given, Mapping) or not isinstance(given, Sequence):
        raise UsageError("faults", f"expected a list of rules or the path of a file, got {shown(given)}")
    return tuple(Content({"faults": list(given)}, "faults", {}).items("faults"))


def scenario_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in _SCENARIOS.glob("*.yaml")))


def read_scenario(name: str) -> Specs:
    """Return the rules of a predefined scenario. Raises ``UsageError``, which suggests the nearest name."""
    if name not in scenario_names():
        raise UsageError("scenario", f"unknown scenario {shown(name)}", nearest(str(name), scenario_names()))
    return _specs(read_file(_SCENARIOS / f"{name}.yaml"))


def describe_scenario(name: str) -> str:
    """Return the description of a scenario."""
    return str(read_file(_SCENARIOS / f"{name}.yaml").value["description"])


def read_header(value: str) -> dict[str, Any]:
    """Return ``refuse code=20429 message="slow down"; times=1`` as plain data. Raises ``UsageError``."""
    try:
        effect, *parts = (part.rstrip(";") for part in shlex.split(value)) if value.strip() else ("",)
    except ValueError as error:
        raise UsageError("header", str(error).lower(), "close the quotes") from error
    spec: dict[str, Any] = {"effect": effect, "name": "header"}
    for part in parts:
        key, equals, text = part.partition("=")
        if not equals:
            raise UsageError(
                "header", f"expected key=value, got {shown(part)}", "write it as refuse code=20503; phase=after"
            )
        spec[key] = _scalar(text)
    return spec


def _scalar(text: str) -> int | float | bool | str:
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


def _specs(content: Content) -> Specs:
    if not isinstance(content.value, Mapping) or "faults" not in content.value:
        raise UsageError(content.source, "contains no rules", "write faults: and a list of rules below it")
    only_known(content.source, content.value, ("description", "faults"))
    return tuple(content.items("faults"))
