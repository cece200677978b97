"""Rules from elsewhere: files, scenarios that ship with the package, and a request's own header."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from notify_mock.support.files import Content, read_file
from notify_mock.support.usage import UsageError, nearest, only_known, shown

FaultsOption = Sequence[Mapping[str, Any]] | str | Path
"""A list of rules as plain data, or the path of a YAML or JSON file with such a list under ``faults``."""

Specs = tuple[tuple[Mapping[str, Any], str], ...]
"""Rules as plain data, each with the place where it was written."""

_SCENARIOS = Path(__file__).parent / "scenarios"


def read_faults(given: FaultsOption) -> Specs:
    """The rules that an option names. Raises ``UsageError``; the rules' own keys are checked by ``Faults.read``."""
    if isinstance(given, (str, Path)):
        return _specs(read_file(Path(given)))
    if isinstance(given, Mapping) or not isinstance(given, Sequence):
        raise UsageError("faults", f"a {type(given).__name__} is no list of rules", "give a list or a file's path")
    return tuple(Content({"faults": list(given)}, "faults", {}).items("faults"))


def scenario_names() -> tuple[str, ...]:
    return tuple(sorted(path.stem for path in _SCENARIOS.glob("*.yaml")))


def read_scenario(name: str) -> Specs:
    """The rules of a scenario that ships with the package. Raises ``UsageError`` with the nearest name."""
    if name not in scenario_names():
        raise UsageError("scenario", f"no scenario {shown(name)}", nearest(str(name), scenario_names()))
    return _specs(read_file(_SCENARIOS / f"{name}.yaml"))


def describe_scenario(name: str) -> str:
    """What the scenario is, in a sentence."""
    return str(read_file(_SCENARIOS / f"{name}.yaml").value["description"])


def read_header(value: str) -> dict[str, Any]:
    """``refuse code=20503 message="slow down"; times=1`` as plain data. Raises ``UsageError``."""
    try:
        effect, *parts = (part.rstrip(";") for part in shlex.split(value)) if value.strip() else ("",)
    except ValueError as error:
        raise UsageError("header", str(error).lower(), "close the quotes") from error
    spec: dict[str, Any] = {"effect": effect, "name": "header"}
    for part in parts:
        key, equals, text = part.partition("=")
        if not equals:
            raise UsageError("header", f"{shown(part)} is no key=value", "write refuse code=20503; phase=after")
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
        raise UsageError(content.source, "holds no rules", "write faults: and a list below it")
    only_known(content.source, content.value, ("description", "faults"))
    return tuple(content.items("faults"))
