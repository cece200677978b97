"""The table of options agrees with the signatures, the command line and the markers."""

from __future__ import annotations

import inspect
from typing import get_args

import click
import pytest

from notify_mock import Emulator
from notify_mock.cli import commands
from notify_mock.engine.engine import Engine
from notify_mock.faults import Unused
from notify_mock.faults.readers import scenario_names
from notify_mock.options import BY_NAME, MARKER_KEYS, OPTIONS, SESSION_KEYS
from notify_mock.server.proxy import OtherHosts


def test_the_signature_of_the_emulator_agrees_with_the_table() -> None:
    signature = inspect.signature(Emulator).parameters
    table = {option.name: option.default for option in OPTIONS if option.part != "interception"}
    assert {name: parameter.default for name, parameter in signature.items()} == table
    assert list(signature) == list(table)


def test_the_engine_has_the_same_options_and_defaults() -> None:
    signature = inspect.signature(Engine).parameters
    shared = {name: parameter.default for name, parameter in signature.items() if name in BY_NAME}
    assert shared == {name: BY_NAME[name].default for name in shared}
    assert set(signature) - set(shared) == {"forward", "observer"}


def test_the_docstring_of_the_emulator_names_every_option() -> None:
    assert all(f"``{name}``" in str(Emulator.__doc__) for name in inspect.signature(Emulator).parameters)


def test_choices_are_those_of_the_types() -> None:
    assert BY_NAME["other_hosts"].choices == get_args(OtherHosts)
    assert BY_NAME["unused_faults"].choices == get_args(Unused)


def test_interception_has_the_other_options() -> None:
    names = {option.name for option in OPTIONS if option.part == "interception"}
    assert names - {"intercept"} <= set(inspect.signature(Emulator.intercept).parameters)


@pytest.mark.parametrize("name", ["serve", "exec", "record", "replay", "env", "tail"])
def test_a_command_has_the_options_of_the_table(name: str) -> None:
    command = commands.commands[name]
    flags = {option.flag: option for option in OPTIONS if option.flag and name in option.commands}
    found = {parameter.opts[0]: parameter for parameter in command.params if isinstance(parameter, click.Option)}
    assert set(flags) <= set(found)
    for flag, option in flags.items():
        assert found[flag].name == option.name
        assert found[flag].multiple == option.repeatable
        assert str(found[flag].help).startswith(option.help)


def test_the_markers_help_names_every_argument(pytester: pytest.Pytester) -> None:
    shown = pytester.runpytest("--markers").stdout.str()
    assert f"notify_mock({', '.join(f'{key}=...' for key in MARKER_KEYS)})" in shown


def test_every_marker_argument_is_a_key_of_the_fixture() -> None:
    assert set(MARKER_KEYS) <= set(SESSION_KEYS)


def test_the_help_names_every_scenario() -> None:
    assert all(name in BY_NAME["scenario"].help for name in scenario_names())
