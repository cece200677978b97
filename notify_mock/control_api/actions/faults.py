"""Actions on fault rules and scenarios."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from notify_mock.control_api.controlled import Control, Result
from notify_mock.control_api.guard import Refused
from notify_mock.control_api.json import check_rule, read_object, show_rule
from notify_mock.support.renamed import log_renamed, with_new_key
from notify_mock.support.usage import UsageError, is_near, nearest, shown

_COUNTS = ("seen", "fired")
"""Keys of a rule in a response that are not part of it. Ignored when sent back."""


def faults(control: Control) -> Result:
    return 200, {"faults": [show_rule(rule) for rule in control.emulator.faults]}


def add_fault(control: Control) -> Result:
    given = read_object()
    if "scenario" in given:
        return _add_scenario(control, given)
    _check_kind(given)
    check_rule(given)
    rule = {key: value for key, value in given.items() if key not in _COUNTS}
    rule = with_new_key(rule, "door", "api", "POST /_mock/faults: ", log_renamed)
    return 201, show_rule(control.emulator.faults.read(rule, "body"))


def _add_scenario(control: Control, given: Mapping[str, Any]) -> Result:
    """Add all rules of a scenario, or none if one is invalid."""
    from notify_mock.faults.readers import read_scenario

    if set(given) != {"scenario"} or not isinstance(given["scenario"], str):
        raise Refused(400, "scenario must be a name, and the only key", "scenario")
    faults, added = control.emulator.faults, []
    try:
        for rule, where in read_scenario(given["scenario"]):
            added.append(faults.read(rule, where))
    except UsageError:
        for partial in added:
            faults.remove(partial.name)
        raise
    return 201, {"faults": [show_rule(rule) for rule in added]}


def clear_faults(control: Control) -> Result:
    control.emulator.faults.clear()
    return 204, None


def remove_fault(control: Control, name: str) -> Result:
    try:
        control.emulator.faults.remove(name)
    except UsageError as error:
        raise Refused(404, str(error), "name") from error
    return 204, None


def scenarios(control: Control) -> Result:
    """Return the scenarios. One is on while all of its rules are in force."""
    from notify_mock.faults.readers import describe_scenario, read_scenario, scenario_names

    found = []
    for name in scenario_names():
        rules = [dict(rule) for rule, _ in read_scenario(name)]
        is_on = all(rule["name"] in control.emulator.faults for rule in rules)
        found.append({"name": name, "description": describe_scenario(name), "rules": rules, "is_on": is_on})
    return 200, {"scenarios": found}


def end_scenario(control: Control, name: str) -> Result:
    """Remove those rules of the scenario that are in force."""
    from notify_mock.faults.readers import read_scenario, scenario_names

    if name not in scenario_names():
        raise Refused(404, f"there is no scenario {shown(name)}; {nearest(name, scenario_names())}", "name")
    for rule, _ in read_scenario(name):
        if rule["name"] in control.emulator.faults:
            control.emulator.faults.remove(rule["name"])
    return 204, None


def _check_kind(given: Mapping[str, Any]) -> None:
    """Refuse a misspelt ``scenario``, which would otherwise be a rule without an effect."""
    for key in given:
        if "effect" not in given and is_near(key, "scenario"):
            raise Refused(400, f"unknown key {shown(key)}; did you mean scenario?", key)
